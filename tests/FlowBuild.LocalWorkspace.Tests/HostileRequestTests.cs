using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Requests that no good client sends: each gets an error of the service's own shape.</summary>
[Trait("Category", "Security")]
public sealed class HostileRequestTests
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"location":"local","location":"local"}""")]
    [InlineData("""{"location":"\ud800"}""")]
    [InlineData("""{"\ud800":"local"}""")]
    public async Task Content_that_is_no_JSON_object_is_an_ARM_error(string content)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var (status, body) = await SendAsync(workspace, new StringContent(content, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("InvalidRequestContent", JsonNode.Parse(body)!["error"]!["code"]!.GetValue<string>());
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_nests_without_end_is_an_ARM_error()
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var (status, body) = await SendAsync(workspace, new StringContent(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), Encoding.UTF8, "application/json"));

        Assert.Equal((HttpStatusCode.BadRequest, true), (status, body.Contains("InvalidRequestContent", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_of_more_than_four_megabytes_is_413_with_and_without_a_length(bool hasLength)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var (status, body) = await SendAsync(workspace, Content(new byte[4 * 1024 * 1024 + 1], "application/json", hasLength));

        Assert.Equal((HttpStatusCode)413, status);
        Assert.Contains("RequestContentTooLarge", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scoring_request_that_is_too_large_is_413_without_a_length_too()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat)));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(workspace.Host.Scoring, "endpoints/my-endpoint/score"))
        {
            Content = Content(new byte[33 * 1024 * 1024], "application/json", hasLength: false),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", client.Key);

        using var answer = await http.SendAsync(request);

        Assert.Equal((HttpStatusCode)413, answer.StatusCode);
    }

    [Fact]
    public async Task Content_of_another_media_type_is_415()
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var (status, body) = await SendAsync(workspace, new StringContent("location=local", Encoding.UTF8, "application/x-www-form-urlencoded"));

        Assert.Equal((HttpStatusCode)415, status);
        Assert.Contains("UnsupportedMediaType", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_id_that_cannot_be_sent_back_is_left_out()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var http = workspace.PinnedClient();
        foreach (var uri in (Uri[])[new($"{workspace.ContainerUri}?restype=container&comp=list"), new(workspace.Host.ControlPlane, $"{workspace.WorkspaceId}?api-version=2024-10-01")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.Add("Authorization", "Bearer " + workspace.Host.Token);
            request.Headers.Add("x-ms-return-client-request-id", "true");
            request.Headers.TryAddWithoutValidation("x-ms-client-request-id", "naïve");

            using var answer = await http.SendAsync(request);

            Assert.Equal((HttpStatusCode.OK, false), (answer.StatusCode, answer.Headers.Contains("x-ms-client-request-id")));
        }
    }

    [Fact]
    public async Task A_list_that_is_asked_for_with_the_largest_number_is_not_empty()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAsync("models/my-model/versions/1", Model("a"));

        Assert.Single((await workspace.GetAsync("models/my-model/versions?$top=2147483647")).Body!["value"]!.AsArray());
    }

    [Theory]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","unknown":1,"properties":{"authMode":"Key"}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","tags":"a","properties":{"authMode":"Key"}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","tags":{"a":{}},"properties":{"authMode":"Key"}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","identity":"SystemAssigned","properties":{"authMode":"Key"}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","properties":{"authMode":"Key","compute":5}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","properties":{"authMode":"Key","keys":"mine"}}""")]
    [InlineData("onlineEndpoints/my-endpoint", """{"location":"local","properties":{"authMode":"Key","description":[]}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/a","isArchived":"yes"}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/a","tags":5}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/a","model_type":"x"}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/../a"}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/%2e%2e/a"}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelUri":"somewhere"}}""")]
    [InlineData("models/-my-model/versions/1", """{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/a"}}""")]
    [InlineData("models/my%20model", """{"properties":{}}""")]
    [InlineData("codes/my-code/versions/1", """{"properties":{"codeUri":"https://a/b/../c"}}""")]
    [InlineData("environments/my-env/versions/1", """{"properties":{"image":"a","inferenceConfig":{"scoringRoute":"/score"}}}""")]
    public async Task A_member_of_another_type_or_name_is_refused(string path, string body)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.PutAsync(path, JsonNode.Parse(body)!);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.NotNull(answer.DeepestCode);
        Assert.Equal(HttpStatusCode.NotFound, (await workspace.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("model", "5")]
    [InlineData("appInsightsEnabled", "\"yes\"")]
    [InlineData("environmentVariables", "[]")]
    [InlineData("codeConfiguration", "\"score.py\"")]
    [InlineData("requestSettings", "{\"request_timeout_ms\":5000}")]
    [InlineData("livenessProbe", "{\"initial_delay\":10}")]
    [InlineData("startupProbe", "{\"period\":\"10 seconds\"}")]
    [InlineData("scaleSettings", "{\"scaleType\":\"TargetUtilization\"}")]
    [InlineData("scaleSettings", "{\"scaleType\":\"Default\",\"minInstances\":1}")]
    [InlineData("dataCollector", "{\"rollingRate\":\"Hour\"}")]
    [InlineData("dataCollector", "{\"collections\":{\"a\":{\"enabled\":true}}}")]
    [InlineData("dataCollector", "{\"collections\":{\"a\":{\"samplingRate\":2}}}")]
    [InlineData("egressPublicNetworkAccess", "\"On\"")]
    public async Task A_member_of_a_deployment_of_another_type_or_name_is_refused(string member, string json)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        var body = RunningWorkspace.Deployment(model);
        body["properties"]![member] = JsonNode.Parse(json);

        var answer = await workspace.PutAsync("onlineEndpoints/my-endpoint/deployments/blue", body);

        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgument"), (answer.Status, answer.DeepestCode));
    }

    [Fact]
    public async Task As_many_concurrent_requests_as_a_number_can_say_are_allowed()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat)));
        var body = RunningWorkspace.Deployment($"{workspace.WorkspaceId}/models/m/versions/1");
        body["properties"]!["requestSettings"] = new JsonObject { ["maxConcurrentRequestsPerInstance"] = int.MaxValue };
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/blue", body);

        Assert.Equal(200, (await client.ScoreAsync("""{"question":"q"}""")).Status);
    }

    private static JsonObject Model(string path) => new()
    {
        ["properties"] = new JsonObject { ["modelUri"] = $"azureml://datastores/workspaceblobstore/paths/{path}" },
    };

    private static StreamContent Content(byte[] bytes, string type, bool hasLength)
    {
        var content = new StreamContent(hasLength ? new MemoryStream(bytes) : new UnknownLength(bytes));
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(RunningWorkspace workspace, HttpContent content)
    {
        using var http = workspace.PinnedClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(workspace.Host.ControlPlane, $"{workspace.WorkspaceId}/onlineEndpoints/my-endpoint?api-version=2024-10-01"))
        {
            Content = content,
        };
        request.Headers.Add("Authorization", "Bearer " + workspace.Host.Token);
        // An answer that comes before the content was sent is still an answer.
        request.Headers.ExpectContinue = content.Headers.ContentLength is null or > 1_000_000;
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    // HttpClient then sends in chunks.
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
