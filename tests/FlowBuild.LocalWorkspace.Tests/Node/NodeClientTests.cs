using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;

namespace FlowBuild.LocalWorkspace.Tests.Node;

public sealed class NodeClientTests(NodePackages packages) : IClassFixture<NodePackages>
{
    private const int Files = 2000;

    [Fact]
    public async Task The_management_client_for_JavaScript_works_with_every_resource()
    {
        packages.Require();
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        var model = (await workspace.GetAsync("models/m/versions/1")).Body!["properties"]!["modelUri"]!.GetValue<string>();

        var (code, output) = await NodePackages.RunAsync("node", ["arm.cjs", Path.Combine(workspace.Folder, "state", "workspace.json"), model], Trust(workspace));

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task The_storage_client_for_JavaScript_and_azcopy_upload_two_thousand_files()
    {
        packages.Require();
        await using var workspace = await RunningWorkspace.StartAsync();
        var folder = MakeFiles(Path.Combine(workspace.Folder, "files"));
        var upload = (await workspace.PostAsync("codes/c/versions/1/startPendingUpload", new JsonObject())).Body!;
        var container = new Uri(upload["blobReferenceForConsumption"]!["credential"]!["sasUri"]!.GetValue<string>());

        var (code, output) = await NodePackages.RunAsync("node", ["blobs.cjs", container.ToString(), folder], Trust(workspace));
        Assert.True(code == 0, output);
        Assert.Contains($"{Files} of {Files} equal", output, StringComparison.Ordinal);

        var target = $"{container.GetLeftPart(UriPartial.Path)}/azcopy{container.Query}";
        (code, output) = await NodePackages.RunAsync(
            NodePackages.AzCopy, ["copy", folder + "/*", target, "--recursive", "--from-to", "LocalBlob", "--put-md5"], Trust(workspace));
        Assert.True(code == 0, output + " (azcopy needs the library libsecret-1-0)");
        await AssertEqualAsync(new Azure.Storage.Blobs.BlobContainerClient(container, workspace.BlobOptions()), folder);
    }

    [Fact]
    public async Task The_storage_client_for_NET_uploads_and_lists_two_thousand_files()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var folder = MakeFiles(Path.Combine(workspace.Folder, "files"));
        var container = workspace.Blobs();

        await Parallel.ForEachAsync(Directory.GetFiles(folder, "*", SearchOption.AllDirectories), async (file, cancellationToken) =>
        {
            await using var content = File.OpenRead(file);
            await container.GetBlobClient("azcopy/" + Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')).UploadAsync(content, cancellationToken);
        });

        await AssertEqualAsync(container, folder);
    }

    private static string MakeFiles(string folder)
    {
        var random = new Random(1);
        for (var i = 0; i < Files; i++)
        {
            var content = new byte[random.Next(0, 4000)];
            random.NextBytes(content);
            var file = Path.Combine(folder, $"part {i % 7}", $"file-{i}.bin");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content);
        }

        return folder;
    }

    private static async Task AssertEqualAsync(Azure.Storage.Blobs.BlobContainerClient container, string folder)
    {
        var count = 0;
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Prefix = "azcopy/" }))
        {
            var content = await container.GetBlobClient(blob.Name).DownloadContentAsync();
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(folder, blob.Name["azcopy/".Length..])), content.Value.Content.ToArray());
            count++;
        }

        Assert.Equal(Files, count);
    }

    // Node and azcopy have no pinning; they are given the certificate as the one that they trust.
    private static Dictionary<string, string> Trust(RunningWorkspace workspace)
    {
        var file = Path.Combine(workspace.Folder, "certificate.pem");
        File.WriteAllText(file, workspace.Host.Certificate.ExportCertificatePem());
        return new Dictionary<string, string>
        {
            ["NODE_EXTRA_CA_CERTS"] = file,
            ["SSL_CERT_FILE"] = file,
            ["AZCOPY_LOG_LOCATION"] = Path.Combine(workspace.Folder, "azcopy"),
            ["AZCOPY_JOB_PLAN_LOCATION"] = Path.Combine(workspace.Folder, "azcopy"),
            ["AZCOPY_DISABLE_SYSLOG"] = "true",
        };
    }
}
