using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>An operation that ends with each of the codes that Azure Machine Learning has for it, and each operation of a run that fails.</summary>
public sealed class OperationFailureTests(ITestOutputHelper output)
{
    private const string Pull = "Pulling image example.azurecr.io/flows/basic-chat";
    private const string Crash = "ModuleNotFoundError: No module named 'promptflow'";

    private static readonly string[] Codes = [.. RemedyTests.Codes.Select(static row => row.Data)];

    [Fact]
    public async Task A_deployment_that_fails_with_any_code_shows_it_with_its_remedy_and_the_log_and_harms_nothing()
    {
        var table = new FaultTable("Deployment that fails with a code:  r a clear error with its remedy, the next run converged   ! wrong");
        var ways = Enum.GetValues<Way>();
        await Parallel.ForEachAsync(ways, TestContext.Current.CancellationToken, async (way, _) =>
        {
            await using var faultCase = await FaultCase.StartAsync(way);
            foreach (var code in Codes.Where((_, i) => i % ways.Length == (int)way))
            {
                var outcome = await RunAsync(faultCase, new Operation("PutDeployment", 1, code), (failure, problems) =>
                {
                    var expected = $" failed with {code}: It went wrong. ";
                    if (!failure.Message.Contains(expected, StringComparison.Ordinal) || failure.Message.Contains("The container logs may say more", StringComparison.Ordinal))
                    {
                        problems.Add($"no code with its remedy: {failure.Message}");
                    }

                    if (!failure.Message.Contains(Crash, StringComparison.Ordinal) || !failure.Details.Contains(Crash) || !failure.Details.Contains(Pull))
                    {
                        problems.Add("the log is missing");
                    }
                }, problem => table.Fail($"{way}, {code}", problem));
                table.Add(Array.IndexOf(Codes, code), code, $"{outcome}  {way}");
            }
        });

        output.WriteLine(table.ToString());
        Assert.Empty(table.Wrong);
    }

    [Fact]
    public async Task Any_operation_of_a_run_may_fail_without_harm_and_the_next_run_converges()
    {
        var table = new FaultTable("Each operation of a run that fails:  r a clear error, the next run converged   ! wrong");
        foreach (var way in Enum.GetValues<Way>())
        {
            await using var faultCase = await FaultCase.StartAsync(way);
            foreach (var operation in (Operation[])[new("PutEndpoint", 1), new("PutEndpoint", 2), new("PutDeployment", 1)])
            {
                var outcome = await RunAsync(faultCase, operation, static (_, _) => { }, problem => table.Fail($"{way}, {operation.Kind} {operation.Nth}", problem));
                table.Add((int)way, $"{way,-8} {operation.Kind} {operation.Nth}", outcome.ToString());
            }
        }

        output.WriteLine(table.ToString());
        Assert.Empty(table.Wrong);
    }

    [Theory]
    [InlineData(Way.First)]
    [InlineData(Way.InPlace)]
    [InlineData(Way.Slots)]
    public async Task A_run_that_is_killed_when_its_deployment_has_failed_is_mended_by_the_next_one(Way way)
    {
        await using var faultCase = await FaultCase.StartAsync(way);
        faultCase.Change();
        var before = await faultCase.LookAsync();
        await faultCase.Chat.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment" } ] }""");
        using var kill = new CancellationTokenSource();
        using (CallObserver.Start(faultCase.Chat.Host, call =>
        {
            if (call.EndsWith("getLogs", StringComparison.Ordinal))
            {
                kill.Cancel();
            }
        }))
        {
            faultCase.Chat.Kill = kill.Token;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => faultCase.Chat.DeployAsync(faultCase.Settings));
            faultCase.Chat.Kill = default;
        }

        Assert.Contains("Failed", (await faultCase.LookAsync()).States.Values);
        await faultCase.Chat.DeployAsync(faultCase.Settings);

        Assert.Empty(await faultCase.FindDifferencesAsync(before, await faultCase.LookAsync()));
    }

    private static async Task<char> RunAsync(FaultCase faultCase, Operation operation, Action<FlowDeploymentException, List<string>> check, Action<string> wrong)
    {
        faultCase.Change();
        var before = await faultCase.LookAsync();
        await faultCase.Chat.SetFaultsAsync($$"""
            { "operations": [ { "kind": "{{operation.Kind}}", "nth": {{operation.Nth}}, "code": "{{operation.Code}}", "message": "It went wrong.",
                "storageInitializerLog": "{{Pull}}\n", "inferenceServerLog": "starting\n{{Crash}}\n" } ] }
            """);
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

        await faultCase.Chat.SetFaultsAsync("{}");
        var after = await faultCase.LookAsync();
        List<string> problems = [.. await faultCase.FindHarmAsync(before, after)];
        if (failure is not null)
        {
            check(failure, problems);
            if (failure.Diagnostic.Rule != WorkspaceRules.OperationFailed)
            {
                problems.Add($"another error: {failure.Message}");
            }

            if (operation.Kind == "PutDeployment" && (!after.Traffic.Equals(before.Traffic) || after.Live != before.Live))
            {
                problems.Add($"callers reach {after.Live} and not {before.Live} any more");
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

    private sealed record Operation(string Kind, int Nth, string Code = "InternalServerError");
}
