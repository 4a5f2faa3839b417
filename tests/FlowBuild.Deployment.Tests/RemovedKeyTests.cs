using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Keys that a deployment file said once and does not say any more.</summary>
public sealed class RemovedKeyTests
{
    private const string Startup = "startup_probe:\n  initial_delay: 5\n  period: 7\n";
    private const string Liveness = "liveness_probe:\n  initial_delay: 20\n  period: 30\n";
    private const string Requests = "request_settings:\n  request_timeout_ms: 6000\n  max_queue_wait_ms: 700\n";

    [Theory]
    [InlineData(Startup, "", "startupProbe.initialDelay startupProbe.period")]
    [InlineData(Startup, "startup_probe:\n  period: 7\n", "startupProbe.initialDelay")]
    [InlineData(Liveness, "", "livenessProbe.initialDelay livenessProbe.period")]
    [InlineData(Liveness, "liveness_probe:\n  period: 30\n", "livenessProbe.initialDelay")]
    [InlineData(Requests, "request_settings:\n  request_timeout_ms: 6000\n", "requestSettings.maxQueueWait")]
    public async Task A_key_that_is_gone_from_the_file_goes_back_to_the_service_s_default(string before, string after, string changes)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1\n", $"instance_count: 1\n{before}");
        await chat.DeployAsync();
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
        chat.Replace("deployment.yml", before, after);

        var plan = await chat.PlanAsync();

        var step = Assert.Single(plan.Steps.OfType<DeploymentStep>());
        Assert.Equal(changes, string.Join(' ', step.Differences.Select(static d => d.Path)));
        var gone = step.Differences.Last(static d => d.Path is not "livenessProbe.period");
        Assert.Contains($"      {gone.Path}: {gone.From} -> the service's default", plan.ToLines());

        await chat.DeployAsync();
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
        var properties = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue"))!["properties"]!;
        Assert.NotEqual(gone.From, gone.Path.Split('.').Aggregate((System.Text.Json.Nodes.JsonNode?)properties, static (node, member) => node?[member])?.ToString());
    }

    [Fact]
    public async Task What_the_service_or_another_tool_has_set_is_no_difference()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1\n", $"instance_count: 1\n{Startup}");
        await chat.DeployAsync();
        const string Path = "onlineEndpoints/basic-chat-endpoint/deployments/blue";
        var resource = (await chat.GetResourceAsync(Path))!;
        foreach (var member in (string[])["id", "name", "type", "systemData"])
        {
            resource.Remove(member);
        }

        resource["properties"]!.AsObject().Remove("provisioningState");
        resource["tags"] = new System.Text.Json.Nodes.JsonObject();
        await chat.PutResourceAsync(Path, resource.ToJsonString());
        chat.Replace("deployment.yml", Startup, "");

        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task Every_key_fits_into_the_note()
    {
        await using var chat = await BasicChat.StartAsync();
        var probe = string.Concat(((string[])["initial_delay", "period", "timeout", "success_threshold", "failure_threshold"]).Select(static k => $"  {k}: 1\n"));
        chat.Replace(
            "deployment.yml", "instance_count: 1\n",
            $"instance_count: 1\ndescription: All.\nstartup_probe:\n{probe}liveness_probe:\n{probe}readiness_probe:\n{probe}{Requests}egress_public_network_access: disabled\n");

        var step = Assert.Single((await chat.PlanAsync()).Steps.OfType<DeploymentStep>());

        var note = step.Body["tags"]!["flowbuild.sent"]!.GetValue<string>();
        Assert.InRange(note.Length, 80, 256);
        Assert.Equal(note.Length / 4, Enumerable.Range(0, note.Length / 4).Select(i => note.Substring(i * 4, 4)).Distinct().Count());
    }

    [Theory]
    [InlineData(49, 50)]
    [InlineData(50, 50)]
    public async Task A_deployment_has_no_more_tags_than_Azure_takes(int own, int sent)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1\n", $"instance_count: 1\ntags:\n{string.Concat(Enumerable.Range(0, own).Select(static i => $"  tag{i}: value\n"))}");

        var step = Assert.Single((await chat.PlanAsync()).Steps.OfType<DeploymentStep>());

        Assert.Equal(sent, step.Body["tags"]!.AsObject().Count);
        await chat.DeployAsync();
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }
}
