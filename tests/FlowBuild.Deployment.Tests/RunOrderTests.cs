using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Two runs on one endpoint: the change of the other run is kept, and this run says so.</summary>
public sealed class RunOrderTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DeploySettings Slots = new() { Slots = ["blue", "green"] };

    [Theory]
    [InlineData(FlowStage.Model)]
    [InlineData(FlowStage.Endpoint)]
    [InlineData(FlowStage.Deployment)]
    [InlineData(FlowStage.Verification)]
    public async Task A_run_that_is_overtaken_keeps_the_newer_version_and_names_it(FlowStage last)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        var older = chat.Deployer(new RecordingLog());
        foreach (var stage in Enum.GetValues<FlowStage>().Where(s => s <= last))
        {
            await older.ApplyAsync(stage, Token);
        }

        await using var newer = chat.Copy();
        newer.Replace("basic-chat/chat.jinja2", "well", "at length");
        var (_, deployed) = await newer.DeployAsync(new DeploySettings { ModelTags = new Dictionary<string, string> { ["flowbuild.commit"] = "abc123" } });
        Assert.EndsWith("/versions/3", deployed.ModelId, StringComparison.Ordinal);

        // A run with all its steps done before the other one began has nothing left to undo.
        var refused = last >= FlowStage.Verification ? null : await Assert.ThrowsAsync<FlowDeploymentException>(() => FinishAsync(older));

        if (refused is not null)
        {
            Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
            Assert.Contains("it runs model basic-chat-model:3 of commit abc123, deployed 20", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["Plan: no changes"], (await newer.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task The_same_version_that_another_run_has_deployed_is_a_success()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        var older = chat.Deployer(new RecordingLog());
        await older.PlanAsync(writes: true, Token);
        await using var same = chat.Copy();
        await same.DeployAsync();

        await FinishAsync(older);

        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task A_slot_that_another_run_takes_is_not_taken_back_nor_changed_in_place()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync(Slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        var older = chat.Deployer(new RecordingLog(), Slots);
        await older.PlanAsync(writes: true, Token);
        await using var newer = chat.Copy();
        newer.Replace("basic-chat/chat.jinja2", "well", "at length");
        await newer.DeployAsync(Slots);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => FinishAsync(older));

        Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
        Assert.Equal(["Plan: no changes"], (await newer.PlanAsync(Slots)).ToLines());
        Assert.Equal("green=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_first_slot_that_another_run_makes_is_not_changed_in_place()
    {
        await using var chat = await BasicChat.StartAsync();
        var older = chat.Deployer(new RecordingLog(), Slots);
        await older.PlanAsync(writes: true, Token);
        await using var newer = chat.Copy();
        newer.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await newer.DeployAsync(Slots);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => FinishAsync(older));

        Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
        Assert.Equal(["Plan: no changes"], (await newer.PlanAsync(Slots)).ToLines());
    }

    [Fact]
    public async Task A_change_that_the_service_refuses_leaves_no_tag_behind()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var before = await TagsAsync(chat);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "deployments/blue", "status": 400, "code": "BadArgument" } ] }""");

        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(before, await TagsAsync(chat));
    }

    [Fact]
    public async Task A_plan_that_traffic_overtakes_after_its_tags_leaves_no_tag_behind()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        var before = await TagsAsync(chat);
        var log = new RecordingLog();
        var isOvertaken = false;
        log.OnLine = line =>
        {
            // The tags are written by a change of the endpoint; then somebody gives the deployment traffic.
            if (!isOvertaken && line.StartsWith("endpoint basic-chat-endpoint: Succeeded", StringComparison.Ordinal))
            {
                isOvertaken = true;
                chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=90 green=10") }).SetTrafficAsync(Token).GetAwaiter().GetResult();
            }
        };

        await chat.DeployAsync(log: log);

        Assert.True(isOvertaken, log.Text);
        Assert.Contains("planning again", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(await TagsAsync(chat), static tag => tag.StartsWith("flowbuild.unverified", StringComparison.Ordinal));
        Assert.DoesNotContain(before, static tag => tag.StartsWith("flowbuild.unverified", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollout_that_was_interrupted_is_taken_back_for_the_next_version_and_the_plan_says_so()
    {
        await using var chat = await BasicChat.StartAsync();
        var settings = Slots with { Rollout = [10, 50], RolloutInterval = TimeSpan.FromDays(1) };
        await InterruptRolloutAsync(chat, settings);
        Assert.Equal("blue=90 green=10", await TrafficAsync(chat));
        chat.Replace("basic-chat/chat.jinja2", "at length", "well");

        var (log, deployed) = await chat.DeployAsync(settings with { RolloutInterval = TimeSpan.Zero });

        Assert.Contains(log.Lines, static l => l.Contains("the interrupted rollout of green is taken back", StringComparison.Ordinal));
        Assert.Equal(
            ["blue=100", "blue=90 green=10", "blue=50 green=50", "green=100"],
            log.Lines.Where(static l => l.StartsWith("traffic of", StringComparison.Ordinal)).Select(static l => l["traffic of basic-chat-endpoint: ".Length..]));
        Assert.Equal(("green", "green=100"), (deployed.Deployment, deployed.Traffic));
        Assert.EndsWith("/versions/3", deployed.ModelId, StringComparison.Ordinal);
        Assert.DoesNotContain(await TagsAsync(chat), static tag => tag.StartsWith("flowbuild.rollout", StringComparison.Ordinal));
        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollout_that_was_interrupted_is_finished_by_the_same_version_and_the_plan_says_so(bool withRollout)
    {
        await using var chat = await BasicChat.StartAsync();
        var settings = Slots with { Rollout = [10, 50], RolloutInterval = TimeSpan.FromDays(1) };
        await InterruptRolloutAsync(chat, settings);

        var (log, deployed) = await chat.DeployAsync(withRollout ? settings with { RolloutInterval = TimeSpan.Zero } : Slots);

        Assert.Contains(log.Lines, static l => l.Contains("the interrupted rollout of green is finished; it began at blue=100", StringComparison.Ordinal));
        Assert.Equal(("green", "green=100"), (deployed.Deployment, deployed.Traffic));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Slots)).ToLines());
    }

    [Fact]
    public async Task An_endpoint_whose_live_deployment_is_gone_gives_its_traffic_to_the_only_good_one()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync();
        await LoseBlueAsync(chat);

        Assert.DoesNotContain("Plan: no changes", (await chat.PlanAsync()).ToLines());
        var (_, deployed) = await chat.DeployAsync();

        Assert.Equal("green=100", deployed.Traffic);
    }

    [Fact]
    public async Task An_endpoint_without_traffic_and_several_good_deployments_is_warned_of()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        foreach (var (from, to) in new[] { ("blue", "green"), ("green", "red") })
        {
            chat.Replace("deployment.yml", $"name: {from}", $"name: {to}");
            await chat.DeployAsync();
        }

        await LoseBlueAsync(chat);

        var plan = await chat.PlanAsync();
        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(["Plan for basic-chat-endpoint/red: nothing to send, but no deployment of basic-chat-endpoint has traffic"], plan.ToLines());
        Assert.Equal("none", deployed.Traffic);
        var warning = Assert.Single(log.Diagnostics, static d => d.Rule == WorkspaceRules.NoTraffic);
        Assert.Contains("FlowTraffic=\"red=100\"", warning.Message, StringComparison.Ordinal);
    }

    // As by hand: its traffic ends, and then it is deleted.
    private static async Task LoseBlueAsync(BasicChat chat)
    {
        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "blue", Force = true }).DeleteDeploymentAsync(Token));
        Assert.Equal("none", await TrafficAsync(chat));
    }

    private static async Task InterruptRolloutAsync(BasicChat chat, DeploySettings settings)
    {
        await chat.DeployAsync(settings);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        using var stop = new CancellationTokenSource();
        chat.Kill = stop.Token;
        var log = new RecordingLog
        {
            OnLine = line =>
            {
                if (line.StartsWith("rollout: ", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.DeployAsync(settings, log));
        chat.Kill = default;
    }

    private static async Task FinishAsync(FlowDeployer deployer)
    {
        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            await deployer.ApplyAsync(stage, Token);
        }
    }

    private static async Task<string> TrafficAsync(BasicChat chat) => new TrafficMap(
        (await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token))!.Traffic).ToString();

    private static async Task<IReadOnlyList<string>> TagsAsync(BasicChat chat) =>
        [.. (await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token))!.Tags.Select(static tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)];
}
