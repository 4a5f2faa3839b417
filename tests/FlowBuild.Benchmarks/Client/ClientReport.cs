using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace FlowBuild.Benchmarks.Client;

/// <summary>Runs the client's benchmarks, all or those named, and holds their ratios against the bounds.</summary>
internal sealed class ClientReport
{
    // The run is void when the baseline itself is wasteful.
    private const double MaxBaselineBytes = 4.2 * 1024;
    private const double MaxBytesPerEvent = 130;

    private static readonly string[] Sizes = ["small", "8 KB", "1 MB"];
    private static readonly string[] Peers = [nameof(StubScoreBenchmarks.Refit), nameof(StubScoreBenchmarks.NSwag)];

    private readonly List<string> _lines = [];
    private int _broken;

    public static int Run(string[] args)
    {
        // In process: the machine may be shared, and what counts is the ratio within one run.
        var job = (args.Contains("--short") ? Job.ShortRun : Job.MediumRun).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
        var parts = args.Where(arg => !arg.StartsWith('-')).ToList();
        var report = new ClientReport();

        if (Runs("stub"))
        {
            report.CheckStub(BenchmarkRunner.Run<StubScoreBenchmarks>(config));
        }

        if (Runs("loopback"))
        {
            report.CheckLoopback(BenchmarkRunner.Run<LoopbackScoreBenchmarks>(config));
        }

        if (Runs("stream"))
        {
            report.CheckStream(BenchmarkRunner.Run<StreamBenchmarks>(config));
        }

        return report.Print();

        bool Runs(string part) => parts.Count == 0 || parts.Contains(part);
    }

    // The fastest iteration: what else runs on the machine only ever adds time.
    private static (double Nanoseconds, double Bytes) Of(Summary summary, string method, string? size = null)
    {
        var report = summary.Reports.Single(report =>
            report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method
            && (size is null || (string)report.BenchmarkCase.Parameters["Size"] == size));
        return (report.ResultStatistics!.Min, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
    }

    private void CheckStub(Summary summary)
    {
        Check("baseline, small, B", Of(summary, nameof(StubScoreBenchmarks.HandWritten), Sizes[0]).Bytes, MaxBaselineBytes);
        foreach (var size in Sizes)
        {
            var hand = Of(summary, nameof(StubScoreBenchmarks.HandWritten), size);
            var flow = Of(summary, nameof(StubScoreBenchmarks.FlowBuild), size);
            Check($"stub, {size}, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.1);
            Check($"stub, {size}, bytes / hand-written", flow.Bytes / hand.Bytes, 1.0);
            foreach (var peer in Peers)
            {
                var other = Of(summary, peer, size);
                Check($"stub, {size}, time / {peer}", flow.Nanoseconds / other.Nanoseconds, 0.75);
                Check($"stub, {size}, bytes / {peer}", flow.Bytes / other.Bytes, 0.75);
            }
        }
    }

    private void CheckLoopback(Summary summary)
    {
        foreach (var size in Sizes)
        {
            var hand = Of(summary, nameof(LoopbackScoreBenchmarks.HandWritten), size);
            var flow = Of(summary, nameof(LoopbackScoreBenchmarks.FlowBuild), size);
            Check($"loopback, {size}, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.05);
        }
    }

    private void CheckStream(Summary summary)
    {
        var hand = Of(summary, nameof(StreamBenchmarks.HandWritten));
        var flow = Of(summary, nameof(StreamBenchmarks.FlowBuild));
        Check("stream, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.0);
        Check("stream, B per event", flow.Bytes, MaxBytesPerEvent);
    }

    private void Check(string what, double value, double bound)
    {
        var holds = value <= bound;
        _broken += holds ? 0 : 1;
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "ok    " : "BROKEN")} {what,-45} {value,10:0.000}  (at most {bound:0.##})"));
    }

    private int Print()
    {
        Console.WriteLine();
        _lines.ForEach(Console.WriteLine);
        Console.WriteLine(_broken == 0 ? "All bounds hold." : $"{_broken} bound(s) broken.");
        return _broken == 0 ? 0 : 1;
    }
}
