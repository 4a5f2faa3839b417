using System.Net;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Changes of a deployment that serves, and what is left of one that is gone.</summary>
public sealed class InPlaceUpdateTests
{
    private const string Question = """{"question":"q"}""";
    private const string Blue = "onlineEndpoints/my-endpoint/deployments/blue";

    [Fact]
    public async Task A_failed_update_in_place_leaves_the_old_version_serving_over_a_restart_too()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        var empty = await workspace.RegisterFlowAsync("empty", "1", "none", ("readme.md", ""));

        Assert.Equal("Failed", await workspace.PutAndSettleAsync(Blue, RunningWorkspace.Deployment(empty)));

        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
        Assert.Equal(empty, (await workspace.GetAsync(Blue)).Body!["properties"]!["model"]!.GetValue<string>());
        // What serves may keep its traffic.
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint(traffic: ("blue", 100))));
        await workspace.RestartAsync();
        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
    }

    [Fact]
    public async Task The_old_version_answers_until_the_update_has_ended()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        var model = await workspace.RegisterFlowAsync("m", "2", "chat-flow", ("flow.dag.yaml", Flows.Chat.Replace("  answer:", "  reply:", StringComparison.Ordinal)));
        await workspace.RestartAsync(TimeSpan.FromMinutes(10));

        var accepted = await workspace.PutAsync(Blue, RunningWorkspace.Deployment(model));

        Assert.Equal("Updating", accepted.Body!["properties"]!["provisioningState"]!.GetValue<string>());
        Assert.Contains("answer", (await client.ScoreAsync(Question)).Body, StringComparison.Ordinal);
        await workspace.RestartAsync();
        Assert.Equal("Succeeded", await workspace.SettleAsync(Blue));
        Assert.Contains("reply", (await client.ScoreAsync(Question)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scaling_beyond_the_quota_is_refused()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);

        var answer = await workspace.SendAsync(HttpMethod.Patch, Blue, JsonNode.Parse("""{"sku":{"capacity":7}}"""));

        Assert.Equal("OutOfQuota", answer.DeepestCode);
        Assert.Equal(1, (await workspace.GetAsync(Blue)).Body!["sku"]!["capacity"]!.GetValue<int>());
    }

    [Fact]
    public async Task The_log_of_a_deleted_deployment_does_not_come_back_with_its_name()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        await client.ScoreAsync(Question);
        Assert.Contains("POST /score", await LogAsync(workspace), StringComparison.Ordinal);
        var model = (await workspace.GetAsync(Blue)).Body!["properties"]!["model"]!.GetValue<string>();
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());

        await workspace.SendAsync(HttpMethod.Delete, Blue);
        Assert.Equal("Deleted", await workspace.SettleAsync(Blue));
        await workspace.PutAndSettleAsync(Blue, RunningWorkspace.Deployment(model));

        Assert.DoesNotContain("POST /score", await LogAsync(workspace), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_that_fails_leaves_a_failed_deployment_failed()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        var empty = await workspace.RegisterFlowAsync("empty", "1", "none", ("readme.md", ""));
        const string Green = "onlineEndpoints/my-endpoint/deployments/green";
        await workspace.PutAndSettleAsync(Green, RunningWorkspace.Deployment(empty));
        await workspace.SetFaultsAsync("""{"operations":[{"kind":"DeleteDeployment"}]}""");

        await workspace.SendAsync(HttpMethod.Delete, Green);

        Assert.Equal("Failed", await workspace.SettleAsync(Green));
    }

    [Fact]
    public async Task An_operation_that_was_done_before_the_process_was_killed_is_not_done_to_what_came_later()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        var model = (await workspace.GetAsync(Blue)).Body!["properties"]!["model"]!.GetValue<string>();
        const string Green = "onlineEndpoints/my-endpoint/deployments/green";
        await workspace.PutAndSettleAsync(Green, RunningWorkspace.Deployment(model));
        var accepted = await workspace.SendAsync(HttpMethod.Delete, Green);
        Assert.Equal("Deleted", await workspace.SettleAsync(Green));
        await workspace.PutAndSettleAsync(Green, RunningWorkspace.Deployment(model));

        // As a kill leaves it after the deployment was removed and before the operation was noted as ended.
        var id = accepted.Headers.Location!.AbsolutePath.Split(':')[^1];
        await workspace.RestartAsync(TimeSpan.Zero, state =>
        {
            var file = Directory.GetFiles(Path.Combine(state, "resources")).Single(f => File.ReadAllText(f).Contains($"\"operations/{id}\"", StringComparison.Ordinal));
            var stored = JsonNode.Parse(File.ReadAllText(file))!;
            stored["Value"]!["Status"] = "InProgress";
            stored["Value"]!["EndTime"] = null;
            File.WriteAllText(file, stored.ToJsonString());
        });
        while ((await workspace.SendAsync(HttpMethod.Get, accepted.Headers.Location.ToString(), null, "")).Status == HttpStatusCode.Accepted)
        {
            // The operation is taken up again.
        }

        Assert.Equal(HttpStatusCode.OK, (await workspace.GetAsync(Green)).Status);
    }

    [Fact]
    public async Task The_kind_of_an_endpoint_cannot_change()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        await workspace.PutAsync("computes/my-cluster", JsonNode.Parse("""{"location":"local","properties":{"computeType":"Kubernetes"}}""")!);
        var body = RunningWorkspace.Endpoint();
        body["properties"]!["compute"] = $"{workspace.WorkspaceId}/computes/my-cluster";

        var answer = await workspace.PutAsync("onlineEndpoints/my-endpoint", body);

        Assert.Equal((HttpStatusCode.BadRequest, "BadArgument"), (answer.Status, answer.DeepestCode));
    }

    [Fact]
    public async Task A_property_of_a_deployment_is_added_kept_and_never_altered()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await DeployAsync(workspace);
        var model = (await workspace.GetAsync(Blue)).Body!["properties"]!["model"]!.GetValue<string>();
        var body = RunningWorkspace.Deployment(model);
        body["properties"]!["properties"] = new JsonObject { ["team"] = "search" };
        await workspace.PutAndSettleAsync(Blue, body);

        await workspace.PutAndSettleAsync(Blue, RunningWorkspace.Deployment(model));
        Assert.Equal("search", (await workspace.GetAsync(Blue)).Body!["properties"]!["properties"]!["team"]!.GetValue<string>());

        body["properties"]!["properties"]!["team"] = "sales";
        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.PutAsync(Blue, body)).Status);
    }

    private static async Task<ScoringClient> DeployAsync(RunningWorkspace workspace) =>
        await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat)));

    private static async Task<string> LogAsync(RunningWorkspace workspace) =>
        (await workspace.PostAsync(Blue + "/getLogs", new JsonObject())).Body!["content"]!.GetValue<string>();
}
