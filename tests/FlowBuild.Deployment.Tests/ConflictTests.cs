using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Changes that the service refuses or gives up because another one is in the way.</summary>
public sealed class ConflictTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(409, "deployments/blue")]
    [InlineData(412, "deployments/blue")]
    [InlineData(409, "onlineEndpoints/basic-chat-endpoint\\\\?")]
    [InlineData(412, "onlineEndpoints/basic-chat-endpoint\\\\?")]
    [InlineData(409, "models/basic-chat-model/versions")]
    public async Task A_change_that_is_refused_for_another_one_is_sent_again(int status, string path)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync($$"""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "{{path}}", "status": {{status}}, "code": "Conflict" } ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Contains("another change is in progress", log.Text, StringComparison.Ordinal);
        Assert.Equal(("Succeeded", 100), (deployed.DeploymentState, deployed.TrafficPercent));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task What_another_run_deploys_while_a_change_waits_is_kept()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 2");
        await using var other = chat.Copy();
        other.Replace("deployment.yml", "secret-of-the-variable", "another-value");
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "deployments/blue", "status": 409, "code": "Conflict" } ] }""");
        var log = new RecordingLog();
        var isOvertaken = false;
        log.OnLine = line =>
        {
            if (!isOvertaken && line.Contains("another change is in progress", StringComparison.Ordinal))
            {
                isOvertaken = true;
                other.DeployAsync().GetAwaiter().GetResult();
            }
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(log: log));

        Assert.True(isOvertaken);
        Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
        Assert.Contains("'basic-chat-endpoint/blue' was changed by another run", refused.Message, StringComparison.Ordinal);
        Assert.Contains("it runs model basic-chat-model:1, deployed 20", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["Plan: no changes"], (await other.PlanAsync()).ToLines());

        // The run that is started again has seen it.
        await chat.DeployAsync();
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Theory]
    [InlineData("PutDeployment", 1)]
    [InlineData("PutEndpoint", 1)]
    [InlineData("PutEndpoint", 2)]
    public async Task A_change_that_the_service_gives_up_for_another_one_is_made_once_more(string kind, int nth)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync($$"""{ "operations": [ { "kind": "{{kind}}", "nth": {{nth}}, "code": "OperationCanceled", "message": "Another operation came first." } ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.DoesNotContain(log.Lines, static l => l.EndsWith("planning again", StringComparison.Ordinal));
        Assert.Single(log.Lines, static l => l.EndsWith("was given up for another operation (OperationCanceled); trying once more", StringComparison.Ordinal));
        Assert.Equal(("Succeeded", 100), (deployed.DeploymentState, deployed.TrafficPercent));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task A_change_in_place_that_is_given_up_twice_is_reported_and_put_back()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "secret-of-the-variable", "another-value");
        await chat.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment", "times": 2, "code": "OperationCanceled", "message": "Another operation came first." } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.OperationFailed, failed.Diagnostic.Rule);
        Assert.Contains("OperationCanceled: Another operation came first.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("blue was put back as it was before", failed.Message, StringComparison.Ordinal);
        var blue = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", Token);
        Assert.Equal(("Succeeded", "secret-of-the-variable"), (blue!.State, blue.Document["properties"]!["environmentVariables"]!["OPENAI_API_KEY"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Traffic_that_another_run_moves_while_a_move_waits_is_kept()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "onlineEndpoints/basic-chat-endpoint\\?", "status": 409, "code": "Conflict" } ] }""");
        var log = new RecordingLog();
        var isOvertaken = false;
        log.OnLine = line =>
        {
            if (!isOvertaken && line.Contains("another change is in progress", StringComparison.Ordinal))
            {
                isOvertaken = true;
                chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=60 green=40") }).SetTrafficAsync(Token).GetAwaiter().GetResult();
            }
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(new DeploySettings { AllTraffic = true }, log));

        Assert.True(isOvertaken);
        Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
        Assert.Contains("it is blue=60 green=40", refused.Message, StringComparison.Ordinal);
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token);
        Assert.Equal("blue=60 green=40", new TrafficMap(endpoint!.Traffic).ToString());
    }
}
