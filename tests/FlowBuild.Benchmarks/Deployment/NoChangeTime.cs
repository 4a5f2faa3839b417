using System.Diagnostics;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Deployment;

/// <summary>
/// A deployment that finds nothing to change, against a plain publish of the same project: the whole commands, by turns. How many requests
/// it makes, and that it writes nothing, the tests assert.
/// </summary>
internal static class NoChangeTime
{
    private const int Rounds = 5;
    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "BasicChat");

    public static async Task MeasureAsync(Bounds bounds)
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?>
        {
            ["FLOWBUILD_LOCAL_WORKSPACE"] = Path.Combine(folder.Path, "state"),
            ["APPDATA"] = Path.Combine(folder.Path, "user-secrets"),
        };
        try
        {
            await TimeAsync(environment, "publish", "-t:DeployFlow");
            List<double> deploys = [], publishes = [];
            for (var round = 0; round < Rounds; round++)
            {
                publishes.Add(await TimeAsync(environment, "publish"));
                deploys.Add(await TimeAsync(environment, "publish", "-t:DeployFlow"));
            }

            bounds.Check("no change, time / plain publish", deploys.Min() / publishes.Min(), 1.25);
        }
        finally
        {
            await TimeAsync(environment, "build", "-t:StopLocalWorkspace");
        }
    }

    private static async Task<double> TimeAsync(Dictionary<string, string?> environment, params string[] arguments)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await DotNetCommand.RunAsync(Sample, environment, arguments);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return result.ExitCode == 0 ? seconds : throw new InvalidOperationException(result.Output);
    }
}
