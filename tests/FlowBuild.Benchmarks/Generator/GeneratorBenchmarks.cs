using BenchmarkDotNet.Attributes;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator;
using FlowBuild.Generator.Emit;
using Microsoft.CodeAnalysis;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>One flow from its file to the text of its client, against NSwag from the flow's swagger to the text of a client.</summary>
[MemoryDiagnoser]
public class ClientCodeBenchmarks
{
    private string _yaml = "";
    private string _swagger = "";

    [Params("hello", "chat")]
    public string Flow { get; set; } = "hello";

    [GlobalSetup]
    public void Setup() => (_yaml, _swagger) = Flow == "hello"
        ? (RecordedFlows.Hello, RecordedFlows.HelloSwagger)
        : (RecordedFlows.Chat, RecordedFlows.ChatSwagger);

    [Benchmark(Baseline = true)]
    public async Task<int> NSwag()
    {
        var document = await OpenApiDocument.FromJsonAsync(_swagger);
        return new CSharpClientGenerator(document, new CSharpClientGeneratorSettings { ClassName = "FlowClient" }).GenerateFile().Length;
    }

    [Benchmark]
    public int FlowBuild()
    {
        var flow = FlowReader.Read("/project/flow/flow.dag.yaml", _yaml).Value!;
        var model = new FlowModel("Flow", "Sample", "Flow", true, "flow/flow.dag.yaml", FlowReader.GetContract(flow, null), default, null);
        var length = 0;
        foreach (var file in FlowEmitter.Emit(model))
        {
            length += file.Text.Length;
        }

        return length;
    }
}

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
