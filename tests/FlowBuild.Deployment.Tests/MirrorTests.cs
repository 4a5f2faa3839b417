using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>A copy of a part of the traffic for a deployment whose answers nobody gets.</summary>
public sealed class MirrorTests
{
    private static readonly DeploySettings ToGreen = new() { MirrorTraffic = TrafficMap.Parse("FlowMirrorTraffic", "green=10") };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_deployment_gets_mirrored_traffic_and_loses_it_when_it_gets_live_traffic()
    {
        await using var chat = await WithGreenAsync();
        var change = Assert.Single((await chat.PlanAsync(ToGreen)).Steps.OfType<TrafficStep>().Single().Differences);
        Assert.Equal(new PlanChange("mirror_traffic", "none", "green=10"), change);

        await chat.DeployAsync(ToGreen);
        Assert.Equal(("blue=100", "green=10"), await TrafficAsync(chat));
        Assert.False((await chat.PlanAsync()).HasChanges);

        await chat.DeployAsync(new DeploySettings { AllTraffic = true });
        Assert.Equal(("green=100", "none"), await TrafficAsync(chat));
    }

    [Fact]
    public async Task Traffic_alone_is_set_and_rolled_back_over_a_mirror()
    {
        await using var chat = await WithGreenAsync();
        Assert.True(await chat.Deployer(new RecordingLog(), ToGreen).SetTrafficAsync(Token));
        Assert.Equal(("blue=100", "green=10"), await TrafficAsync(chat));

        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") }).SetTrafficAsync(Token));
        Assert.Equal(("blue=50 green=50", "none"), await TrafficAsync(chat));

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal(("blue=100", "none"), await TrafficAsync(chat));
    }

    [Fact]
    public async Task The_endpoint_file_s_mirror_waits_until_its_deployment_exists()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("endpoint.yml", "auth_mode: key", "auth_mode: key\ntraffic: { blue: 100 }\nmirror_traffic: { green: 20 }");
        var (log, _) = await chat.DeployAsync();
        Assert.Contains(log.Lines, static l => l.Contains("mirrored traffic of the endpoint file (green=20)", StringComparison.Ordinal));

        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync();

        Assert.Equal(("blue=100", "green=20"), await TrafficAsync(chat));
        Assert.False((await chat.PlanAsync()).HasChanges);
    }

    [Theory]
    [InlineData("green=60", "at most 50 percent")]
    [InlineData("blue=10", "blue has live traffic (blue=100)")]
    [InlineData("green=10 blue=10", "one deployment at most")]
    [InlineData("red=10", "no deployment 'red'")]
    public async Task A_mirror_that_the_service_refuses_is_refused_before_anything_is_sent(string mirror, string problem)
    {
        await using var chat = await WithGreenAsync();
        var settings = new DeploySettings { MirrorTraffic = TrafficMap.Parse("FlowMirrorTraffic", mirror) };

        var planned = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(settings));
        var set = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), settings).SetTrafficAsync(Token));

        Assert.Equal((ConfigurationRules.InvalidProperty, ConfigurationRules.InvalidProperty), (planned.Diagnostic.Rule, set.Diagnostic.Rule));
        Assert.Contains(problem, planned.Message, StringComparison.Ordinal);
        Assert.Contains(problem, set.Message, StringComparison.Ordinal);
        Assert.Equal(("blue=100", "none"), await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_mirrored_deployment_is_deleted_with_its_mirror_by_FlowForce_only()
    {
        await using var chat = await WithGreenAsync();
        await chat.DeployAsync(ToGreen);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).DeleteDeploymentAsync(Token));
        Assert.Equal(WorkspaceRules.DeploymentHasTraffic, refused.Diagnostic.Rule);
        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Force = true }).DeleteDeploymentAsync(Token));

        Assert.Equal(("blue=100", "none"), await TrafficAsync(chat));
    }

    // Blue has all the traffic, and the files describe green.
    private static async Task<BasicChat> WithGreenAsync()
    {
        var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync();
        return chat;
    }

    private static async Task<(string Live, string Mirrored)> TrafficAsync(BasicChat chat)
    {
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token);
        return (new TrafficMap(endpoint!.Traffic).ToString(), new TrafficMap(endpoint.MirrorTraffic).ToString());
    }
}
