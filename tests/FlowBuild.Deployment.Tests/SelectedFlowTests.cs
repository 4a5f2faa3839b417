namespace FlowBuild.Deployment.Tests;

/// <summary>The properties Flow and FlowDeploymentName through the targets, on a project with two flows.</summary>
public sealed class SelectedFlowTests
{
    private static readonly string[] All = ["ask-endpoint/blue", "ask-endpoint/green", "tell-endpoint/blue", "tell-endpoint/green"];

    [Fact]
    public async Task Targets_act_on_the_selected_flow_only()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat, chat.AddFlow("ask"), chat.AddFlow("tell"));

        var deployed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local", "Flow=ask");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        Assert.Single(deployed.Lines("BasicChat -> blue 100 % at"));
        Assert.NotNull(await chat.GetResourceAsync("onlineEndpoints/ask-endpoint"));
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/tell-endpoint"));

        var shown = await targets.RunAsync("ShowFlow", "FlowWorkspace=local", "Flow=ask-endpoint");
        Assert.True(shown.ExitCode == 0, shown.Output);
        Assert.Single(shown.Lines("ask-endpoint  Succeeded"));
        Assert.Single(shown.Lines("left out: 'tell'"));
        Assert.DoesNotContain("tell-endpoint", shown.Output, StringComparison.Ordinal);

        var both = await targets.RunAsync("ShowFlow", "FlowWorkspace=local");
        Assert.Equal(1, both.ExitCode);
        Assert.True(both.Lines("ask-endpoint  Succeeded").Count == 1, both.Output);
        Assert.True(both.Lines("error FLOW5026: ShowFlow failed for 'tell' (endpoint tell-endpoint)").Count == 1, both.Output);

        var unknown = await targets.RunAsync("DeployFlow", "FlowWorkspace=local", "Flow=shop");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Single(unknown.Lines(
            "BasicChat.proj : error FLOW4027: Flow='shop' is not a flow of the project; write one of: 'ask' (endpoint ask-endpoint), 'tell' (endpoint tell-endpoint)"));
    }

    [Fact]
    public async Task DeleteFlowDeployment_deletes_the_named_deployment_of_the_selected_flow_and_no_live_one()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat, chat.AddFlow("ask"), chat.AddFlow("tell"));
        string[] local = ["FlowWorkspace=local"];
        string[] confirmed = [.. local, "FlowConfirm=true"];
        Assert.Equal(0, (await targets.RunAsync("DeployFlow", local)).ExitCode);
        Assert.Equal(0, (await targets.RunAsync("DeployFlow", [.. local, "FlowSet=name=green"])).ExitCode);
        Assert.Equal(All, await DeploymentsAsync(chat));

        var live = await targets.RunAsync("DeleteFlowDeployment", [.. confirmed, "FlowDeploymentName=blue"]);
        Assert.Equal(1, live.ExitCode);
        Assert.Contains("SetFlowTraffic", Assert.Single(live.Lines("error FLOW")), StringComparison.Ordinal);
        var misspelled = await targets.RunAsync("DeleteFlowDeployment", [.. confirmed, "FlowDeploymentName=gren"]);
        Assert.Single(misspelled.Lines("error FLOW4030: FlowDeploymentName='gren'"));
        Assert.Equal(All, await DeploymentsAsync(chat));

        var one = await targets.RunAsync("DeleteFlowDeployment", [.. confirmed, "FlowDeploymentName=green", "Flow=Tell"]);
        Assert.True(one.ExitCode == 0, one.Output);
        Assert.Equal(["ask-endpoint/blue", "ask-endpoint/green", "tell-endpoint/blue"], await DeploymentsAsync(chat));

        var rest = await targets.RunAsync("DeleteFlowDeployment", [.. confirmed, "FlowDeploymentName=green"]);
        Assert.True(rest.ExitCode == 0, rest.Output);
        Assert.Equal(["ask-endpoint/blue", "tell-endpoint/blue"], await DeploymentsAsync(chat));
    }

    private static async Task<IReadOnlyList<string>> DeploymentsAsync(BasicChat chat)
    {
        var found = new List<string>();
        foreach (var deployment in All)
        {
            if (await chat.GetResourceAsync($"onlineEndpoints/{deployment.Replace("/", "/deployments/", StringComparison.Ordinal)}") is not null)
            {
                found.Add(deployment);
            }
        }

        return found;
    }
}
