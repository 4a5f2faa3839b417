using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Slots, rollouts, and runs that do not wait.</summary>
public sealed class RolloutTests
{
    private static readonly DeploySettings Slots = new() { Slots = ["blue", "green"] };

    [Fact]
    public async Task The_new_version_goes_to_the_slot_without_traffic_and_then_gets_it()
    {
        await using var chat = await BasicChat.StartAsync();
        var (_, deployed) = await chat.DeployAsync(Slots);
        Assert.Equal(("blue", "blue=100"), (deployed.Deployment, deployed.Traffic));

        (_, deployed) = await chat.DeployAsync(Slots);
        Assert.Equal(("blue", false), (deployed.Deployment, deployed.Changed));

        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        var (log, green) = await chat.DeployAsync(Slots);
        Assert.Equal(("green", "green=100"), (green.Deployment, green.Traffic));
        Assert.True(log.Text.IndexOf("green answers", StringComparison.Ordinal) < log.Text.IndexOf("traffic of basic-chat-endpoint: green=100", StringComparison.Ordinal), log.Text);

        (log, deployed) = await chat.DeployAsync(Slots);
        Assert.Contains("Plan: no changes", log.Lines);
        Assert.Equal("green", deployed.Deployment);

        chat.Replace("basic-chat/chat.jinja2", "at length", "well");
        (_, deployed) = await chat.DeployAsync(Slots);
        Assert.Equal(("blue", "blue=100"), (deployed.Deployment, deployed.Traffic));
    }

    [Fact]
    public async Task A_rollout_that_has_nothing_to_move_says_so()
    {
        await using var chat = await BasicChat.StartAsync();
        var rollout = new DeploySettings { Rollout = [10, 50] };

        Assert.Contains("no version has traffic to move step by step (FlowRollout): it is blue=100 at once", (await chat.PlanAsync(rollout)).Notes);

        await chat.DeployAsync(rollout);
        Assert.DoesNotContain((await chat.PlanAsync(rollout)).Notes, static n => n.Contains("FlowRollout", StringComparison.Ordinal));

        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        Assert.Contains((await chat.PlanAsync(rollout)).Notes, static n => n.StartsWith("blue changes in place and serves its traffic with the change at once", StringComparison.Ordinal));

        chat.Replace("deployment.yml", "name: blue", "name: green");
        Assert.Contains("no traffic moves to green; FlowRollout goes with FlowSlots, or with FlowAllTraffic=true", (await chat.PlanAsync(rollout)).Notes);
    }

    [Fact]
    public async Task All_traffic_and_other_traffic_are_not_asked_for_at_once()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(
            new DeploySettings { AllTraffic = true, Traffic = TrafficMap.Parse("FlowTraffic", "blue=0") }));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("FlowAllTraffic=true", refused.Message, StringComparison.Ordinal);
        var plan = await chat.PlanAsync(new DeploySettings { AllTraffic = true, Traffic = TrafficMap.Parse("FlowTraffic", "blue=100") });
        Assert.Equal(["Plan: no changes"], plan.ToLines());
    }

    [Fact]
    public async Task A_slot_that_fails_verification_leaves_the_other_one_its_traffic()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync(Slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(chat.WithRefusedRequest(Slots)));

        Assert.Equal(WorkspaceRules.VerificationFailed, failed.Diagnostic.Rule);
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);
        Assert.Equal("blue=100", new TrafficMap(endpoint!.Traffic).ToString());
    }

    [Fact]
    public async Task Two_slots_with_traffic_are_an_error()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync(new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") });

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(Slots));

        Assert.Contains("blue=50 green=50", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_override_that_names_a_slot_follows_the_slot()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace(
            "deployment.yml", "OPENAI_API_KEY: secret-of-the-variable",
            "PRT_CONFIG_OVERRIDE: deployment.endpoint_name=basic-chat-endpoint,deployment.deployment_name=blue");
        await chat.DeployAsync(Slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync(Slots);

        var green = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "green", TestContext.Current.CancellationToken);

        Assert.Equal(
            "deployment.endpoint_name=basic-chat-endpoint,deployment.deployment_name=green",
            green!.Document["properties"]!["environmentVariables"]!["PRT_CONFIG_OVERRIDE"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_rollout_moves_traffic_step_by_step()
    {
        await using var chat = await BasicChat.StartAsync();
        var settings = Slots with { Rollout = [10, 50], RolloutInterval = TimeSpan.Zero };
        await chat.DeployAsync(settings);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var (log, deployed) = await chat.DeployAsync(settings);

        Assert.Equal(
            ["traffic of basic-chat-endpoint: blue=90 green=10", "traffic of basic-chat-endpoint: blue=50 green=50", "traffic of basic-chat-endpoint: green=100"],
            log.Lines.Where(static l => l.StartsWith("traffic of", StringComparison.Ordinal)));
        Assert.Equal("green=100", deployed.Traffic);
    }

    [Fact]
    public async Task A_rollout_that_was_cut_goes_on_where_it_stands()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync(new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") });

        var plan = await chat.PlanAsync(new DeploySettings { AllTraffic = true, Rollout = [10, 50, 80] });

        Assert.Equal(
            ["blue=20 green=80", "green=100"],
            Assert.Single(plan.Steps.OfType<TrafficStep>()).Rollout.Select(static t => t.ToString()));
    }

    [Fact]
    public async Task A_rollout_over_slots_that_was_cut_goes_on_and_its_rollback_leads_to_where_it_began()
    {
        await using var chat = await BasicChat.StartAsync();
        var token = TestContext.Current.CancellationToken;
        var settings = Slots with { Rollout = [10, 50], RolloutInterval = TimeSpan.FromDays(1) };
        await chat.DeployAsync(settings);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        using var stop = new CancellationTokenSource();
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
        chat.Kill = stop.Token;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.DeployAsync(settings, log));
        chat.Kill = default;

        var (_, deployed) = await chat.DeployAsync(settings with { RolloutInterval = TimeSpan.Zero });

        Assert.Equal(("green", "green=100"), (deployed.Deployment, deployed.Traffic));
        await chat.Deployer(new RecordingLog()).RollbackAsync(token);
        Assert.Equal("blue=100", new TrafficMap((await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", token))!.Traffic).ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollout_that_was_cut_and_does_not_answer_when_it_goes_on_returns_the_traffic(bool overSlots)
    {
        await using var chat = await BasicChat.StartAsync();
        var settings = (overSlots ? Slots : new DeploySettings { AllTraffic = true }) with { Rollout = [10, 50], RolloutInterval = TimeSpan.FromDays(1) };
        await chat.DeployAsync(settings);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        if (!overSlots)
        {
            chat.Replace("deployment.yml", "name: blue", "name: green");
        }

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
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Cut", "method": "POST", "path": "/score$", "times": 1000 } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(settings));

        Assert.Equal(WorkspaceRules.VerificationFailed, failed.Diagnostic.Rule);
        Assert.Contains("the traffic goes back", failed.Message, StringComparison.Ordinal);
        Assert.Contains("The traffic of basic-chat-endpoint is back at blue=100.", failed.Details);
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);
        Assert.Equal("blue=100", new TrafficMap(endpoint!.Traffic).ToString());
    }

    [Theory]
    [InlineData("blue")]
    [InlineData("blue blue")]
    public async Task Slots_are_two_different_names(string slots)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(new DeploySettings { Slots = slots.Split(' ') }));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("two different names", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_in_the_workspace_is_said_once_although_two_slots_are_looked_at()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync(Slots);
        await chat.PutResourceAsync("connections/other", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var (log, _) = await chat.DeployAsync(Slots);

        Assert.Single(log.Diagnostics, static d => d.Rule == WorkspaceRules.ConnectionMissing);
    }

    [Fact]
    public async Task A_run_that_does_not_wait_is_finished_by_the_next_one()
    {
        await using var chat = await BasicChat.StartAsync(provisioningTime: TimeSpan.FromMilliseconds(300));
        var (log, started) = await chat.DeployAsync(new DeploySettings { NoWait = true });
        Assert.Equal("Creating", started.DeploymentState);
        Assert.Equal("none", started.Traffic);
        Assert.Contains("not waited for", log.Text, StringComparison.Ordinal);

        (log, var deployed) = await chat.DeployAsync();

        Assert.Contains("an operation of another run is in progress", log.Text, StringComparison.Ordinal);
        Assert.Equal("blue=100", deployed.Traffic);
    }
}
