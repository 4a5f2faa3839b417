using System.Net;
using System.Text.Json.Nodes;
using Azure;
using Azure.Storage.Blobs;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class SupportingResourceTests
{
    [Fact]
    public async Task Code_is_uploaded_through_a_signature_and_found_by_its_hash()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var upload = (await workspace.PostAsync("codes/my-code/versions/1/startPendingUpload", new JsonObject())).Body!;
        var reference = upload["blobReferenceForConsumption"]!;
        var signed = new Uri(reference["credential"]!["sasUri"]!.GetValue<string>());
        var container = new BlobContainerClient(new Uri(reference["blobUri"]!.GetValue<string>()), new AzureSasCredential(signed.Query.TrimStart('?')), workspace.BlobOptions());

        await container.GetBlobClient("score.py").UploadAsync(BinaryData.FromString("print()"));
        await workspace.PutAsync("codes/my-code/versions/1", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["codeUri"] = reference["blobUri"]!.GetValue<string>(),
                ["properties"] = new JsonObject { ["hash_sha256"] = "abc", ["hash_version"] = "202208" },
            },
        });

        var found = (await workspace.GetAsync("codes/my-code/versions?hash=abc&hashVersion=202208")).Body!["value"]!.AsArray();
        Assert.Equal("1", found.Single()!["name"]!.GetValue<string>());
        Assert.Empty((await workspace.GetAsync("codes/my-code/versions?hash=other&hashVersion=202208")).Body!["value"]!.AsArray());
    }

    [Theory]
    [InlineData("score.py", "Succeeded")]
    [InlineData("other.py", "Failed")]
    public async Task A_scoring_script_is_accepted_where_its_file_is_in_the_code(string script, string state)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.Blobs().GetBlobClient("code/1/score.py").UploadAsync(BinaryData.FromString("def run(data): return data"));
        var code = await workspace.PutAsync("codes/my-code/versions/1", new JsonObject { ["properties"] = new JsonObject { ["codeUri"] = $"{workspace.ContainerUri}/code/1" } });
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        var body = RunningWorkspace.Deployment("");
        body["properties"]!.AsObject().Remove("model");
        body["properties"]!["codeConfiguration"] = new JsonObject { ["codeId"] = code.Body!["id"]!.GetValue<string>(), ["scoringScript"] = script };

        Assert.Equal(state, await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/blue", body));

        if (state == "Succeeded")
        {
            using var client = await workspace.ScoringAsync("my-endpoint");
            var answer = await client.ScoreAsync("""{"anything":1}""", deployment: "blue");
            Assert.Equal("made-up", answer.Headers["x-flowbuild-answer"]);
            Assert.Equal(System.Text.Json.JsonValueKind.String, answer.Json!.GetValueKind());
        }
    }

    [Fact]
    public async Task An_image_needs_a_server_when_there_is_neither_model_nor_code()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAsync("environments/bare/versions/1", JsonNode.Parse("""{"properties":{"image":"a:1"}}""")!);
        var routes = new JsonObject(((string[])["livenessRoute", "readinessRoute", "scoringRoute"]).Select(static name =>
            KeyValuePair.Create<string, JsonNode?>(name, new JsonObject { ["path"] = "/score", ["port"] = 8080 })));
        await workspace.PutAsync("environments/serving/versions/1", new JsonObject
        {
            ["properties"] = new JsonObject { ["image"] = "a:1", ["inferenceConfig"] = routes },
        });
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        var body = RunningWorkspace.Deployment("");
        body["properties"]!.AsObject().Remove("model");

        foreach (var (environment, state) in ((string, string)[])[("bare", "Failed"), ("serving", "Succeeded")])
        {
            body["properties"]!["environmentId"] = $"{workspace.WorkspaceId}/environments/{environment}/versions/1";
            Assert.Equal(state, await workspace.PutAndSettleAsync($"onlineEndpoints/my-endpoint/deployments/{environment}", body.DeepClone()));
        }
    }

    [Fact]
    public async Task A_Kubernetes_endpoint_needs_its_compute()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var body = RunningWorkspace.Endpoint();
        body["properties"]!["compute"] = $"{workspace.WorkspaceId}/computes/my-cluster";
        Assert.Equal("ResourceNotFound", (await workspace.PutAsync("onlineEndpoints/on-cluster", body)).DeepestCode);

        var compute = JsonNode.Parse("""{"location":"local","properties":{"computeType":"Kubernetes","resourceId":"/subscriptions/x"}}""")!;
        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync("computes/my-cluster", compute)).Status);
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/on-cluster", body));
        Assert.Equal("Kubernetes", (await workspace.GetAsync("onlineEndpoints/on-cluster")).Body!["kind"]!.GetValue<string>());

        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        var deployment = RunningWorkspace.Deployment(model);
        deployment["properties"]!["endpointComputeType"] = "Kubernetes";
        deployment["properties"]!["instanceType"] = "my-instance-type";
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/on-cluster/deployments/blue", deployment));
    }

    [Fact]
    public async Task The_resources_of_the_subscription_are_listed_by_filter_and_page()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        await workspace.SetFaultsAsync("""{"endpointsElsewhere":[{"name":"chat","workspace":"theirs","resourceGroup":"others"},{"name":"far","workspace":"theirs","resourceGroup":"others","location":"westeurope"}]}""");
        const string Endpoints = "resourceType eq 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints'";

        Assert.Equal(["local/my-endpoint", "theirs/chat", "theirs/far"], await NamesAsync(Endpoints));
        Assert.Equal(["theirs/far"], await NamesAsync(Endpoints + " and location eq 'westeurope'"));
        Assert.Equal(["local"], await NamesAsync("resourceType eq 'Microsoft.MachineLearningServices/workspaces'"));
        Assert.Equal(["theirs/chat"], await NamesAsync("name eq 'theirs/chat'"));
        Assert.Equal(HttpStatusCode.BadRequest, (await ListAsync("name like 'x'")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ListAsync("name eq 'a' or name eq 'b'")).Status);

        // A name is given once in a region, and only there.
        Assert.Equal("EndpointAlreadyExists", (await workspace.PutAsync("onlineEndpoints/chat", RunningWorkspace.Endpoint())).DeepestCode);
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/far", RunningWorkspace.Endpoint()));

        async Task<List<string>> NamesAsync(string filter)
        {
            var names = new List<string>();
            var answer = await ListAsync(filter);
            for (; ; )
            {
                names.AddRange(answer.Body!["value"]!.AsArray().Select(static r => r!["name"]!.GetValue<string>()));
                if (answer.Body!["nextLink"]?.GetValue<string>() is not { } next)
                {
                    return names;
                }

                answer = await workspace.SendAsync(HttpMethod.Get, new Uri(next).PathAndQuery, null, "");
            }
        }

        Task<ArmAnswer> ListAsync(string filter) => workspace.SendAsync(
            HttpMethod.Get, $"/subscriptions/{workspace.Host.SubscriptionId}/resources?$filter={Uri.EscapeDataString(filter)}&$top=2&api-version=2021-04-01", null, "");
    }

    [Fact]
    public async Task The_secrets_of_a_connection_come_only_when_they_are_asked_for()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var body = JsonNode.Parse("""{"properties":{"category":"AzureOpenAI","authType":"ApiKey","target":"https://a.test/","credentials":{"key":"hidden-key"}}}""")!;

        await workspace.PutAsync("connections/open_ai", body);

        Assert.DoesNotContain("hidden-key", (await workspace.GetAsync("connections/open_ai")).Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-key", (await workspace.GetAsync("connections")).Body!.ToJsonString(), StringComparison.Ordinal);
        var secrets = await workspace.PostAsync("connections/open_ai/listSecrets");
        Assert.Equal("hidden-key", secrets.Body!["properties"]!["credentials"]!["key"]!.GetValue<string>());
    }

    [Fact]
    public async Task Each_endpoint_has_an_identity_of_its_own_and_a_user_assigned_one_the_ids_that_it_shows_itself()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var group = workspace.WorkspaceId[..workspace.WorkspaceId.IndexOf("/providers", StringComparison.Ordinal)];
        var user = $"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/flows";
        await workspace.PutAndSettleAsync("onlineEndpoints/first-endpoint", RunningWorkspace.Endpoint());
        var second = RunningWorkspace.Endpoint();
        second["identity"] = JsonNode.Parse($$"""{ "type": "SystemAssigned,UserAssigned", "userAssignedIdentities": { "{{user}}": {} } }""");
        await workspace.PutAndSettleAsync("onlineEndpoints/second-endpoint", second);

        var first = (await workspace.GetAsync("onlineEndpoints/first-endpoint")).Body!["identity"]!;
        var both = (await workspace.GetAsync("onlineEndpoints/second-endpoint")).Body!["identity"]!;
        Assert.NotEqual(first["principalId"]!.GetValue<string>(), both["principalId"]!.GetValue<string>());
        var itself = (await workspace.GetAsync(user)).Body!["properties"]!;
        Assert.Equal(itself["clientId"]!.GetValue<string>(), both["userAssignedIdentities"]![user]!["clientId"]!.GetValue<string>());
        Assert.Equal(itself["principalId"]!.GetValue<string>(), both["userAssignedIdentities"]![user]!["principalId"]!.GetValue<string>());
    }

    [Fact]
    public async Task Roles_are_assigned_on_the_resources_beside_the_workspace_too()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var storage = (await workspace.GetAsync("")).Body!["properties"]!["storageAccount"]!.GetValue<string>();
        var assignment = JsonNode.Parse("""{"properties":{"roleDefinitionId":"/role","principalId":"p-1"}}""")!;

        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync($"{storage}/providers/Microsoft.Authorization/roleAssignments/{Guid.NewGuid()}", assignment)).Status);

        Assert.Single((await workspace.GetAsync($"{storage}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope() and assignedTo('p-1')")).Body!["value"]!.AsArray());
        Assert.Empty((await workspace.GetAsync("providers/Microsoft.Authorization/roleAssignments?$filter=atScope() and assignedTo('p-1')")).Body!["value"]!.AsArray());
    }

    [Theory]
    [InlineData("7f951dda-4ed3-4680-a7ca-43fe172d538d", HttpStatusCode.OK)]
    [InlineData("00000000-0000-0000-0000-000000000000", HttpStatusCode.NotFound)]
    public async Task The_roles_that_matter_around_an_endpoint_are_described(string role, HttpStatusCode status)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        Assert.Equal(status, (await workspace.GetAsync($"/subscriptions/{workspace.Host.SubscriptionId}/providers/Microsoft.Authorization/roleDefinitions/{role}")).Status);
    }

    [Fact]
    public async Task Role_assignments_are_found_at_their_scope_and_below()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var group = workspace.WorkspaceId[..workspace.WorkspaceId.IndexOf("/providers", StringComparison.Ordinal)];
        var assignment = JsonNode.Parse("""{"properties":{"roleDefinitionId":"/role","principalId":"p-1"}}""")!;
        var path = $"{group}/providers/Microsoft.Authorization/roleAssignments/{Guid.NewGuid()}";

        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync(path, assignment)).Status);
        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync(path, assignment)).Status);
        Assert.Equal("RoleAssignmentExists", (await workspace.PutAsync($"{group}/providers/Microsoft.Authorization/roleAssignments/{Guid.NewGuid()}", assignment)).DeepestCode);

        var other = JsonNode.Parse("""{"properties":{"roleDefinitionId":"/role","principalId":"p-2"}}""")!;
        Assert.Equal("RoleAssignmentUpdateNotPermitted", (await workspace.PutAsync(path, other)).DeepestCode);

        Assert.Single((await workspace.GetAsync("providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('p-1')")).Body!["value"]!.AsArray());
        Assert.Empty((await workspace.GetAsync("providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('p-2')")).Body!["value"]!.AsArray());
        var above = group[..group.IndexOf("/resourceGroups", StringComparison.Ordinal)];
        Assert.Empty((await workspace.GetAsync($"{above}/providers/Microsoft.Authorization/roleAssignments")).Body!["value"]!.AsArray());
    }

    [Fact]
    public async Task Sizes_say_which_of_them_serve()
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var sizes = (await workspace.GetAsync(workspace.LocationId + "/vmSizes")).Body!["value"]!.AsArray();

        Assert.Contains("MIR", Types("Standard_E16s_v3"));
        Assert.DoesNotContain("MIR", Types("Standard_B2s"));

        IEnumerable<string> Types(string name) =>
            sizes.Single(s => s!["name"]!.GetValue<string>() == name)!["supportedComputeTypes"]!.AsArray().Select(static t => t!.GetValue<string>());
    }

    [Theory]
    [InlineData("", "MissingApiVersionParameter")]
    [InlineData("2019-01-01", "NoRegisteredProviderFound")]
    public async Task An_api_version_is_required_and_must_be_known(string version, string code)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.SendAsync(HttpMethod.Get, "", null, version);

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.DeepestCode));
    }

    [Theory]
    [InlineData("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/local", "SubscriptionNotFound")]
    [InlineData("/subscriptions/{sub}/resourceGroups/other", "ResourceGroupNotFound")]
    [InlineData("/subscriptions/{sub}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/other", "ResourceNotFound")]
    [InlineData("/subscriptions/{sub}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/jobs", "InvalidResourceType")]
    public async Task What_is_not_there_is_404_with_its_code(string path, string code)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.GetAsync(path.Replace("{sub}", workspace.Host.SubscriptionId.ToString(), StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.NotFound, code), (answer.Status, answer.DeepestCode));
    }
}
