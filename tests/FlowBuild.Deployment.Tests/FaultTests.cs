using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Deployments to a workspace that fails: what the user reads, and that the next run ends well.</summary>
public sealed class FaultTests
{
    private const string Crash = """
        { "operations": [ {
            "kind": "PutDeployment", "deployment": "blue", "times": 1, "code": "ResourceNotReady", "message": "The probes gave up.",
            "storageInitializerLog": "model fetched\n", "inferenceServerLog": "ModuleNotFoundError: No module named 'promptflow'\nWorker exiting\n" } ] }
        """;

    [Fact]
    public async Task A_container_that_crashes_shows_code_remedy_and_both_logs_and_moves_no_traffic()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Crash);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.OperationFailed, failed.Diagnostic.Rule);
        Assert.StartsWith(
            "Deployment basic-chat-endpoint/blue failed with ResourceNotReady: The probes gave up. The container did not become healthy: look at its log",
            failed.Message, StringComparison.Ordinal);
        Assert.EndsWith("; the container's log says: ModuleNotFoundError: No module named 'promptflow'; the traffic of basic-chat-endpoint is unchanged", failed.Message, StringComparison.Ordinal);
        Assert.Equal(
            [
                "--- StorageInitializer, the last 50 lines:", "model fetched",
                "--- InferenceServer, the last 50 lines:", "ModuleNotFoundError: No module named 'promptflow'", "Worker exiting",
                "The traffic of basic-chat-endpoint is unchanged; the failed deployment stays for inspection and is replaced by the next run.",
            ],
            failed.Details);
        var workspace = await chat.OpenWorkspaceAsync();
        Assert.Empty((await workspace.GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken))!.Traffic);

        // The failed deployment is replaced by the next run.
        var (log, deployed) = await chat.DeployAsync();
        Assert.Contains("its last change failed", log.Text, StringComparison.Ordinal);
        Assert.Equal(("Succeeded", 100), (deployed.DeploymentState, deployed.TrafficPercent));
    }

    [Fact]
    public async Task A_deployment_that_fails_again_says_why_again()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Crash);
        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());
        await chat.SetFaultsAsync(Crash);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Contains("ResourceNotReady: The probes gave up.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_in_place_whose_container_crashes_is_put_back()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.SetFaultsAsync(Crash);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal("blue was put back as it was before (model basic-chat-model:1); the traffic is unchanged.", failed.Details[^1]);
        Assert.EndsWith("; blue was put back as it was before (model basic-chat-model:1); the traffic is unchanged", failed.Message, StringComparison.Ordinal);
        var workspace = await chat.OpenWorkspaceAsync();
        var blue = await workspace.GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken);
        Assert.Equal("Succeeded", blue!.State);
        Assert.EndsWith("/versions/1", blue.ModelId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("stopped by its user")]
    public async Task A_change_in_place_that_was_cut_is_verified_by_the_next_run_and_rolls_back_to_what_ran_before_it(string how)
    {
        await using var chat = await BasicChat.StartAsync(provisioningTime: TimeSpan.FromMilliseconds(300));
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "at length", "well");
        using var stop = new CancellationTokenSource();
        var log = new RecordingLog();
        var isCut = false;
        log.OnLine = line =>
        {
            if (!isCut && line.Contains("deployment basic-chat-endpoint/blue: Updating", StringComparison.Ordinal))
            {
                isCut = true;
                if (how == "killed")
                {
                    chat.StopHostAsync().GetAwaiter().GetResult();
                }
                else
                {
                    stop.Cancel();
                }
            }
        };
        var deployer = chat.Deployer(log);
        var cut = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            foreach (var stage in Enum.GetValues<FlowStage>())
            {
                await deployer.ApplyAsync(stage, stop.Token);
            }
        });
        Assert.True(how == "killed" ? cut is FlowDeploymentException : cut is OperationCanceledException, cut.ToString());
        if (how == "killed")
        {
            await chat.StartHostAsync();
        }

        var (next, deployed) = await chat.DeployAsync();

        Assert.Contains(next.Lines, static l => l.StartsWith("basic-chat-endpoint/blue answers", StringComparison.Ordinal));
        Assert.EndsWith("/versions/3", deployed.ModelId, StringComparison.Ordinal);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(TestContext.Current.CancellationToken));
        var blue = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken);
        Assert.EndsWith("/versions/2", blue!.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_in_place_that_does_not_answer_is_put_back_and_leaves_the_way_back_as_it_was()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "at length", "well");
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Cut", "method": "POST", "path": "/score$", "times": 1000 } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.VerificationFailed, failed.Diagnostic.Rule);
        Assert.Contains("no answer", failed.Message, StringComparison.Ordinal);
        Assert.Equal("blue was put back as it was before (model basic-chat-model:2); the traffic is unchanged.", failed.Details[^1]);
        await chat.SetFaultsAsync("{}");
        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(TestContext.Current.CancellationToken));
        var blue = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken);
        Assert.EndsWith("/versions/1", blue!.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traffic_goes_back_when_nothing_answers_after_it_moved()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Cut", "method": "POST", "path": "/score$", "nth": 2, "times": 1000 } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(new DeploySettings { AllTraffic = true }));

        Assert.Equal(WorkspaceRules.VerificationFailed, failed.Diagnostic.Rule);
        Assert.Contains("the traffic goes back", failed.Message, StringComparison.Ordinal);
        Assert.Equal("The traffic of basic-chat-endpoint is back at blue=100.", failed.Details[^1]);
        Assert.DoesNotContain(failed.Details, static l => l.Contains("unchanged", StringComparison.Ordinal));
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);
        Assert.Equal("blue=100", new TrafficMap(endpoint!.Traffic).ToString());
        Assert.Equal("none", endpoint.Tags["flowbuild.previous"]);
    }

    [Fact]
    public async Task A_token_that_has_expired_asks_for_another_one_and_not_for_a_role()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""
            { "calls": [ { "action": "Fail", "method": "PUT", "path": "onlineEndpoints", "status": 401, "code": "ExpiredAuthenticationToken", "message": "The access token expiry UTC time is earlier than the current UTC time." } ] }
            """);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.RequestFailed, failed.Diagnostic.Rule);
        Assert.Contains("sign in again", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("role", failed.Message, StringComparison.Ordinal);
        Assert.Equal(100, (await chat.DeployAsync()).Deployed.TrafficPercent);
    }

    [Fact]
    public async Task Storage_that_refuses_the_identity_gets_the_datastore_s_key()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "^/flowbuildlocal/", "times": 2, "status": 403, "code": "AuthorizationPermissionMismatch" } ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal((100, 3), (deployed.TrafficPercent, deployed.FilesSent));
        Assert.Single(log.Lines, static l => l.Contains("storage refuses the signed-in identity (AuthorizationPermissionMismatch)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Fail")]
    [InlineData("Cut")]
    public async Task A_workspace_that_breaks_at_any_call_is_a_clear_error_and_the_next_run_converges(string action)
    {
        // Every third call of a whole deployment, until the fault is never reached.
        for (var nth = 1; ; nth += 3)
        {
            await using var chat = await BasicChat.StartAsync();
            await chat.SetFaultsAsync($$"""{ "calls": [ { "action": "{{action}}", "nth": {{nth}}, "times": 1000, "status": 500 } ] }""");
            var log = new RecordingLog();
            try
            {
                await chat.DeployAsync(log: log);
                Assert.True(nth > 20, $"the deployment takes {nth} calls only");
                return;
            }
            catch (FlowDeploymentException e)
            {
                Assert.Equal(RuleSeverity.Error, e.Diagnostic.Rule.Severity);
                Assert.DoesNotContain(chat.Host.Token, e.ToString() + log.Text, StringComparison.Ordinal);
            }

            await chat.SetFaultsAsync("{}");
            var (_, deployed) = await chat.DeployAsync();
            Assert.True(deployed.TrafficPercent == 100 && deployed.DeploymentState == "Succeeded", $"call {nth}");
            Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
            Assert.Null(await (await chat.OpenWorkspaceAsync()).GetModelVersionAsync("basic-chat-model", "2", TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("\"Throttle\"")]
    [InlineData("\"Fail\", \"status\": 500")]
    [InlineData("\"Cut\", \"phase\": \"After\"")]
    public async Task A_single_fault_at_any_call_is_survived(string fault)
    {
        for (var nth = 1; nth < 40; nth += 3)
        {
            await using var chat = await BasicChat.StartAsync();
            await chat.SetFaultsAsync($$"""{ "calls": [ { "action": {{fault}}, "nth": {{nth}} } ] }""");

            try
            {
                var (_, deployed) = await chat.DeployAsync();
                Assert.True(deployed.TrafficPercent == 100, $"call {nth}");
            }
            catch (FlowDeploymentException e)
            {
                Assert.Fail($"call {nth}: {e.Message}");
            }
        }
    }

    [Fact]
    public async Task Two_deployments_at_once_both_end_and_agree()
    {
        await using var chat = await BasicChat.StartAsync(provisioningTime: TimeSpan.FromMilliseconds(200));
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        await Task.WhenAll(chat.DeployAsync(), chat.DeployAsync());

        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);
        Assert.Equal("blue=100", new TrafficMap(endpoint!.Traffic).ToString());
    }

    [Fact]
    public async Task A_version_that_another_run_registers_in_the_meantime_is_followed_by_the_next_one()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        var log = new RecordingLog();
        var slower = chat.Deployer(log);
        await slower.PlanAsync(writes: true, TestContext.Current.CancellationToken);
        chat.Replace("basic-chat/chat.jinja2", "well", "at length");
        await chat.Deployer(new RecordingLog()).RegisterAsync(TestContext.Current.CancellationToken);
        chat.Replace("basic-chat/chat.jinja2", "at length", "well");

        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            Assert.True(await slower.ApplyAsync(stage, TestContext.Current.CancellationToken));
        }

        Assert.Contains("model basic-chat-model:2 was registered by another run in the meantime; planning again", log.Lines);
        var deployed = Assert.Single((await slower.GetDeployedAsync(TestContext.Current.CancellationToken))!);
        Assert.EndsWith("/versions/3", deployed.ModelId, StringComparison.Ordinal);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }
}
