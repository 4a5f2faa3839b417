using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace FlowBuild.Benchmarks.Client;

/// <summary>Runs the client's benchmarks, all or those named, and holds their ratios against the bounds.</summary>
internal sealed class ClientReport
{
    // The run is void when the baseline itself is wasteful.
    private const double MaxBaselineBytes = 4.2 * 1024;
    private const double MaxBytesPerEvent = 130;

    private static readonly string[] Sizes = ["small", "8 KB", "1 MB"];
    private static readonly string[] Peers = [nameof(StubScoreBenchmarks.Refit), nameof(StubScoreBenchmarks.NSwag)];

    private readonly Bounds _bounds = new();

    public static int Run(string[] args)
    {
        var config = Bounds.Config(args);
        var report = new ClientReport();

        if (Bounds.Runs(args, "stub"))
        {
            report.CheckStub(BenchmarkRunner.Run<StubScoreBenchmarks>(config));
        }

        if (Bounds.Runs(args, "loopback"))
        {
            report.CheckLoopback(BenchmarkRunner.Run<LoopbackScoreBenchmarks>(config));
        }

        if (Bounds.Runs(args, "stream"))
        {
            report.CheckStream(BenchmarkRunner.Run<StreamBenchmarks>(config));
        }

        return report._bounds.Print();
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
        _bounds.Check("baseline, small, B", Of(summary, nameof(StubScoreBenchmarks.HandWritten), Sizes[0]).Bytes, MaxBaselineBytes);
        foreach (var size in Sizes)
        {
            var hand = Of(summary, nameof(StubScoreBenchmarks.HandWritten), size);
            var flow = Of(summary, nameof(StubScoreBenchmarks.FlowBuild), size);
            _bounds.Check($"stub, {size}, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.1);
            _bounds.Check($"stub, {size}, bytes / hand-written", flow.Bytes / hand.Bytes, 1.0);
            foreach (var peer in Peers)
            {
                var other = Of(summary, peer, size);
                _bounds.Check($"stub, {size}, time / {peer}", flow.Nanoseconds / other.Nanoseconds, 0.75);
                _bounds.Check($"stub, {size}, bytes / {peer}", flow.Bytes / other.Bytes, 0.75);
            }
        }
    }

    private void CheckLoopback(Summary summary)
    {
        foreach (var size in Sizes)
        {
            var hand = Of(summary, nameof(LoopbackScoreBenchmarks.HandWritten), size);
            var flow = Of(summary, nameof(LoopbackScoreBenchmarks.FlowBuild), size);
            _bounds.Check($"loopback, {size}, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.05);
        }
    }

    private void CheckStream(Summary summary)
    {
        var hand = Of(summary, nameof(StreamBenchmarks.HandWritten));
        var flow = Of(summary, nameof(StreamBenchmarks.FlowBuild));
        _bounds.Check("stream, time / hand-written", flow.Nanoseconds / hand.Nanoseconds, 1.0);
        _bounds.Check("stream, B per event", flow.Bytes, MaxBytesPerEvent);
    }
}
