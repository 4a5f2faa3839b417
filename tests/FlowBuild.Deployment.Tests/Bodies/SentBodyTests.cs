using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Tests;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;
using FlowBuild.Testing.Swagger;

namespace FlowBuild.Deployment.Tests.Bodies;

/// <summary>
/// Every body that is sent, against two descriptions of Azure's API: the types in the Bicep compiler, and the values that the
/// OpenAPI files declare, each word of an enum and each format included.
/// </summary>
public sealed class SentBodyTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_bodies_of_every_key_are_what_Azure_s_API_declares()
    {
        await using var chat = await BasicChat.StartAsync();
        var bodies = new List<SentBody>();
        foreach (var name in EveryKey.Names)
        {
            using var folder = await EveryKey.FolderAsync(name, chat);
            bodies.AddRange(SentBody.Of(name, await PlanAsync(chat, folder.Project)));
        }

        await AssertAsync(bodies, ["DataVersions", "ModelVersions", "EnvironmentVersions", "CodeVersions", "OnlineEndpoints", "OnlineDeployments"]);
    }

    // A stable version is named by the first day of a month.
    [Fact]
    public async Task The_default_api_version_is_the_newest_stable_one_that_the_compiler_knows()
    {
        var first = DateOnly.ParseExact(MachineLearningWorkspace.DefaultApiVersion, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var months = Enumerable.Range(0, 24).Select(month => first.AddMonths(month).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToList();

        foreach (var type in (string[])["onlineEndpoints", "onlineEndpoints/deployments", "models/versions", "environments/versions", "codes/versions", "connections"])
        {
            var known = await BicepCompiler.KnownVersionsAsync("Microsoft.MachineLearningServices/workspaces/" + type, months);
            Assert.Equal([MachineLearningWorkspace.DefaultApiVersion], known);
        }
    }

    [Fact]
    public async Task The_bodies_of_every_valid_real_file_are_what_Azure_s_API_declares()
    {
        var root = Corpus.Folder("deployments");
        await using var chat = await BasicChat.StartAsync();
        var bodies = new List<SentBody>();
        var files = 0;
        foreach (var file in Directory.GetFiles(root, "*.y*ml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var path = Path.GetRelativePath(root, file);
            var text = await File.ReadAllTextAsync(file, Token);
            using var folder = !DeploymentFileReader.ReadDeployment(path, text).HasErrors ? await DeploymentFolder.OfDeploymentAsync(path, text, null, chat)
                : !DeploymentFileReader.ReadEndpoint(path, text).HasErrors ? DeploymentFolder.OfEndpoint(path, text)
                : null;
            if (folder is not null)
            {
                files++;
                await chat.PutResourceAsync("computes/inferencecompute", """{ "location": "local", "properties": { "computeType": "Kubernetes", "resourceId": "/subscriptions/x" } }""");
                bodies.AddRange(SentBody.Of(path, await PlanAsync(chat, folder.Project)));
            }
        }

        output.WriteLine($"{files} valid files");
        await AssertAsync(bodies, ["ModelVersions", "EnvironmentVersions", "CodeVersions", "OnlineEndpoints", "OnlineDeployments"]);
    }

    [Fact]
    public async Task What_is_put_back_over_a_live_resource_is_what_Azure_s_API_declares()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 2");
        chat.Replace("endpoint.yml", "auth_mode: key", "auth_mode: key\ntags: { a: b }");
        var bodies = SentBody.Of("changed", await chat.PlanAsync()).ToList();
        var workspace = await chat.OpenWorkspaceAsync();
        var endpoint = await workspace.GetEndpointAsync("basic-chat-endpoint", Token);
        bodies.Add(SentBody.Endpoint(
            "traffic", "other", MachineLearningWorkspace.WithTraffic(
                endpoint!, new Dictionary<string, int> { ["blue"] = 100, ["green"] = 0 }, new Dictionary<string, int> { ["green"] = 10 },
                new Dictionary<string, string?> { ["flowbuild.previous"] = "none" })));

        Assert.Equal(4, bodies.Count);
        await AssertAsync(bodies, []);
    }

    [Theory]
    [InlineData("properties.instanceCount", "1", "BCP037", "instanceCount is not declared")]
    [InlineData("properties.provisioningState", "\"Succeeded\"", "BCP073", "provisioningState is read-only")]
    [InlineData("properties.appInsightsEnabled", "\"yes\"", "BCP036", "'yes' is no boolean")]
    [InlineData("location", null, "BCP035", "location is missing")]
    [InlineData("properties.egressPublicNetworkAccess", "\"enabled\"", null, "'enabled' is not a EgressPublicNetworkAccessType")]
    [InlineData("properties.requestSettings.requestTimeout", "\"90000\"", null, "'90000' is no duration")]
    [InlineData("properties.codeConfiguration.scoringScript", "\"\"", "BCP333", "it is too short")]
    public async Task A_body_that_is_wrong_is_found(string path, string? json, string? bicep, string swagger)
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync("managed", chat);
        var body = SentBody.Of("managed", await PlanAsync(chat, folder.Project)).Single(static b => b.Operation.StartsWith("OnlineDeployments", StringComparison.Ordinal));
        var parent = path.Split('.')[..^1].Aggregate(body.Body, static (json, member) => (JsonObject)json[member]!);
        parent.Remove(path.Split('.')[^1]);
        if (json is not null)
        {
            parent[path.Split('.')[^1]] = JsonNode.Parse(json);
        }

        Assert.Contains(new SwaggerFacts().CheckRequest(body.Operation, body.Body), problem => problem.Contains(swagger, StringComparison.Ordinal));
        var said = await BicepCompiler.CompileAsync([body]);
        if (bicep is null)
        {
            Assert.Empty(said);
        }
        else
        {
            Assert.Contains(said, line => line.Contains(bicep, StringComparison.Ordinal));
        }
    }

    private async Task AssertAsync(List<SentBody> bodies, IReadOnlyList<string> operations)
    {
        var facts = new SwaggerFacts();
        AssertNone(operations.Where(o => !bodies.Exists(b => b.Operation.StartsWith(o, StringComparison.Ordinal))));
        AssertNone(bodies.SelectMany(body => facts.CheckRequest(body.Operation, body.Body).Select(problem => $"{body.Origin}: {problem}")));
        AssertNone(bodies.SelectMany(static body => Ids(body.Body).Where(static id => !IsId(id)).Select(id => $"{body.Origin}: '{id}' is no id")));
        AssertNone(await BicepCompiler.CompileAsync(bodies));
        output.WriteLine($"{bodies.Count} bodies");
    }

    private static void AssertNone(IEnumerable<string> problems)
    {
        var all = string.Join('\n', problems);
        Assert.True(all.Length == 0, all);
    }

    // No description says what an id looks like.
    private static IEnumerable<string> Ids(JsonObject body) => ((string?[])
    [
        body["properties"]!["model"]?.ToString(), body["properties"]!["environmentId"]?.ToString(), body["properties"]!["codeConfiguration"]?["codeId"]?.ToString(),
        body["properties"]!["compute"]?.ToString(), .. (body["properties"]!["dataCollector"]?["collections"]?.AsObject() ?? []).Select(static c => c.Value!["dataId"]?.ToString()),
    ]).OfType<string>();

    private static bool IsId(string id) =>
        id.StartsWith("/subscriptions/", StringComparison.Ordinal) || id.StartsWith("azureml://registries/", StringComparison.Ordinal) || id.StartsWith("azureml:AzureML-", StringComparison.Ordinal);

    private static async Task<DeploymentPlan> PlanAsync(BasicChat chat, FlowProject project)
    {
        try
        {
            return await chat.PlanAsync(project: project);
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.InstanceTypeUnusable)
        {
            // az ml takes any text; that the region has no such size is for the workspace to say.
            return await chat.PlanAsync(project: project with { Overrides = [new DocumentOverride("instance_type", "Standard_DS3_v2")] });
        }
    }
}
