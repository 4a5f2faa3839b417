using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>What an endpoint remembers for a rollback, and what must not make it forget.</summary>
public sealed class RollbackMemoryTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DeploySettings Slots = new() { Slots = ["blue", "green"] };

    [Theory]
    [InlineData("green=100", null)]
    [InlineData(null, "blue=10")]
    public async Task Traffic_that_does_not_move_leaves_the_rollback_as_it_is(string? traffic, string? mirror)
    {
        await using var chat = await WithGreenLiveAsync();

        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = Map(traffic), MirrorTraffic = Map(mirror) }).SetTrafficAsync(Token);

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_deployment_that_only_mirrors_leaves_the_rollback_as_it_is()
    {
        await using var chat = await WithGreenLiveAsync();

        await chat.DeployAsync(Slots with { MirrorTraffic = Map("blue=10") });

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task Traffic_that_is_set_back_by_hand_is_a_rollback()
    {
        await using var chat = await WithGreenLiveAsync();
        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = Map("blue=100") }).SetTrafficAsync(Token);
        var log = new RecordingLog();

        Assert.True(await chat.Deployer(log).RollbackAsync(Token));

        Assert.Contains("already rolled back", log.Text, StringComparison.Ordinal);
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_rolled_back_endpoint_whose_traffic_was_moved_elsewhere_is_no_success()
    {
        await using var chat = await WithGreenLiveAsync();
        await chat.Deployer(new RecordingLog()).RollbackAsync(Token);
        var endpoint = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"))!;
        endpoint["properties"]!["traffic"] = new System.Text.Json.Nodes.JsonObject { ["green"] = 100 };
        await chat.PutResourceAsync("onlineEndpoints/basic-chat-endpoint", endpoint.ToJsonString());

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        Assert.Equal(WorkspaceRules.NoRollback, refused.Diagnostic.Rule);
    }

    [Fact]
    public async Task A_rollback_that_a_deployment_overtakes_changes_nothing()
    {
        await using var chat = await WithGreenLiveAsync();
        await using var newer = chat.Copy();
        newer.Replace("basic-chat/chat.jinja2", "well", "at length");
        var isOvertaken = false;
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (!isOvertaken && line.StartsWith("GET", StringComparison.Ordinal) && line.Contains("/deployments", StringComparison.Ordinal))
            {
                isOvertaken = true;
                newer.DeployAsync(Slots).GetAwaiter().GetResult();
            }
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(log).RollbackAsync(Token));

        Assert.True(isOvertaken, log.Text);
        Assert.True(refused.Diagnostic.Rule == WorkspaceRules.ChangedByAnotherRun || refused.Diagnostic.Rule == WorkspaceRules.NoRollback, refused.Message);
        Assert.Equal(["Plan: no changes"], (await newer.PlanAsync(Slots)).ToLines());
    }

    [Fact]
    public async Task A_failed_rollout_leaves_traffic_that_somebody_has_moved_in_the_meantime()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: purple");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: purple", "name: green");
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        var isMoved = false;
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (!isMoved && line.StartsWith("rollout: ", StringComparison.Ordinal))
            {
                isMoved = true;
                chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = Map("purple=100") }).SetTrafficAsync(Token).GetAwaiter().GetResult();
                chat.SetFaultsAsync("""{ "calls": [ { "action": "Cut", "method": "POST", "path": "/score$", "times": 1000 } ] }""").GetAwaiter().GetResult();
            }
        };

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(
            () => chat.DeployAsync(new DeploySettings { AllTraffic = true, Rollout = [10, 50], RolloutInterval = TimeSpan.Zero }, log));

        Assert.True(isMoved, log.Text);
        Assert.Contains(failed.Details, static line => line.Contains("was changed by another run in the meantime and is left as it is", StringComparison.Ordinal));
        Assert.Equal("purple=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_failed_change_in_place_leaves_settings_that_a_newer_run_has_deployed()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        await using var newer = chat.Copy();
        newer.Replace("deployment.yml", "secret-of-the-variable", "newer-value");
        const string Unanswered = """{ "calls": [ { "action": "Cut", "method": "POST", "path": "/score$", "times": 1000 } ] }""";
        var isOvertaken = false;
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (!isOvertaken && line.StartsWith("blue: The endpoint", StringComparison.Ordinal))
            {
                isOvertaken = true;
                chat.SetFaultsAsync("{}").GetAwaiter().GetResult();
                newer.DeployAsync().GetAwaiter().GetResult();
                chat.SetFaultsAsync(Unanswered).GetAwaiter().GetResult();
            }
        };
        await chat.SetFaultsAsync(Unanswered);

        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(log: log));

        await chat.SetFaultsAsync("{}");
        Assert.True(isOvertaken, log.Text);
        var left = (await newer.PlanAsync()).ToLines().ToList();
        Assert.True(left is ["Plan: no changes"], string.Join("\n", left) + log.Text);
    }

    [Fact]
    public async Task An_older_rollout_stops_where_a_newer_run_has_taken_it_back()
    {
        await using var chat = await BasicChat.StartAsync();
        var rollout = Slots with { Rollout = [10, 50], RolloutInterval = TimeSpan.Zero };
        await chat.DeployAsync(rollout);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        await using var newer = chat.Copy();
        newer.Replace("basic-chat/chat.jinja2", "well", "at length");
        var next = newer.Deployer(new RecordingLog(), rollout);
        var isTakenBack = false;
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (!isTakenBack && line.StartsWith("rollout: ", StringComparison.Ordinal))
            {
                isTakenBack = true;
                foreach (var stage in (FlowStage[])[FlowStage.Model, FlowStage.Environment, FlowStage.Endpoint])
                {
                    next.ApplyAsync(stage, Token).GetAwaiter().GetResult();
                }
            }
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(rollout, log));

        Assert.True(isTakenBack, log.Text);
        Assert.Equal(WorkspaceRules.ChangedByAnotherRun, refused.Diagnostic.Rule);
        foreach (var stage in Enum.GetValues<FlowStage>().Where(static s => s > FlowStage.Endpoint))
        {
            await next.ApplyAsync(stage, Token);
        }

        Assert.Equal("green=100", await TrafficAsync(chat));
        Assert.Equal(["Plan: no changes"], (await newer.PlanAsync(rollout)).ToLines());
    }

    private static TrafficMap? Map(string? text) =>
        text is null ? null : new TrafficMap(text.Split(" ").Select(static part => KeyValuePair.Create(part.Split("=")[0], int.Parse(part.Split("=")[1], System.Globalization.CultureInfo.InvariantCulture))));

    private static async Task<BasicChat> WithGreenLiveAsync()
    {
        var chat = await BasicChat.StartAsync();
        await chat.DeployAsync(Slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "well");
        await chat.DeployAsync(Slots);
        Assert.Equal("green=100", await TrafficAsync(chat));
        return chat;
    }

    private static async Task<string> TrafficAsync(BasicChat chat) => new TrafficMap(
        (await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token))!.Traffic).ToString();
}
