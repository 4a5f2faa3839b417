using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class GatewayTests
{
    private const string Question = """{"question":"q"}""";

    [Fact]
    public async Task An_endpoint_with_Azure_ML_tokens_takes_its_own_tokens_and_nothing_else()
    {
        await using var workspace = await DeployedAsync("AMLToken");
        using var client = new ScoringClient(new Uri(workspace.Host.Scoring, "endpoints/my-endpoint/score"), "none");

        var token = (await workspace.PostAsync("onlineEndpoints/my-endpoint/token")).Body!;

        Assert.InRange(token["refreshAfterTimeUtc"]!.GetValue<long>(), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), token["expiryTimeUtc"]!.GetValue<long>());
        var access = token["accessToken"]!.GetValue<string>();
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: access)).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: workspace.Host.Token)).Status);
        var later = (token["expiryTimeUtc"]!.GetValue<long>() + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: later + access[access.IndexOf('.', StringComparison.Ordinal)..])).Status);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await workspace.PostAsync("onlineEndpoints/my-endpoint/listKeys")).Status);
    }

    [Fact]
    public async Task An_endpoint_with_Entra_tokens_takes_the_token_of_the_workspace_and_asks_for_the_role()
    {
        await using var workspace = await DeployedAsync("AADToken");
        using var client = new ScoringClient(new Uri(workspace.Host.Scoring, "endpoints/my-endpoint/score"), workspace.Host.Token);

        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: "other")).Status);

        await workspace.SetFaultsAsync("""{"deniedActions":["Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"]}""");
        Assert.Equal(403, (await client.ScoreAsync(Question)).Status);
    }

    [Fact]
    public async Task A_container_that_takes_longer_than_the_request_timeout_is_408()
    {
        await using var workspace = await DeployedAsync("Key", """{"requestTimeout":"PT0.05S"}""");
        using var client = await workspace.ScoringAsync("my-endpoint");
        await workspace.SetFaultsAsync("""{"calls":[{"action":"Delay","path":"/score","seconds":60}]}""");

        Assert.Equal(408, (await client.ScoreAsync(Question)).Status);
        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
    }

    [Fact]
    public async Task More_requests_in_flight_than_twice_the_limit_are_429()
    {
        await using var workspace = await DeployedAsync("Key", """{"requestTimeout":"PT1S","maxConcurrentRequestsPerInstance":1}""");
        using var client = await workspace.ScoringAsync("my-endpoint");
        await workspace.SetFaultsAsync("""{"calls":[{"action":"Delay","path":"/score","times":10,"seconds":60}]}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.ScoreAsync(Question)));

        Assert.Equal([408, 408, 429, 429, 429], answers.Select(static a => a.Status).Order());
    }

    [Fact]
    public async Task A_deployment_whose_container_did_not_start_is_424()
    {
        await using var workspace = await DeployedAsync("Key");
        using var client = await workspace.ScoringAsync("my-endpoint");
        var model = await workspace.RegisterFlowAsync("empty", "1", "none", ("readme.md", ""));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/green", RunningWorkspace.Deployment(model));

        var answer = await client.ScoreAsync(Question, deployment: "green");

        Assert.Equal(424, answer.Status);
        Assert.Equal("503", answer.Headers["ms-azureml-model-error-statuscode"]);
    }

    [Fact]
    public async Task A_share_of_the_requests_is_mirrored_and_a_pinned_one_is_not()
    {
        await using var workspace = await DeployedAsync("Key");
        using var client = await workspace.ScoringAsync("my-endpoint");
        var model = await workspace.RegisterFlowAsync("second", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/green", RunningWorkspace.Deployment(model));
        var body = RunningWorkspace.Endpoint(traffic: ("blue", 100));
        body["properties"]!["mirrorTraffic"] = new JsonObject { ["green"] = 25 };
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", body));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("blue", (await client.ScoreAsync(Question)).Headers["azureml-model-deployment"]);
            await client.ScoreAsync(Question, deployment: "blue");
        }

        var log = (await workspace.PostAsync("onlineEndpoints/my-endpoint/deployments/green/getLogs", new JsonObject())).Body!["content"]!.GetValue<string>();
        Assert.Equal(5, log.Split('\n').Count(static line => line.Contains("POST /score", StringComparison.Ordinal) && line.Contains("mirrored", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"blue":10}""", "InvalidMirrorTraffic")]
    [InlineData("""{"green":51}""", "InvalidTraffic")]
    [InlineData("""{"red":10}""", "DeploymentNotFound")]
    [InlineData("""{"green":10,"red":10}""", "InvalidMirrorTraffic")]
    public async Task Mirrored_traffic_that_the_service_refuses_is_refused(string mirror, string code)
    {
        await using var workspace = await DeployedAsync("Key");
        var model = await workspace.RegisterFlowAsync("second", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/green", RunningWorkspace.Deployment(model));
        if (code == "InvalidMirrorTraffic" && mirror.Contains("red", StringComparison.Ordinal))
        {
            await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/red", RunningWorkspace.Deployment(model));
        }

        var body = RunningWorkspace.Endpoint(traffic: ("blue", 100));
        body["properties"]!["mirrorTraffic"] = JsonNode.Parse(mirror);

        Assert.Equal(code, (await workspace.PutAsync("onlineEndpoints/my-endpoint", body)).DeepestCode);
    }

    [Fact]
    public async Task The_client_request_id_comes_back_cut_and_clean()
    {
        await using var workspace = await DeployedAsync("Key");
        using var client = await workspace.ScoringAsync("my-endpoint");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(workspace.Host.Scoring, "endpoints/my-endpoint/health"));
        request.Headers.Add("Authorization", "Bearer " + client.Key);
        request.Headers.Add("x-request-id", "mine");
        request.Headers.Add("x-ms-client-request-id", "a b<" + new string('c', 60));

        using var answer = await http.SendAsync(request);

        Assert.Equal("ab" + new string('c', 38), answer.Headers.GetValues("x-ms-client-request-id").Single());
        Assert.True(Guid.TryParse(answer.Headers.GetValues("x-request-id").Single(), out _));
    }

    [Theory]
    [InlineData("Key")]
    [InlineData("AMLToken")]
    [InlineData("AADToken")]
    [Trait("Category", "Security")]
    public async Task What_another_program_at_the_scoring_port_was_sent_opens_nothing_once_it_was_found_there(string authMode)
    {
        await using var workspace = await DeployedAsync(authMode);
        var (scoring, before) = (workspace.Host.Scoring, await CallerTokenAsync(workspace, authMode));
        using var client = new ScoringClient(new Uri(scoring, "endpoints/my-endpoint/score"), "none");
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: before)).Status);

        await workspace.RestartAsync(TimeSpan.Zero, _ =>
        {
            using var other = new TcpListener(IPAddress.Loopback, scoring.Port);
            other.Start();
            var refused = Assert.Throws<WorkspaceStartException>(() =>
                LocalWorkspaceHost.StartAsync(RunningWorkspace.Options(workspace.Folder, TimeSpan.Zero)).GetAwaiter().GetResult());
            Assert.Contains("they were replaced", refused.Message, StringComparison.Ordinal);
        });

        Assert.Equal(scoring, workspace.Host.Scoring);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: before)).Status);
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: await CallerTokenAsync(workspace, authMode))).Status);
    }

    private static async Task<string> CallerTokenAsync(RunningWorkspace workspace, string authMode) => authMode switch
    {
        "Key" => (await workspace.PostAsync("onlineEndpoints/my-endpoint/listKeys")).Body!["primaryKey"]!.GetValue<string>(),
        "AMLToken" => (await workspace.PostAsync("onlineEndpoints/my-endpoint/token")).Body!["accessToken"]!.GetValue<string>(),
        _ => workspace.Host.Token,
    };

    private static async Task<RunningWorkspace> DeployedAsync(string authMode, string? requestSettings = null)
    {
        var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint(authMode));
        var body = RunningWorkspace.Deployment(model);
        if (requestSettings is not null)
        {
            body["properties"]!["requestSettings"] = JsonNode.Parse(requestSettings);
        }

        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/blue", body);
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint(authMode, ("blue", 100)));
        return workspace;
    }
}
