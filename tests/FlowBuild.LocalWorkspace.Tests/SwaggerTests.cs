using System.Text.Json.Nodes;
using FlowBuild.Testing.Swagger;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class SwaggerTests
{
    private readonly SwaggerFacts _facts = new();
    private readonly List<string> _problems = [];
    private int _count;

    [Fact]
    public async Task Every_answer_is_what_the_API_description_declares()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        const string Endpoint = "onlineEndpoints/my-endpoint";
        const string Blue = Endpoint + "/deployments/blue";
        var model = await workspace.RegisterFlowAsync("my-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        var image = new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["image"] = "a:1",
                ["inferenceConfig"] = new JsonObject { ["scoringRoute"] = new JsonObject { ["path"] = "/score", ["port"] = 8080 } },
            },
        };

        await CallAsync("EnvironmentVersions_CreateOrUpdate", HttpMethod.Put, "environments/my-env/versions/1", image);
        await CallAsync("EnvironmentVersions_Get", HttpMethod.Get, "environments/my-env/versions/1");
        await CallAsync("EnvironmentVersions_List", HttpMethod.Get, "environments/my-env/versions");
        await CallAsync("EnvironmentContainers_Get", HttpMethod.Get, "environments/my-env");
        await CallAsync("EnvironmentContainers_List", HttpMethod.Get, "environments");
        await CallAsync("ModelVersions_Get", HttpMethod.Get, "models/my-model/versions/1");
        await CallAsync("ModelVersions_List", HttpMethod.Get, "models/my-model/versions");
        await CallAsync("ModelContainers_Get", HttpMethod.Get, "models/my-model");
        await CallAsync("ModelContainers_List", HttpMethod.Get, "models");
        await CallAsync("ModelContainers_CreateOrUpdate", HttpMethod.Put, "models/my-model", new JsonObject { ["properties"] = new JsonObject { ["description"] = "d" } });
        await CallAsync("CodeVersions_CreateOrGetStartPendingUpload", HttpMethod.Post, "codes/my-code/versions/1/startPendingUpload", new JsonObject());
        await CallAsync("CodeVersions_CreateOrUpdate", HttpMethod.Put, "codes/my-code/versions/1", new JsonObject { ["properties"] = new JsonObject { ["codeUri"] = "https://a/b" } });
        await CallAsync("CodeVersions_Get", HttpMethod.Get, "codes/my-code/versions/1");
        await CallAsync("CodeVersions_List", HttpMethod.Get, "codes/my-code/versions?hash=x&hashVersion=202208");
        await CallAsync("CodeContainers_Get", HttpMethod.Get, "codes/my-code");
        var data = new JsonObject { ["properties"] = new JsonObject { ["dataType"] = "uri_folder", ["dataUri"] = "azureml://datastores/workspaceblobstore/paths/collected" } };
        await CallAsync("DataVersions_CreateOrUpdate", HttpMethod.Put, "data/my-data/versions/1", data);
        await CallAsync("DataVersions_Get", HttpMethod.Get, "data/my-data/versions/1");
        await CallAsync("DataVersions_List", HttpMethod.Get, "data/my-data/versions");
        await CallAsync("DataContainers_Get", HttpMethod.Get, "data/my-data");
        await CallAsync("Datastores_Get", HttpMethod.Get, "datastores/workspaceblobstore");
        await CallAsync("Datastores_List", HttpMethod.Get, "datastores?isDefault=true");
        await CallAsync("Datastores_ListSecrets", HttpMethod.Post, "datastores/workspaceblobstore/listSecrets");

        await CallAsync("OnlineEndpoints_CreateOrUpdate", HttpMethod.Put, Endpoint, RunningWorkspace.Endpoint());
        await workspace.SettleAsync(Endpoint);
        await CallAsync("OnlineEndpoints_Get", HttpMethod.Get, Endpoint);
        await CallAsync("OnlineDeployments_CreateOrUpdate", HttpMethod.Put, Blue, RunningWorkspace.Deployment(model, ("A", "b")));
        await workspace.SettleAsync(Blue);
        await CallAsync("OnlineDeployments_Get", HttpMethod.Get, Blue);
        await CallAsync("OnlineDeployments_List", HttpMethod.Get, Endpoint + "/deployments");
        await CallAsync("OnlineDeployments_GetLogs", HttpMethod.Post, Blue + "/getLogs", new JsonObject());
        await CallAsync("OnlineDeployments_ListSkus", HttpMethod.Get, Blue + "/skus");
        await CallAsync("OnlineDeployments_Update", HttpMethod.Patch, Blue, JsonNode.Parse("""{"tags":{"a":"b"},"sku":{"capacity":2}}"""));
        await workspace.SettleAsync(Blue);
        await CallAsync("OnlineEndpoints_CreateOrUpdate", HttpMethod.Put, Endpoint, RunningWorkspace.Endpoint(traffic: ("blue", 100)));
        await workspace.SettleAsync(Endpoint);
        await CallAsync("OnlineEndpoints_Update", HttpMethod.Patch, Endpoint, JsonNode.Parse("""{"tags":{"a":"b"},"identity":{"type":"SystemAssigned"}}"""));
        await CallAsync("OnlineEndpoints_List", HttpMethod.Get, "onlineEndpoints");
        await CallAsync("OnlineEndpoints_ListKeys", HttpMethod.Post, Endpoint + "/listKeys");
        await CallAsync("OnlineEndpoints_RegenerateKeys", HttpMethod.Post, Endpoint + "/regenerateKeys", JsonNode.Parse("""{"keyType":"Primary"}"""));
        await CallAsync("OnlineEndpoints_CreateOrUpdate", HttpMethod.Put, "onlineEndpoints/by-token", RunningWorkspace.Endpoint("AMLToken"));
        await CallAsync("OnlineEndpoints_GetToken", HttpMethod.Post, "onlineEndpoints/by-token/token");
        await CallAsync("VirtualMachineSizes_List", HttpMethod.Get, workspace.LocationId + "/vmSizes");
        await CallAsync("Usages_List", HttpMethod.Get, workspace.LocationId + "/usages");
        await CallAsync("Quotas_List", HttpMethod.Get, workspace.LocationId + "/quotas");

        await workspace.SettleAsync("onlineEndpoints/by-token");
        await CallAsync("OnlineEndpoints_Delete", HttpMethod.Delete, "onlineEndpoints/by-token");
        await CallAsync("OnlineEndpoints_Delete", HttpMethod.Delete, "onlineEndpoints/not-there");
        await CallAsync("ModelVersions_Delete", HttpMethod.Delete, "models/my-model/versions/1");
        await CallAsync("ModelContainers_Delete", HttpMethod.Delete, "models/my-model");

        TestContext.Current.TestOutputHelper?.WriteLine($"{_count} answers, {_problems.Count} problems");
        Assert.Empty(_problems);

        async Task CallAsync(string operation, HttpMethod method, string path, JsonNode? body = null)
        {
            var answer = await workspace.SendAsync(method, path, body);
            _count++;
            _problems.AddRange(_facts.Check(operation, (int)answer.Status, answer.Body));
        }
    }

    [Fact]
    public async Task Every_error_and_every_operation_is_what_the_API_description_declares()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        const string Blue = "onlineEndpoints/my-endpoint/deployments/blue";
        var model = await workspace.RegisterFlowAsync("empty", "1", "none", ("readme.md", ""));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        var accepted = await workspace.PutAsync(Blue, RunningWorkspace.Deployment(model));
        var failed = await workspace.FinishedAsync(accepted);
        _problems.AddRange(_facts.CheckBody("common.OperationStatusResult", failed.Body));
        var succeeded = await workspace.FinishedAsync(await workspace.PutAsync("onlineEndpoints/another", RunningWorkspace.Endpoint()));
        _problems.AddRange(_facts.CheckBody("common.OperationStatusResult", succeeded.Body));
        await workspace.RestartAsync(TimeSpan.FromMinutes(10));
        var running = await workspace.PutAsync("onlineEndpoints/busy-one", RunningWorkspace.Endpoint());
        _problems.AddRange(_facts.CheckBody("common.OperationStatusResult", (await workspace.SendAsync(HttpMethod.Get, running.Header("Azure-AsyncOperation")!, null, "")).Body));

        ArmAnswer[] errors =
        [
            await workspace.GetAsync("onlineEndpoints/none"),
            await workspace.GetAsync("models/none"),
            await workspace.GetAsync("nothing/of/the/kind"),
            await workspace.SendAsync(HttpMethod.Get, "", null, ""),
            await workspace.SendAsync(HttpMethod.Get, "", null, "2019-01-01"),
            await workspace.PutAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint(traffic: ("none", 100))),
            await workspace.PutAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint("Keys")),
            await workspace.PutAsync("onlineEndpoints/busy-one", RunningWorkspace.Endpoint()),
            await workspace.PutAsync("models/empty/versions/1", JsonNode.Parse("""{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/other"}}""")!),
            await workspace.PutAsync("onlineEndpoints/my-endpoint", JsonNode.Parse("[]")!),
        ];

        foreach (var error in errors)
        {
            Assert.InRange((int)error.Status, 400, 409);
            Assert.NotNull(error.DeepestMessage);
            _problems.AddRange(_facts.CheckBody("common.ErrorResponse", error.Body));
        }

        Assert.Empty(_problems);
    }
}
