using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace FlowBuild.Benchmarks;

/// <summary>Figures and what they must not exceed.</summary>
internal sealed class Bounds
{
    private readonly List<string> _lines = [];
    private int _broken;

    /// <summary>How benchmarks run. In process: the machine may be shared, and what counts is the ratio within one run.</summary>
    public static IConfig Config(string[] args) => ManualConfig.CreateEmpty()
        .AddJob((args.Contains("--short") ? Job.ShortRun : Job.MediumRun).WithToolchain(InProcessEmitToolchain.Instance))
        .AddLogger(ConsoleLogger.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .WithOptions(ConfigOptions.DisableLogFile);

    /// <summary>Whether a part was named, or none.</summary>
    public static bool Runs(string[] args, string part)
    {
        var parts = args.Where(static arg => !arg.StartsWith('-')).ToList();
        return parts.Count == 0 || parts.Contains(part);
    }

    /// <summary>Holds a figure against its bound.</summary>
    public void Check(string what, double value, double bound)
    {
        var holds = value <= bound;
        _broken += holds ? 0 : 1;
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "ok    " : "BROKEN")} {what,-50} {value,10:0.0000}  (at most {bound:0.###})"));
    }

    /// <summary>Adds a line that is no bound.</summary>
    public void Note(string line) => _lines.Add("       " + line);

    /// <summary>Prints everything.</summary>
    /// <returns>The exit code: 1 when a bound is broken.</returns>
    public int Print()
    {
        Console.WriteLine();
        _lines.ForEach(Console.WriteLine);
        Console.WriteLine(_broken == 0 ? "All bounds hold." : $"{_broken} bound(s) broken.");
        return _broken == 0 ? 0 : 1;
    }
}
