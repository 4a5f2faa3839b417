using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Deployments to a workspace that fails: what the user reads, and that the next run ends well.</summary>
public sealed class FaultTests
{
    private const string Crash = """
        { "operations": [ {
            "kind": "PutDeployment", "deployment": "blue", "times": 1, "code": "ResourceNotReady", "message": "The probes gave up.",
            "storageInitializerLog": "model fetched\n", "inferenceServerLog": "ModuleNotFoundError: No module named 'promptflow'\n" } ] }
        """;

    [Fact]
    public async Task A_container_that_crashes_shows_code_remedy_and_both_logs_and_moves_no_traffic()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Crash);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.OperationFailed, failed.Diagnostic.Rule);
        Assert.StartsWith(
            "Deployment blue failed with ResourceNotReady: The probes gave up. The container did not become healthy: look at the log below",
            failed.Message, StringComparison.Ordinal);
        Assert.EndsWith("; the container's log ends with: ModuleNotFoundError: No module named 'promptflow'", failed.Message, StringComparison.Ordinal);
        Assert.Equal(
            [
                "--- StorageInitializer, the last 50 lines:", "model fetched",
                "--- InferenceServer, the last 50 lines:", "ModuleNotFoundError: No module named 'promptflow'",
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

        Assert.Equal("blue was put back as it was before (model basic-chat-model:1).", failed.Details[^1]);
        var workspace = await chat.OpenWorkspaceAsync();
        var blue = await workspace.GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken);
        Assert.Equal("Succeeded", blue!.State);
        Assert.EndsWith("/versions/1", blue.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_is_missing_is_said_with_the_one_that_is_enough()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write" ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.RequestFailed, failed.Diagnostic.Rule);
        Assert.Contains("AzureML Data Scientist", failed.Message, StringComparison.Ordinal);
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

    [Fact]
    public async Task A_retried_call_is_said()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "path": "onlineEndpoints", "status": 503, "code": "ServiceUnavailable" } ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Contains(log.Lines, static l => l.Contains("try 2", StringComparison.Ordinal));
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
}
