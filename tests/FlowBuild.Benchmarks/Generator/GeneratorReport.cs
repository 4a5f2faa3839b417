using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FlowBuild.Generator;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>Runs the generator's benchmarks, all or those named, and holds their ratios against the bounds.</summary>
internal sealed class GeneratorReport
{
    private static readonly string[] Flows = ["hello", "chat"];
    private static readonly int[] Sizes = [10, 25, 50, 100, 250, 500, 1000];

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
        var report = new GeneratorReport();

        if (Runs("nswag"))
        {
            report.CheckCode(BenchmarkRunner.Run<ClientCodeBenchmarks>(config));
        }

        if (Runs("edit"))
        {
            report.CheckEdits(BenchmarkRunner.Run<EditBenchmarks>(config));
        }

        if (Runs("growth"))
        {
            report.CheckGrowth();
        }

        if (Runs("build"))
        {
            var (withFlow, byHand) = BuildTime.Measure();
            report.Check("build with one flow, time / code by hand", withFlow / byHand, 1.05);
        }

        return report.Print();

        bool Runs(string part) => parts.Count == 0 || parts.Contains(part);
    }

    private static (double Nanoseconds, double Bytes) Of(Summary summary, string method, string? flow = null)
    {
        var report = summary.Reports.Single(report =>
            report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method
            && (flow is null || (string)report.BenchmarkCase.Parameters["Flow"] == flow));
        return (report.ResultStatistics!.Median, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
    }

    private void CheckCode(Summary summary)
    {
        foreach (var flow in Flows)
        {
            var peer = Of(summary, nameof(ClientCodeBenchmarks.NSwag), flow);
            var ours = Of(summary, nameof(ClientCodeBenchmarks.FlowBuild), flow);
            Check($"{flow}, time / NSwag", ours.Nanoseconds / peer.Nanoseconds, 1.0 / 20);
            Check($"{flow}, bytes / NSwag", ours.Bytes / peer.Bytes, 1.0 / 10);
        }
    }

    private void CheckEdits(Summary summary)
    {
        var empty = Of(summary, nameof(EditBenchmarks.EmptyAfterCodeEdit));
        var code = Of(summary, nameof(EditBenchmarks.FlowBuildAfterCodeEdit));
        var flow = Of(summary, nameof(EditBenchmarks.FlowBuildAfterFlowEdit));
        Check("100 flows, code edited, time / empty generator", code.Nanoseconds / empty.Nanoseconds, 1.2);
        Check("100 flows, code edited, KB", code.Bytes / 1024, 100);
        Check("100 flows, one flow edited, KB", flow.Bytes / 1024, 512);
    }

    private void CheckGrowth()
    {
        var points = Sizes.Select(Cold).ToArray();
        foreach (var (size, milliseconds, bytes) in points)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"       {size,5} flows, first run: {milliseconds,8:0.0} ms, {bytes / 1024,9:0} KB"));
        }

        Check("growth, time, 1 - R² of the line", 1 - Fit([.. points.Select(static p => ((double)p.Size, p.Milliseconds))]), 0.05);
        Check("growth, bytes, 1 - R² of the line", 1 - Fit([.. points.Select(static p => ((double)p.Size, p.Bytes))]), 0.01);
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

    private void Check(string what, double value, double bound)
    {
        var holds = value <= bound;
        _broken += holds ? 0 : 1;
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "ok    " : "BROKEN")} {what,-48} {value,10:0.0000}  (at most {bound:0.###})"));
    }

    private int Print()
    {
        Console.WriteLine();
        _lines.ForEach(Console.WriteLine);
        Console.WriteLine(_broken == 0 ? "All bounds hold." : $"{_broken} bound(s) broken.");
        return _broken == 0 ? 0 : 1;
    }
}
