using System.Net;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class OnlineDeploymentTests
{
    [Fact]
    public async Task A_flow_is_deployed_and_both_containers_have_a_log()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("chat-endpoint", model, ("PROMPTFLOW_RUN_MODE", "serving"));

        var deployment = (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Body!;
        Assert.Equal("Standard", deployment["sku"]!["tier"]!.GetValue<string>());
        Assert.Equal("PT5S", deployment["properties"]!["requestSettings"]!["requestTimeout"]!.GetValue<string>());
        var variables = deployment["properties"]!["environmentVariables"]!;
        Assert.Equal("serving", variables["PROMPTFLOW_RUN_MODE"]!.GetValue<string>());
        Assert.Equal("/var/azureml-app/azureml-models/chat-model/1", variables["AZUREML_MODEL_DIR"]!.GetValue<string>());

        var serving = await LogAsync(workspace, "InferenceServer", 1);
        Assert.Single(serving.Split('\n'));
        Assert.Contains("8080", serving, StringComparison.Ordinal);
        Assert.Contains("1 files downloaded", await LogAsync(workspace, "StorageInitializer", 100), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_without_a_flow_ends_as_Failed_with_a_code_and_a_log()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("empty-model", "1", "no-flow", ("readme.md", "nothing"));
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());

        var accepted = await workspace.PutAsync("onlineEndpoints/chat-endpoint/deployments/blue", RunningWorkspace.Deployment(model));

        Assert.Equal("Failed", await workspace.SettleAsync("onlineEndpoints/chat-endpoint/deployments/blue"));
        var status = await workspace.FinishedAsync(accepted);
        Assert.Equal("Failed", status.Body!["status"]!.GetValue<string>());
        Assert.Equal("ResourceNotReady", status.DeepestCode);
        Assert.Contains("flow.dag.yaml", await LogAsync(workspace, "InferenceServer", 100), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_flow_file_is_told_in_the_log_with_its_line()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync(
            "broken", "1", "broken", ("flow.dag.yaml", Flows.Chat.Replace("type: list", "type: array", StringComparison.Ordinal)));
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());

        Assert.Equal("Failed", await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/blue", RunningWorkspace.Deployment(model)));

        Assert.Contains("flow.dag.yaml(3)", await LogAsync(workspace, "InferenceServer", 100), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_with_traffic_cannot_be_deleted()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("chat-endpoint", model);

        var refused = await workspace.SendAsync(HttpMethod.Delete, "onlineEndpoints/chat-endpoint/deployments/blue");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);

        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        var accepted = await workspace.SendAsync(HttpMethod.Delete, "onlineEndpoints/chat-endpoint/deployments/blue");
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        Assert.Equal("Deleted", await workspace.SettleAsync("onlineEndpoints/chat-endpoint/deployments/blue"));
        Assert.Equal(HttpStatusCode.NoContent, (await workspace.SendAsync(HttpMethod.Delete, "onlineEndpoints/chat-endpoint/deployments/blue")).Status);
    }

    [Fact]
    public async Task Traffic_goes_to_no_deployment_that_failed()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("empty-model", "1", "no-flow", ("readme.md", "nothing"));
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/blue", RunningWorkspace.Deployment(model));

        var answer = await workspace.PutAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint(traffic: ("blue", 100)));

        Assert.Equal("DeploymentNotReady", answer.DeepestCode);
    }

    [Theory]
    [InlineData("properties.endpointComputeType", "\"managed\"", "InvalidArgument")]
    [InlineData("properties.endpointComputeType", "\"Kubernetes\"", "BadArgument")]
    [InlineData("properties.model", "\"/subscriptions/none\"", "ResourceNotFound")]
    [InlineData("properties.environmentId", "\"/subscriptions/none\"", "ResourceNotFound")]
    [InlineData("properties.instanceType", "\"Standard_Nothing\"", "BadArgument")]
    [InlineData("properties.instanceType", "\"Standard_B2s\"", "BadArgument")]
    [InlineData("properties.codeConfiguration", "{\"codeId\":\"/none\",\"scoringScript\":\"a.py\"}", "ResourceNotFound")]
    [InlineData("properties.codeConfiguration", "{\"codeId\":\"/none\"}", "InvalidArgument")]
    [InlineData("properties.instance_count", "1", "InvalidArgument")]
    [InlineData("properties.requestSettings", "{\"requestTimeout\":\"90000\"}", "InvalidArgument")]
    [InlineData("properties.requestSettings", "{\"requestTimeout\":\"PT181S\"}", "InvalidArgument")]
    [InlineData("properties.environmentVariables", "{\"A\":1}", "InvalidArgument")]
    [InlineData("properties.dataCollector", "{}", "InvalidArgument")]
    [InlineData("properties.dataCollector", "{\"collections\":{},\"rollingRate\":\"hourly\"}", "InvalidArgument")]
    [InlineData("properties.dataCollector", "{\"collections\":{\"request\":{\"dataCollectionMode\":\"on\"}}}", "InvalidArgument")]
    [InlineData("properties.dataCollector", "{\"collections\":{\"request\":{\"samplingRate\":2}}}", "InvalidArgument")]
    [InlineData("properties.dataCollector", "{\"collections\":{\"request\":{\"dataId\":\"/none\"}}}", "ResourceNotFound")]
    [InlineData("sku", "{\"name\":\"Default\",\"capacity\":0}", "InvalidArgument")]
    [InlineData("sku", "{\"capacity\":1}", "InvalidArgument")]
    [InlineData("sku", "{\"name\":\"Default\",\"capacity\":7}", "OutOfQuota")]
    [InlineData("location", "\"elsewhere\"", "InvalidResourceLocation")]
    public async Task A_body_that_the_service_refuses_is_refused(string path, string json, string code)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        var body = RunningWorkspace.Deployment(model);
        var parts = path.Split('.');
        (parts.Length == 1 ? body : body[parts[0]]!.AsObject())[parts[^1]] = JsonNode.Parse(json);

        var answer = await workspace.PutAsync("onlineEndpoints/chat-endpoint/deployments/blue", body);

        Assert.Equal(code, answer.DeepestCode);
        Assert.Equal(HttpStatusCode.NotFound, (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Status);
    }

    [Fact]
    public async Task A_flow_may_take_five_minutes_where_other_models_may_take_three()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAsync("models/chat-model/versions/1", JsonNode.Parse("""{"properties":{"properties":{"azureml.promptflow.source_flow_id":"chat-flow"}}}""")!);
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        var body = RunningWorkspace.Deployment(model);
        body["properties"]!["requestSettings"] = new JsonObject { ["requestTimeout"] = "PT300S" };

        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/blue", body));
    }

    private static async Task<string> LogAsync(RunningWorkspace workspace, string container, int tail)
    {
        var answer = await workspace.PostAsync(
            "onlineEndpoints/chat-endpoint/deployments/blue/getLogs", new JsonObject { ["containerType"] = container, ["tail"] = tail });
        return answer.Body!["content"]!.GetValue<string>();
    }
}
