using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>What becomes of deployments that have lost their traffic.</summary>
public sealed class RetirementTests
{
    private static readonly DeploySettings Retire = new() { AllTraffic = true, Retire = true };

    [Fact]
    public async Task An_old_deployment_is_kept_by_default()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");

        await chat.DeployAsync(Retire with { Retire = false });

        Assert.Equal(["blue", "green"], await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task An_old_deployment_is_deleted_after_the_traffic_has_moved_and_the_plan_shows_it()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        var lines = (await chat.PlanAsync(Retire)).ToLines().ToList();
        Assert.Contains("  - deployment  blue (deleted: it has no traffic, and FlowRetire is set)", lines);
        Assert.Contains("  note: RollbackFlow cannot go back to a deployment that is deleted", lines);

        var (log, deployed) = await chat.DeployAsync(Retire);

        Assert.Equal(("green", "green=100"), (deployed.Deployment, deployed.Traffic));
        Assert.True(
            log.Text.IndexOf("traffic of basic-chat-endpoint: green=100", StringComparison.Ordinal)
            < log.Text.IndexOf("basic-chat-endpoint/blue: deleted, since it had no traffic", StringComparison.Ordinal), log.Text);
        Assert.Equal(["green"], await DeploymentsAsync(chat));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Retire)).ToLines());

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(TestContext.Current.CancellationToken));
        Assert.Equal(WorkspaceRules.NoRollback, refused.Diagnostic.Rule);
    }

    [Theory]
    [InlineData("blue=90 green=10", null)]
    [InlineData("green=100", "blue=10")]
    public async Task One_with_traffic_or_mirrored_traffic_is_never_deleted(string traffic, string? mirror)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");

        await chat.DeployAsync(new DeploySettings
        {
            Retire = true, Traffic = TrafficMap.Parse("FlowTraffic", traffic), MirrorTraffic = mirror is null ? null : TrafficMap.Parse("FlowMirrorTraffic", mirror),
        });

        Assert.Equal(["blue", "green"], await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task The_new_deployment_itself_stays_although_it_has_no_traffic_yet()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");

        await chat.DeployAsync(new DeploySettings { Retire = true });

        Assert.Equal(["blue", "green"], await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task A_new_deployment_that_does_not_answer_costs_the_old_one_nothing()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(chat.WithRefusedRequest(Retire)));

        Assert.Contains("blue", await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task One_that_gets_traffic_after_the_plan_was_made_is_kept()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, Retire);
        foreach (var stage in Enum.GetValues<FlowStage>().Where(static s => s != FlowStage.Retirement))
        {
            await deployer.ApplyAsync(stage, TestContext.Current.CancellationToken);
        }

        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") }).SetTrafficAsync(TestContext.Current.CancellationToken);
        await deployer.ApplyAsync(FlowStage.Retirement, TestContext.Current.CancellationToken);

        Assert.Contains("basic-chat-endpoint/blue: kept, since it has traffic now", log.Lines);
        Assert.Equal(["blue", "green"], await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task With_slots_only_the_one_with_traffic_is_left()
    {
        await using var chat = await BasicChat.StartAsync();
        var settings = new DeploySettings { Slots = ["blue", "green"], Retire = true };
        await chat.DeployAsync(settings);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var (_, deployed) = await chat.DeployAsync(settings);

        Assert.Equal("green=100", deployed.Traffic);
        Assert.Equal(["green"], await DeploymentsAsync(chat));
    }

    [Fact]
    public async Task The_deployment_of_another_flow_of_the_project_is_left_alone()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Write("green.yml", (await File.ReadAllTextAsync(chat.DeploymentFile, TestContext.Current.CancellationToken)).Replace("name: blue", "name: green", StringComparison.Ordinal));
        var item = chat.Project.Items[0];
        var project = chat.Project with { Items = [item, item with { DeploymentFile = Path.Combine(chat.Project.Directory, "green.yml") }] };

        var deployer = chat.Deployer(new RecordingLog(), new DeploySettings { Retire = true }, project);
        var plans = await deployer.PlanAsync(writes: false, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(plans!.SelectMany(static p => p.Steps), static s => s is RetireStep);
    }

    private static async Task<IEnumerable<string>> DeploymentsAsync(BasicChat chat) =>
        (await (await chat.OpenWorkspaceAsync()).GetDeploymentsAsync("basic-chat-endpoint", TestContext.Current.CancellationToken)).Select(static d => d.Name).Order();
}
