using System.Text;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>
/// Every fault at every call of every way to deploy. One run of each way shows which calls it makes; then each fault happens at the
/// first of them, at the second, and so on. Whatever the run says, the workspace must be unharmed after it, and as the files say after
/// the run that succeeds: the same one, or the next.
/// </summary>
public sealed class FaultMatrixTests(ITestOutputHelper output)
{
    private const int Workers = 4;

    private const string Once = "";

    // A call that nobody answers costs the time that one waits for it.
    private static readonly TimeSpan ShortAnswer = TimeSpan.FromSeconds(1);

    private static readonly Fault[] Faults =
    [
        new("429", Survives: true, """ "action": "Throttle" """),
        new("500", Survives: true, """ "action": "Fail", "status": 500 """),
        new("503", Survives: true, """ "action": "Fail", "status": 503, "code": "ServiceUnavailable" """) { IsBroad = true },
        new("reset before it is heard", Survives: true, """ "action": "Cut" """),
        new("reset before the answer", Survives: true, """ "action": "Cut", "phase": "After" """) { IsBroad = true },
        new("stall", Survives: true, """ "action": "Delay", "seconds": 60 """),
        new("expired token", Survives: false, """ "action": "Fail", "status": 401, "code": "ExpiredAuthenticationToken", "message": "The access token has expired." """) { IsBroad = true },
        new("500 from there on", Survives: false, """ "action": "Fail", "status": 500, "times": 100000 """),
        new("killed before it", Survives: false, """ "action": "Cut", "times": 100000 """) { IsBroad = true },
        new("killed after it", Survives: false, """ "action": "Cut", "phase": "After" """, """ "action": "Cut", "times": 100000 """) { IsBroad = true },
    ];

    [Fact]
    public async Task A_deployment_survives_every_fault_at_every_call_or_says_why_not_and_the_next_run_converges()
    {
        var table = new FaultTable("Fault at each call of a deployment:  . the run survived it   r the run failed with a clear error, the next one converged   ! wrong");
        var rows = Enum.GetValues<Way>().SelectMany(static way => Faults.Where(fault => way == Way.Slots || fault.IsBroad).Select(fault => (way, fault))).ToList();

        // The rows that wait begin first.
        await Parallel.ForEachAsync(
            rows.OrderByDescending(static r => r.fault.Name == "stall"),
            new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = TestContext.Current.CancellationToken },
            async (row, _) => await RunRowAsync(row.way, row.fault, table));

        output.WriteLine(table.ToString());
        Assert.Empty(table.Wrong);
    }

    private static async Task RunRowAsync(Way way, Fault fault, FaultTable table)
    {
        var patience = fault.Name == "stall" ? BasicChat.Impatience with { Answer = ShortAnswer } : null;
        await using var faultCase = await FaultCase.StartAsync(way, patience);
        var calls = await RecordAsync(faultCase);
        var outcomes = new StringBuilder();
        for (var nth = 1; nth <= calls.Count; nth++)
        {
            outcomes.Append(await RunCaseAsync(faultCase, fault, nth, problem => table.Fail($"{way}, {fault.Name} at call {nth} ({calls[nth - 1]})", problem)));
        }

        table.Add((int)way * Faults.Length + Array.IndexOf(Faults, fault), $"{way,-8} {fault.Name}", outcomes.ToString());
        if (fault.Name == "503")
        {
            table.Explain($"{way}: {string.Join(", ", calls.Select(static (call, i) => $"{i + 1} {call}"))}");
        }
    }

    private static async Task<List<string>> RecordAsync(FaultCase faultCase)
    {
        var calls = new List<string>();
        faultCase.Change();
        using (CallObserver.Start(faultCase.Chat.Host, call =>
        {
            lock (calls)
            {
                calls.Add(call);
            }
        }))
        {
            await faultCase.Chat.DeployAsync(faultCase.Settings);
        }

        return calls;
    }

    private static async Task<char> RunCaseAsync(FaultCase faultCase, Fault fault, int nth, Action<string> wrong)
    {
        faultCase.Change();
        var before = await faultCase.LookAsync();
        await faultCase.Chat.SetFaultsAsync(fault.At(nth));
        var log = new RecordingLog();
        FlowDeploymentException? failure = null;
        try
        {
            await faultCase.Chat.DeployAsync(faultCase.Settings, log);
        }
        catch (FlowDeploymentException e)
        {
            failure = e;
        }
        catch (Exception e)
        {
            wrong($"{e.GetType().Name}: {e.Message}");
        }

        await faultCase.Chat.SetFaultsAsync("{}");
        var after = await faultCase.LookAsync();
        var harm = await faultCase.FindHarmAsync(before, after);
        var problems = new List<string>(harm);
        if (failure is not null)
        {
            var said = string.Join('\n', [failure.Message, .. failure.Details, log.Text]);
            if (fault.Survives)
            {
                problems.Add($"did not survive: {failure.Message}");
            }

            if (said.Contains("   at ", StringComparison.Ordinal) || said.Contains("Exception", StringComparison.Ordinal))
            {
                problems.Add($"speaks of its insides: {said}");
            }

            try
            {
                await faultCase.Chat.DeployAsync(faultCase.Settings);
            }
            catch (FlowDeploymentException e)
            {
                problems.Add($"the next run fails: {e.Message} (the first one: {failure.Message})");
            }

            after = await faultCase.LookAsync();
        }

        problems.AddRange(await faultCase.FindDifferencesAsync(before, after));
        problems.ForEach(wrong);
        return problems.Count > 0 ? '!' : failure is null ? '.' : 'r';
    }

    /// <summary>A fault of calls.</summary>
    /// <param name="Name">Its name in the table.</param>
    /// <param name="Survives">The run itself must succeed.</param>
    /// <param name="First">The workspace's fault at the call.</param>
    /// <param name="Then">The workspace's fault at all calls after it, or nothing.</param>
    private sealed record Fault(string Name, bool Survives, string First, string Then = Once)
    {
        /// <summary>It is tried at the calls of all ways to deploy; the others at those of the one with most calls.</summary>
        public bool IsBroad { get; init; }

        public string At(int nth) => Then.Length == 0
            ? $$"""{ "calls": [ { {{First}}, "nth": {{nth}} } ] }"""
            : $$"""{ "calls": [ { {{First}}, "nth": {{nth}} }, { {{Then}}, "nth": {{nth + 1}} } ] }""";
    }
}
