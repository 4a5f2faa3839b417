using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Tests.Bodies;

namespace FlowBuild.Deployment.Tests;

/// <summary>What is uploaded and registered beside the flow: single files, build contexts, code, data; and what is found there already.</summary>
public sealed class AssetTests
{
    private const string EnvironmentImage = "  image: example.azurecr.io/flows/basic-chat:1\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("managed")]
    [InlineData("kubernetes")]
    [InlineData("flow")]
    [InlineData("remote")]
    [InlineData("referring")]
    public async Task A_deployment_of_every_kind_deploys_and_then_has_nothing_to_do(string name)
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync(name, chat);

        var (log, deployed) = await chat.DeployAsync(project: folder.Project);

        Assert.Equal(("Succeeded", 100), (deployed.DeploymentState, deployed.TrafficPercent));
        var again = await chat.PlanAsync(project: folder.Project);
        Assert.True(!again.HasChanges, $"{string.Join('\n', again.ToLines())}\n\n{log.Text}");
    }

    [Fact]
    public async Task A_model_of_a_single_file_lies_where_az_ml_puts_it()
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync("managed", chat);
        var (_, deployed) = await chat.DeployAsync(project: folder.Project);

        // az ml's hash of a file is that of its bytes after the seed; the name is not in it.
        var hash = ContentHashTests.Md5("Initialize for october 2021 AML CLI version" + "weights.bin");
        var blob = await chat.Blobs().GetBlobClient($"LocalUpload/{hash}/weights.pkl").GetPropertiesAsync(cancellationToken: Token);
        Assert.Equal(("completed", "everything", "3"), (blob.Value.Metadata["upload_status"], blob.Value.Metadata["name"], blob.Value.Metadata["version"]));
        var model = await chat.GetResourceAsync("models/everything/versions/3");
        Assert.EndsWith($"/datastores/workspaceblobstore/paths/LocalUpload/{hash}/weights.pkl", model!["properties"]!["modelUri"]!.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("/models/everything/versions/3", deployed.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_context_and_code_are_uploaded_and_named_by_the_address_of_their_blobs()
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync("managed", chat);
        await chat.DeployAsync(project: folder.Project);

        var environment = (await chat.GetResourceAsync("environments/everything/versions/2"))!["properties"]!;
        Assert.Equal("docker.file", environment["build"]!["dockerfilePath"]!.ToString());
        Assert.EndsWith("/docker/", environment["build"]!["contextUri"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("docker.file", await ReadAsync(chat, environment["build"]!["contextUri"] + "docker.file"));

        var deployment = (await chat.GetResourceAsync("onlineEndpoints/managed-endpoint/deployments/blue"))!["properties"]!;
        var id = deployment["codeConfiguration"]!["codeId"]!.ToString();
        var code = (await chat.GetResourceAsync(id[id.IndexOf("codes/", StringComparison.Ordinal)..]))!["properties"]!;
        Assert.Equal("score.py", await ReadAsync(chat, code["codeUri"] + "/score.py"));
        Assert.Equal(("202208", true), (code["properties"]!["hash_version"]!.ToString(), code["isAnonymous"]!.GetValue<bool>()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_build_context_at_az_ml_s_former_place_is_built_from_there_and_not_sent_again(bool isNamed)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("docker/Dockerfile", "FROM mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest\n");
        chat.Replace("deployment.yml", EnvironmentImage, (isNamed ? "  name: chat\n  version: 4\n" : "") + "  build: {path: docker}\n");
        var context = Context(await chat.PlanAsync());
        Assert.Equal((1, $"LocalUpload/{context.Package.Hash}/docker"), (context.MissingFiles, context.Package.BlobPath));
        await CopyAsync(chat, context.Package with { Origin = FlowPackage.LegacyFolder });
        var located = Context(await chat.PlanAsync());
        Assert.Equal((0, $"az-ml-artifacts/{context.Package.Hash}/docker"), (located.MissingFiles, located.Package.BlobPath));

        await chat.DeployAsync();

        var id = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue"))!["properties"]!["environmentId"]!.ToString();
        var environment = (await chat.GetResourceAsync(id[id.IndexOf("environments/", StringComparison.Ordinal)..]))!["properties"]!;
        var address = environment["build"]!["contextUri"]!.ToString();
        Assert.EndsWith($"/az-ml-artifacts/{context.Package.Hash}/docker/", address, StringComparison.Ordinal);
        Assert.StartsWith("FROM ", await ReadAsync(chat, address + "Dockerfile"), StringComparison.Ordinal);
        Assert.False(await chat.Blobs().GetBlobClient($"{context.Package.BlobFolder}/Dockerfile").ExistsAsync(Token));

        // The same content at the other place makes no other version.
        await CopyAsync(chat, context.Package);
        Assert.False((await chat.PlanAsync()).HasChanges);

        static UploadStep Context(DeploymentPlan plan) => plan.Steps.OfType<UploadStep>().Single(static s => s.Package.RootName == "docker");
    }

    [Fact]
    public async Task Code_that_another_tool_registered_is_not_sent_again()
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync("managed", chat);
        var code = (await chat.PlanAsync(project: folder.Project)).Steps.OfType<VersionStep>().Single(static s => s.Collection == "codes");
        await chat.PutResourceAsync("codes/0a1b-made-by-az/versions/1", code.Body.ToJsonString());

        var plan = await chat.PlanAsync(project: folder.Project);

        Assert.DoesNotContain(plan.Steps, static s => s is VersionStep { Collection: "codes" });
        Assert.EndsWith(
            "/codes/0a1b-made-by-az/versions/1",
            plan.Steps.OfType<DeploymentStep>().Single().Body["properties"]!["codeConfiguration"]!["codeId"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_of_az_ml_is_reused_at_its_place_and_at_its_former_place()
    {
        await using var chat = await BasicChat.StartAsync();
        var upload = (await chat.PlanAsync()).Steps.OfType<UploadStep>().Single();
        Assert.Equal(upload.Package.Files.Count, upload.MissingFiles);

        await CopyAsync(chat, upload.Package with { Origin = FlowPackage.LegacyFolder });
        var former = await chat.PlanAsync();
        Assert.Equal((0, $"az-ml-artifacts/{upload.Package.Hash}/basic-chat"), Placed(former));
        Assert.EndsWith(
            $"/paths/az-ml-artifacts/{upload.Package.Hash}/basic-chat",
            former.Steps.OfType<VersionStep>().First(static s => s.Collection == "models").Body["properties"]!["modelUri"]!.ToString(), StringComparison.Ordinal);

        await CopyAsync(chat, upload.Package);
        Assert.Equal((0, $"LocalUpload/{upload.Package.Hash}/basic-chat"), Placed(await chat.PlanAsync()));

        // A file that is cut short at the former place is no upload.
        await chat.Blobs().DeleteBlobIfExistsAsync($"LocalUpload/{upload.Package.Hash}/basic-chat/flow.dag.yaml", cancellationToken: Token);
        await chat.Blobs().GetBlobClient($"az-ml-artifacts/{upload.Package.Hash}/basic-chat/flow.dag.yaml").UploadAsync(BinaryData.FromString("cut"), overwrite: true, Token);
        Assert.Equal((1, $"LocalUpload/{upload.Package.Hash}/basic-chat"), Placed(await chat.PlanAsync()));
    }

    [Fact]
    public async Task A_model_at_az_ml_s_former_place_is_known_by_its_content()
    {
        await using var chat = await BasicChat.StartAsync();
        var package = (await chat.PlanAsync()).Steps.OfType<UploadStep>().Single().Package;
        await CopyAsync(chat, package with { Origin = FlowPackage.LegacyFolder });
        await chat.PutResourceAsync("models/basic-chat-model/versions/7", new JsonObject
        {
            ["properties"] = new JsonObject { ["modelUri"] = $"azureml://datastores/workspaceblobstore/paths/az-ml-artifacts/{package.Hash}/basic-chat" },
        }.ToJsonString());

        var (_, deployed) = await chat.DeployAsync();

        Assert.EndsWith("/basic-chat-model/versions/7", deployed.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collected_data_goes_into_assets_with_az_ml_s_names_unless_the_file_names_them()
    {
        await using var chat = await BasicChat.StartAsync();
        using var folder = await EveryKey.FolderAsync("managed", chat);
        await chat.DeployAsync(project: folder.Project);

        var request = (await chat.GetResourceAsync("data/managed-endpoint-blue-request/versions/1"))!["properties"]!;
        Assert.Equal("uri_folder", request["dataType"]!.ToString());
        Assert.EndsWith("/datastores/workspaceblobstore/paths/modelDataCollector/managed-endpoint/blue/request", request["dataUri"]!.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("/paths/collected", (await chat.GetResourceAsync("data/inputs/versions/7"))!["properties"]!["dataUri"]!.ToString(), StringComparison.Ordinal);
        var collections = (await chat.GetResourceAsync("onlineEndpoints/managed-endpoint/deployments/blue"))!["properties"]!["dataCollector"]!["collections"]!;
        Assert.EndsWith("/data/inputs/versions/7", collections["model_inputs"]!["dataId"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collection_that_the_file_does_not_say_any_more_goes_away()
    {
        await using var chat = await BasicChat.StartAsync();
        const string Second = ", model_outputs: { enabled: 'true' }";
        chat.Write("deployment.yml", await File.ReadAllTextAsync(chat.DeploymentFile, Token)
            + $"\ndata_collector: {{ collections: {{ model_inputs: {{ enabled: 'true' }}{Second} }} }}\n");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", Second, "");

        await chat.DeployAsync();

        var live = await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue");
        Assert.Equal(["model_inputs"], live!["properties"]!["dataCollector"]!["collections"]!.AsObject().Select(static c => c.Key));
    }

    [Fact]
    public async Task A_conda_file_that_is_named_no_more_makes_another_environment()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("conda.yml", "dependencies: [python=3.11]\n");
        chat.Replace("deployment.yml", "environment:\n", "environment:\n  name: chat\n  conda_file: conda.yml\n");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "  conda_file: conda.yml\n", "");

        await chat.DeployAsync();

        var live = await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue");
        Assert.EndsWith("/environments/chat/versions/2", live!["properties"]!["environmentId"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_collection_that_the_file_no_longer_asks_for_is_a_difference()
    {
        await using var chat = await BasicChat.StartAsync();
        const string Collector = "\ndata_collector: { collections: { request: { enabled: 'true' } } }\n";
        await File.AppendAllTextAsync(chat.DeploymentFile, Collector, Token);
        await chat.DeployAsync();

        chat.Replace("deployment.yml", Collector, "\n");

        var change = Assert.Single((await chat.PlanAsync()).Steps.OfType<DeploymentStep>().Single().Differences);
        Assert.Equal("data_collector", change.Path);
    }

    [Fact]
    public async Task A_datastore_that_is_not_there_is_named_before_anything_is_sent()
    {
        await using var chat = await BasicChat.StartAsync();
        await File.AppendAllTextAsync(Path.Combine(Path.GetDirectoryName(chat.DeploymentFile)!, "model.yml"), "datastore: azureml:archive\n", Token);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.AssetNotFound, refused.Diagnostic.Rule);
        Assert.Contains("datastore 'archive'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_folder_without_MLmodel_is_no_mlflow_model()
    {
        await using var chat = await BasicChat.StartAsync();
        await File.AppendAllTextAsync(Path.Combine(Path.GetDirectoryName(chat.DeploymentFile)!, "model.yml"), "type: mlflow_model\n", Token);
        var log = new RecordingLog();

        Assert.Null(await chat.Deployer(log).PlanAsync(writes: false, Token));

        var problem = Assert.Single(log.Diagnostics);
        Assert.Equal((PackageRules.FileNotFound, "model.yml"), (problem.Rule, Path.GetFileName(problem.File)));
        Assert.Contains("MLmodel", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_does_not_hold_the_flow_is_not_served_as_one()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/weights/model.bin", "1");
        chat.Replace("model.yml", "path: basic-chat", "path: basic-chat/weights");
        var log = new RecordingLog();

        var plan = Assert.Single((await chat.Deployer(log).PlanAsync(writes: false, Token))!);

        Assert.Equal(ConfigurationRules.FlowNotDeployed, Assert.Single(log.Diagnostics).Rule);
        Assert.DoesNotContain("PROMPTFLOW_RUN_MODE", plan.Steps.OfType<DeploymentStep>().Single().Body.ToJsonString(), StringComparison.Ordinal);
    }

    private static (int Missing, string Folder) Placed(DeploymentPlan plan)
    {
        var step = plan.Steps.OfType<UploadStep>().Single();
        return (step.MissingFiles, step.Package.BlobPath);
    }

    // As az ml leaves an upload: every file, and the mark on the first one.
    private static async Task CopyAsync(BasicChat chat, FlowPackage package)
    {
        foreach (var file in package.Files)
        {
            using var content = file.Open();
            await chat.Blobs().GetBlobClient($"{package.BlobFolder}/{file.Path}").UploadAsync(
                content, new BlobUploadOptions { Metadata = file == package.Files[0] ? new Dictionary<string, string> { ["upload_status"] = "completed" } : null }, Token);
        }
    }

    private static async Task<string> ReadAsync(BasicChat chat, string address)
    {
        var container = chat.Blobs();
        Assert.StartsWith(container.Uri.ToString(), address, StringComparison.Ordinal);
        var content = await container.GetBlobClient(address[(container.Uri.ToString().Length + 1)..]).DownloadContentAsync(Token);
        return Encoding.UTF8.GetString(content.Value.Content);
    }
}
