using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using FlowBuild.Generator;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>Runs the generator's benchmarks, all or those named, and holds their ratios against the bounds.</summary>
internal sealed class GeneratorReport
{
    private static readonly int[] Sizes = [10, 25, 50, 100, 250, 500, 1000];

    private readonly Bounds _bounds = new();

    public static int Run(string[] args)
    {
        var report = new GeneratorReport();

        if (Bounds.Runs(args, "nswag"))
        {
            ClientCodeTime.Measure(report._bounds, args.Contains("--short"));
        }

        if (Bounds.Runs(args, "edit"))
        {
            report.CheckEdits(BenchmarkRunner.Run<EditBenchmarks>(Bounds.Config(args)));
        }

        if (Bounds.Runs(args, "growth"))
        {
            report.CheckGrowth();
        }

        if (Bounds.Runs(args, "build"))
        {
            BuildTime.Measure(report._bounds, args.Contains("--short"));
        }

        return report._bounds.Print();
    }

    // The fastest iteration: what else runs on the machine only ever adds time.
    private static (double Nanoseconds, double Bytes) Of(Summary summary, string method)
    {
        var report = summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
        return (report.ResultStatistics!.Min, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
    }

    private void CheckEdits(Summary summary)
    {
        var empty = Of(summary, nameof(EditBenchmarks.EmptyAfterCodeEdit));
        var code = Of(summary, nameof(EditBenchmarks.FlowBuildAfterCodeEdit));
        var flow = Of(summary, nameof(EditBenchmarks.FlowBuildAfterFlowEdit));
        _bounds.Check("100 flows, code edited, time / empty generator", code.Nanoseconds / empty.Nanoseconds, 1.2);
        _bounds.Check("100 flows, code edited, KB", code.Bytes / 1024, 100);
        _bounds.Check("100 flows, one flow edited, KB", flow.Bytes / 1024, 512);
    }

    private void CheckGrowth()
    {
        // The largest once before: otherwise the smallest are measured while the code is still being compiled.
        Cold(Sizes[^1]);
        var points = Sizes.Select(Cold).ToArray();
        foreach (var (size, milliseconds, bytes) in points)
        {
            _bounds.Note(string.Create(CultureInfo.InvariantCulture, $"{size,5} flows, first run: {milliseconds,8:0.0} ms, {bytes / 1024,9:0} KB"));
        }

        _bounds.Check("growth, time, 1 - R² of the line", 1 - Fit([.. points.Select(static p => ((double)p.Size, p.Milliseconds))]), 0.05);
        _bounds.Check("growth, bytes, 1 - R² of the line", 1 - Fit([.. points.Select(static p => ((double)p.Size, p.Bytes))]), 0.01);
    }

    private static (int Size, double Milliseconds, double Bytes) Cold(int flows)
    {
        var driver = new FlowDriver(new FlowGenerator(), flows);
        driver.RunCold();
        var times = new List<double>();
        double bytes = 0;
        for (var round = 0; round < 7; round++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var start = Stopwatch.GetTimestamp();
            driver.RunCold();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        times.Sort();
        return (flows, times[times.Count / 2], bytes);
    }

    // The share of the variance that a straight line explains.
    private static double Fit((double X, double Y)[] points)
    {
        double meanX = points.Average(static p => p.X), meanY = points.Average(static p => p.Y);
        var covariance = points.Sum(p => (p.X - meanX) * (p.Y - meanY));
        return covariance * covariance / (points.Sum(p => (p.X - meanX) * (p.X - meanX)) * points.Sum(p => (p.Y - meanY) * (p.Y - meanY)));
    }
}
