namespace FlowBuild.Deployment.Tests;

/// <summary>A run that its user stops: what is left, and how to take it up again.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task Ctrl_C_during_a_deployment_says_what_goes_on_and_the_next_run_takes_it_up()
    {
        await using var chat = await BasicChat.StartAsync(provisioningTime: TimeSpan.FromSeconds(3));
        var targets = new TargetRun(chat);

        var stopped = await targets.InterruptAsync("DeployFlow", "deployment basic-chat-endpoint/blue: Creating", "FlowWorkspace=local");

        Assert.NotEqual(0, stopped.ExitCode);
        Assert.Single(stopped.Lines("Deployment basic-chat-endpoint/blue is still being changed in the workspace; it is not waited for any more."));
        Assert.Single(stopped.Lines("Run the target again to wait for it and go on, or ShowFlow to see its state"));
        Assert.Single(stopped.Lines("warning FLOW5029: Stopped: what is done stays done; run the target again to continue"));
        Assert.DoesNotContain("error FLOW", stopped.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", stopped.Output, StringComparison.Ordinal);

        var again = await targets.RunAsync("DeployFlow", "FlowWorkspace=local");
        Assert.True(again.ExitCode == 0, again.Output);
        Assert.Single(again.Lines("BasicChat -> blue 100 % at"));
    }

    [Fact]
    public async Task A_rollout_that_is_stopped_says_where_the_traffic_stands_and_goes_on_from_there()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        var settings = new DeploySettings { AllTraffic = true, Rollout = [10], RolloutInterval = TimeSpan.FromHours(1) };
        using var stop = new CancellationTokenSource();
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (line.StartsWith("rollout:", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        };
        var deployer = chat.Deployer(log, settings);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            foreach (var stage in Enum.GetValues<Plan.FlowStage>())
            {
                await deployer.ApplyAsync(stage, stop.Token);
            }
        });

        Assert.Equal(
            "FLOW5029: Stopped: the rollout of basic-chat-endpoint stands at blue=90 green=10; run the same command again to finish it, or RollbackFlow to return the traffic",
            log.Lines[^1]);
        var (_, deployed) = await chat.DeployAsync(settings);
        Assert.Equal("green=100", deployed.Traffic);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_a_change_is_sent_says_that_it_may_have_begun()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Delay", "method": "PUT", "path": "deployments/blue", "seconds": 600 } ] }""");
        using var stop = new CancellationTokenSource();
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (line.StartsWith("endpoint basic-chat-endpoint: Succeeded", StringComparison.Ordinal))
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(200));
            }
        };
        var deployer = chat.Deployer(log);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            foreach (var stage in Enum.GetValues<Plan.FlowStage>())
            {
                await deployer.ApplyAsync(stage, stop.Token);
            }
        });

        Assert.Equal(
            "the change of deployment basic-chat-endpoint/blue was being sent and may have begun in the workspace; run the target again to go on, or ShowFlow to see its state",
            log.Lines[^1]);
    }
}
