namespace FlowBuild.Deployment.Tests;

/// <summary>Properties of a command line, through MSBuild to what they do.</summary>
public sealed class PropertyTests
{
    [Fact]
    public async Task FlowRetire_and_FlowGrantAccess_reach_the_deployment()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        await chat.PutResourceAsync(
            "connections/open_ai_connection", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        chat.Replace("deployment.yml", "name: blue", "name: green");
        var targets = new TargetRun(chat);

        var planned = await targets.RunAsync("PlanFlow", "FlowWorkspace=local", "FlowAllTraffic=true", "FlowRetire=true", "FlowGrantAccess=true");
        Assert.Single(planned.Lines("- deployment  blue (deleted: it has no traffic, and FlowRetire is set)"));
        Assert.Single(planned.Lines("+ role        Azure Machine Learning Workspace Connection Secrets Reader at local"));

        var deployed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local", "FlowAllTraffic=true", "FlowRetire=true", "FlowGrantAccess=true");
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        Assert.Single(deployed.Lines("given to the identity of basic-chat-endpoint"));
        Assert.Single(deployed.Lines("basic-chat-endpoint/blue: deleted, since it had no traffic"));
        Assert.Single(deployed.Lines("BasicChat -> green 100 % at"));
    }

    [Fact]
    public async Task A_cloud_that_nobody_knows_is_an_error_before_anything_is_asked()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);

        var refused = await targets.RunAsync(
            "ShowFlow", $"FlowSubscriptionId={Guid.NewGuid()}", "FlowResourceGroup=group", "FlowWorkspace=workspace", "FlowCloud=Moon");

        Assert.Contains("error FLOW4012: FlowCloud='Moon' cannot be read: write AzureCloud, AzureUSGovernment", Assert.Single(refused.Lines("error FLOW")), StringComparison.Ordinal);
    }
}
