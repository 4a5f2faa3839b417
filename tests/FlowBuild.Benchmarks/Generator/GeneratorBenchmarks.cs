using BenchmarkDotNet.Attributes;
using FlowBuild.Generator;
using Microsoft.CodeAnalysis;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>What a keystroke costs in a project of 100 flows, against a generator that does nothing.</summary>
[MemoryDiagnoser]
public class EditBenchmarks
{
    private FlowDriver _nothing = null!;
    private FlowDriver _empty = null!;
    private FlowDriver _flows = null!;

    [GlobalSetup]
    public void Setup()
    {
        _nothing = new FlowDriver(new EmptyGenerator(filesPerFlow: 0), 100);
        _empty = new FlowDriver(new EmptyGenerator(filesPerFlow: 2), 100);
        _flows = new FlowDriver(new FlowGenerator(), 100);
    }

    [Benchmark]
    public GeneratorDriver NothingAfterCodeEdit() => _nothing.RunAfterCodeEdit();

    [Benchmark(Baseline = true)]
    public GeneratorDriver EmptyAfterCodeEdit() => _empty.RunAfterCodeEdit();

    [Benchmark]
    public GeneratorDriver FlowBuildAfterCodeEdit() => _flows.RunAfterCodeEdit();

    [Benchmark]
    public GeneratorDriver FlowBuildAfterFlowEdit() => _flows.RunAfterFlowEdit();
}
