using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Files that are sent in blocks.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int Blocks = 5;

    private readonly byte[] _content = RandomNumberGenerator.GetBytes((Blocks * 4 * 1024 * 1024) - 1000);
    private BasicChat _chat = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _chat = await BasicChat.StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(_chat.Project.Directory, "basic-chat", "index.bin"), _content, Token);
    }

    public ValueTask DisposeAsync() => _chat.DisposeAsync();

    [Fact]
    public async Task A_large_file_says_how_far_it_is()
    {
        var log = await RegisterAsync();

        Assert.Contains(log.Lines, static l => l.StartsWith("upload: 3 of 4 files, ", StringComparison.Ordinal) && l.EndsWith(" of 20.0 MB", StringComparison.Ordinal));
        Assert.Equal(_content, await SentAsync());
    }

    [Theory]
    [InlineData("comp=block&", 4, 0, 3)]
    [InlineData("comp=blocklist", 1, Blocks, Blocks)]
    public async Task A_large_file_that_was_cut_goes_on_at_the_block_where_it_stopped(string call, int nth, int least, int most)
    {
        var package = await PackageAsync();
        await RefuseAsync(call, nth);
        var error = await Assert.ThrowsAsync<FlowDeploymentException>(RegisterAsync);
        Assert.Contains("InvalidInput", error.Message, StringComparison.Ordinal);
        // The first refusal stops the blocks that are on their way.
        var sent = await WaitingAsync(package);
        Assert.InRange(sent, least, most);

        // One block too many would be refused.
        await RefuseAsync("comp=block&", Blocks - sent + 1);
        await RegisterAsync();

        Assert.Equal(_content, await SentAsync());
    }

    [Fact]
    public async Task Blocks_that_another_program_left_do_not_stop_an_upload()
    {
        var blob = Blob(await PackageAsync());
        await blob.StageBlockAsync(Convert.ToBase64String("another program's block"u8), new MemoryStream([1, 2, 3]), cancellationToken: Token);

        await RegisterAsync();

        Assert.Equal(_content, await SentAsync());
    }

    private Task RefuseAsync(string call, int nth) => _chat.SetFaultsAsync($$"""
        { "calls": [{ "action": "Fail", "method": "PUT", "path": "{{call}}", "nth": {{nth}}, "times": 1000, "status": 400, "code": "InvalidInput" }] }
        """);

    private async Task<RecordingLog> RegisterAsync()
    {
        var log = new RecordingLog();
        Assert.True(await _chat.Deployer(log).ApplyAsync(FlowStage.Model, Token), log.Text);
        return log;
    }

    private async Task<FlowPackage> PackageAsync() => (await _chat.PlanAsync()).Steps.OfType<UploadStep>().Single().Package;

    private BlockBlobClient Blob(FlowPackage package) => _chat.Blobs().GetBlockBlobClient($"{package.BlobFolder}/index.bin");

    private async Task<int> WaitingAsync(FlowPackage package)
    {
        try
        {
            return (await Blob(package).GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: Token)).Value.UncommittedBlocks.Count();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return 0;
        }
    }

    private async Task<byte[]> SentAsync()
    {
        var blobs = new List<BlobItem>();
        await foreach (var blob in _chat.Blobs().GetBlobsAsync(cancellationToken: Token))
        {
            blobs.Add(blob);
        }

        var name = blobs.Single(static b => b.Name.EndsWith("/index.bin", StringComparison.Ordinal)).Name;
        return (await _chat.Blobs().GetBlobClient(name).DownloadContentAsync(Token)).Value.Content.ToArray();
    }
}
