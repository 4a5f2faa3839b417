using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task The_second_matching_call_fails_with_the_given_status_and_code()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync("""{"calls":[{"action":"Fail","method":"GET","path":"onlineEndpoints","nth":2,"status":503,"code":"ServiceUnavailable"}]}""");

        var answers = new List<ArmAnswer>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add(await workspace.GetAsync("onlineEndpoints"));
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK], answers.Select(static a => a.Status));
        Assert.Equal("ServiceUnavailable", answers[1].DeepestCode);
    }

    [Fact]
    public async Task A_throttled_call_says_when_to_come_back()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync("""{"calls":[{"action":"Throttle","times":2,"seconds":7}]}""");

        var arm = await workspace.GetAsync("onlineEndpoints");
        var storage = await Assert.ThrowsAsync<RequestFailedException>(() => workspace.Blobs().GetBlobClient("a").UploadAsync(BinaryData.FromString("x")));

        Assert.Equal((HttpStatusCode)429, arm.Status);
        Assert.Equal("7", arm.Header("Retry-After"));
        Assert.Equal((503, "ServerBusy"), (storage.Status, storage.ErrorCode));
    }

    [Theory]
    [InlineData("Before", HttpStatusCode.NotFound)]
    [InlineData("After", HttpStatusCode.OK)]
    public async Task A_cut_connection_leaves_the_work_undone_or_done(string phase, HttpStatusCode afterwards)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync($$"""{"calls":[{"action":"Cut","method":"PUT","phase":"{{phase}}"}]}""");

        await Assert.ThrowsAsync<HttpRequestException>(() => workspace.PutAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint()));

        Assert.Equal(afterwards, (await workspace.GetAsync("onlineEndpoints/my-endpoint")).Status);
    }

    [Fact]
    public async Task An_operation_ends_with_the_given_code_and_logs()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        await workspace.SetFaultsAsync("""
            {"operations":[{"kind":"PutDeployment","deployment":"blue","code":"ImageBuildFailure","message":"no build",
              "storageInitializerLog":"line one","inferenceServerLog":"line two"}]}
            """);

        var accepted = await workspace.PutAsync("onlineEndpoints/my-endpoint/deployments/blue", RunningWorkspace.Deployment(model));
        Assert.Equal("Failed", await workspace.SettleAsync("onlineEndpoints/my-endpoint/deployments/blue"));
        var status = await workspace.FinishedAsync(accepted);
        Assert.Equal(("Failed", "ImageBuildFailure", "no build"), (status.Body!["status"]!.GetValue<string>(), status.DeepestCode, status.DeepestMessage));
        var log = await workspace.PostAsync("onlineEndpoints/my-endpoint/deployments/blue/getLogs", new JsonObject { ["containerType"] = "StorageInitializer" });
        Assert.Equal("line one", log.Body!["content"]!.GetValue<string>());

        // Once is enough; a failed deployment is replaced by the next PUT.
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/blue", RunningWorkspace.Deployment(model)));
    }

    [Theory]
    [InlineData("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write", "PUT", "onlineEndpoints/my-endpoint")]
    [InlineData("Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action", "POST", "datastores/workspaceblobstore/listSecrets")]
    [InlineData("Microsoft.MachineLearningServices/workspaces/models/versions/read", "GET", "models/m/versions/1")]
    [InlineData("Microsoft.MachineLearningServices/*", "DELETE", "onlineEndpoints/my-endpoint")]
    public async Task A_role_that_is_lacking_is_named_in_a_403(string action, string method, string path)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync(new JsonObject { ["deniedActions"] = new JsonArray(action) }.ToJsonString());

        var answer = await workspace.SendAsync(new HttpMethod(method), path, method == "PUT" ? RunningWorkspace.Endpoint() : null);

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Equal("AuthorizationFailed", answer.DeepestCode);
        Assert.Contains(action.TrimEnd('*'), answer.DeepestMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_without_the_data_role_cannot_upload_where_a_key_can()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync("""{"deniedActions":["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]}""");

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => workspace.Blobs().GetBlobClient("a").UploadAsync(BinaryData.FromString("x")));

        Assert.Equal((403, "AuthorizationPermissionMismatch"), (error.Status, error.ErrorCode));
        var key = (await workspace.PostAsync("datastores/workspaceblobstore/listSecrets")).Body!["key"]!.GetValue<string>();
        var keyed = new Azure.Storage.Blobs.BlobContainerClient(
            workspace.ContainerUri, new Azure.Storage.StorageSharedKeyCredential("flowbuildlocal", key), workspace.BlobOptions());
        await keyed.GetBlobClient("a").UploadAsync(BinaryData.FromString("x"));
    }

    [Fact]
    public async Task Faults_are_turned_off()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.SetFaultsAsync("""{"calls":[{"action":"Fail","times":1000}]}""");
        Assert.Equal(HttpStatusCode.InternalServerError, (await workspace.GetAsync("onlineEndpoints")).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await workspace.SendAsync(HttpMethod.Delete, "/local/faults", null, "")).Status);

        Assert.Equal(HttpStatusCode.OK, (await workspace.GetAsync("onlineEndpoints")).Status);
    }

    [Theory]
    [InlineData("""{"calls":[{"action":"Explode"}]}""")]
    [InlineData("""{"calls":[{"action":"Fail","pth":"x"}]}""")]
    [InlineData("""{"calls":[{"action":"Kill"}]}""")]
    [InlineData("""{"calls":[null]}""")]
    [InlineData("""{"calls":[{"action":"Fail","path":"("}]}""")]
    [InlineData("""{"calls":[{"action":"Fail","status":99999}]}""")]
    [InlineData("""{"calls":[{"action":"Fail","code":"naïve"}]}""")]
    [InlineData("""{"calls":[{"action":"Delay","seconds":-1}]}""")]
    [InlineData("""{"calls":[{"action":"Delay","seconds":1e300}]}""")]
    [InlineData("""{"operations":[null]}""")]
    [InlineData("""{"operations":[{"code":null}]}""")]
    [InlineData("""{"deniedActions":[null]}""")]
    [InlineData("""{"endpointsElsewhere":[null]}""")]
    [InlineData("""{"endpointsElsewhere":[{"name":"chat"}]}""")]
    public async Task Faults_that_it_does_not_know_are_refused(string plan)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.SendAsync(HttpMethod.Put, "/local/faults", JsonNode.Parse(plan), "");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(HttpStatusCode.OK, (await workspace.GetAsync("onlineEndpoints")).Status);
    }

    [Fact]
    public async Task A_process_is_killed_after_it_has_done_the_work_and_has_not_lost_it()
    {
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        using (var run = await WorkspaceProcessRun.StartAsync(state))
        {
            using var client = run.Client();
            using var set = await client.PutAsync(
                new Uri("/local/faults", UriKind.Relative),
                JsonContent.Create(JsonNode.Parse("""{"calls":[{"action":"Kill","method":"PUT","path":"onlineEndpoints","phase":"After"}]}""")));
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
            await Assert.ThrowsAnyAsync<HttpRequestException>(
                () => client.PutAsJsonAsync($"{run.WorkspaceId}/onlineEndpoints/my-endpoint?api-version=2024-10-01", RunningWorkspace.Endpoint()));
            await run.Process.WaitForExitAsync();
        }

        using var again = await WorkspaceProcessRun.StartAsync(state);
        using var second = again.Client();
        var endpoint = await second.GetFromJsonAsync<JsonNode>($"{again.WorkspaceId}/onlineEndpoints/my-endpoint?api-version=2024-10-01");
        Assert.Equal("my-endpoint", endpoint!["name"]!.GetValue<string>());
    }
}
