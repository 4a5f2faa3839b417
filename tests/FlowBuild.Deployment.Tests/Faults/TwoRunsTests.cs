using System.Text;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>
/// Two deployments at once. One run is held at a call of its, another one goes through from its beginning to its end, then the first one
/// goes on with a plan that may not fit any more; and so at every call.
/// </summary>
public sealed class TwoRunsTests(ITestOutputHelper output)
{
    private const string Same = "the same content";
    private const string Other = "other content";
    private const string Fails = "other content, then it fails";
    private const string OtherFails = "other content, which fails";
    private const string Crash = """{ "operations": [ { "kind": "PutDeployment", "code": "ResourceNotReady", "message": "It went wrong." } ] }""";

    [Fact]
    public async Task A_run_that_another_one_overtakes_at_any_call_still_ends_right()
    {
        var table = new FaultTable("""
            Overtaken at each call by another run:  . the files are deployed   r a clear error, the next run converged   w the same, in the instant between a look and the write   ! wrong
            """);
        (Way Way, string Other)[] rows =
        [
            (Way.First, Other), (Way.First, Fails),
            (Way.InPlace, Same), (Way.InPlace, Other), (Way.InPlace, Fails), (Way.InPlace, OtherFails),
            (Way.Slots, Other), (Way.Slots, Fails), (Way.Slots, OtherFails),
        ];
        await Parallel.ForEachAsync(
            rows, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = TestContext.Current.CancellationToken },
            async (row, _) => await RunRowAsync(row.Way, row.Other, Array.IndexOf(rows, row), table));

        output.WriteLine(table.ToString());
        Assert.Empty(table.Wrong);
    }

    // The service takes no condition with a write, so what comes between the last look and the write is overwritten. It is still found
    // and mended by the next run.
    private static async Task RunRowAsync(Way way, string other, int order, FaultTable table)
    {
        await using var faultCase = await FaultCase.StartAsync(way);
        var outcomes = new StringBuilder();
        for (var nth = 1; ; nth++)
        {
            var place = $"{way}, {other}, at call {nth}";
            List<string> problems = [];
            var outcome = await RunCaseAsync(faultCase, other, nth, problems);
            if (outcome is null)
            {
                break;
            }

            problems.ForEach(problem => table.Fail(place, problem));
            outcomes.Append(problems.Count > 0 ? '!' : outcome);
        }

        table.Add(order, $"{way,-8} {other}", outcomes.ToString());
    }

    // The outcome, or null when the run makes fewer calls.
    private static async Task<char?> RunCaseAsync(FaultCase faultCase, string other, int nth, List<string> problems)
    {
        var chat = faultCase.Chat;
        faultCase.Change();
        await using var overtaking = chat.Copy();
        if (other != Same)
        {
            overtaking.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        }

        var before = await faultCase.LookAsync();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goOn = new ManualResetEventSlim();
        var calls = 0;
        var heldAt = "";
        FlowDeploymentException? failure = null;
        bool isWrite;

        using (CallObserver.Start(chat.Host, call =>
        {
            if (Interlocked.Increment(ref calls) == nth)
            {

                heldAt = call;
                held.SetResult();
                goOn.Wait(TestContext.Current.CancellationToken);
            }
        }))
        {
            var overtaken = Task.Run(() => chat.DeployAsync(faultCase.Settings), TestContext.Current.CancellationToken);
            if (await Task.WhenAny(held.Task, overtaken) == overtaken)
            {
                await overtaken;
                return null;
            }

            if (other == OtherFails)
            {
                await chat.SetFaultsAsync(Crash);
            }

            try
            {
                await overtaking.DeployAsync(faultCase.Settings);
            }
            catch (FlowDeploymentException e)
            {
                if (other != OtherFails)
                {
                    problems.Add($"the other run fails: {e.Message}");
                }
            }

            await chat.SetFaultsAsync(other == Fails ? Crash : "{}");
            var between = await faultCase.LookAsync();

            goOn.Set();
            try
            {
                await overtaken;
            }
            catch (FlowDeploymentException e)
            {
                failure = e;
            }

            await chat.SetFaultsAsync("{}");
            var after = await faultCase.LookAsync();
            isWrite = heldAt is "PUT onlineEndpoints/{}" or "PUT onlineEndpoints/deployments/{}";
            if (!isWrite)
            {
                problems.AddRange(await faultCase.FindHarmAsync(between, after));
            }

            if (!isWrite && failure is not null && after.Live != between.Live && between.Traffic.Percentages.Count > 0)
            {
                problems.Add($"callers reach {after.Live} and not {between.Live} any more, which the other run deployed ({failure.Message})");
            }
        }

        if (failure is not null)
        {
            try
            {
                await chat.DeployAsync(faultCase.Settings);
            }
            catch (FlowDeploymentException e)
            {
                problems.Add($"the next run fails: {e.Message} (the first one: {failure.Message})");
            }
        }

        // Of two runs that succeeded, the one that deployed last counts.
        var plan = await chat.PlanAsync(faultCase.Settings);
        if (plan.HasChanges && (failure is not null || (await overtaking.PlanAsync(faultCase.Settings)).HasChanges))
        {
            problems.AddRange(plan.ToLines());
        }

        problems.AddRange(await faultCase.FindHarmAsync(before, await faultCase.LookAsync()));
        return failure is null ? '.' : isWrite ? 'w' : 'r';
    }
}
