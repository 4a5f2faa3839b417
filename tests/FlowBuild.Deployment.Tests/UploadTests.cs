using System.Collections.Concurrent;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Tests.Faults;

namespace FlowBuild.Deployment.Tests;

/// <summary>Files that are sent in blocks.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int Blocks = 5;
    private const int BlockSize = 4 * 1024 * 1024;

    private readonly byte[] _content = RandomNumberGenerator.GetBytes((Blocks * BlockSize) - 1000);
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
        var blocks = 0;
        RecordingLog log;
        using (CallObserver.Start(_chat.Host, call => Interlocked.Add(ref blocks, call == "PUT blob block" ? 1 : 0)))
        {
            log = await RegisterAsync();
        }

        Assert.Equal(_content, await SentAsync());
        var left = blocks == 0 ? "0 B" : $"{4 * blocks}.0 MB";
        Assert.All(
            log.Lines.Where(static l => l.StartsWith("upload: ", StringComparison.Ordinal) && l.Contains(" of ", StringComparison.Ordinal)),
            line => Assert.EndsWith($" of {left}", line, StringComparison.Ordinal));
        Assert.Contains($"upload: 1 file sent ({left}), 3 were there", log.Lines);
    }

    [Fact]
    public async Task Blocks_that_another_program_left_do_not_stop_an_upload()
    {
        var blob = Blob(await PackageAsync());
        await blob.StageBlockAsync(Convert.ToBase64String("another program's block"u8), new MemoryStream([1, 2, 3]), cancellationToken: Token);

        await RegisterAsync();

        Assert.Equal(_content, await SentAsync());
    }

    [Fact]
    public async Task What_another_run_sent_is_not_dropped_with_the_blocks_of_another_program()
    {
        var blob = Blob(await PackageAsync());
        await blob.StageBlockAsync(Convert.ToBase64String("another program's block"u8), new MemoryStream([1, 2, 3]), cancellationToken: Token);
        var drops = 0;
        var lengths = new ConcurrentBag<long>();
        using (CallObserver.Start(_chat.Host, call =>
        {
            if (call == "PUT blob blocklist" && Interlocked.Increment(ref drops) == 1)
            {
                blob.Upload(new MemoryStream(_content), cancellationToken: Token);
            }
            else if (call == "PUT blob block")
            {
                lengths.Add(blob.GetProperties(cancellationToken: Token).Value.ContentLength);
            }
        }))
        {
            await RegisterAsync();
        }

        Assert.Equal(Blocks, lengths.Count);
        Assert.All(lengths, length => Assert.Equal(_content.Length, length));
        Assert.Equal(_content, await SentAsync());
    }

    [Theory]
    [InlineData("other bytes")]
    [InlineData("longer")]
    [InlineData("shorter")]
    [InlineData("removed")]
    public async Task A_large_file_that_changes_while_it_is_sent_is_an_error(string change)
    {
        var file = Path.Combine(_chat.Project.Directory, "basic-chat", "index.bin");
        var changed = RandomNumberGenerator.GetBytes(_content.Length + (change == "longer" ? 1 : change == "shorter" ? -1 : 0));
        FlowDeploymentException error;
        using (CallObserver.Start(_chat.Host, call =>
        {
            if (call == "GET blob blocklist")
            {
                File.Delete(file);
                if (change != "removed")
                {
                    File.WriteAllBytes(file, changed);
                }
            }
        }))
        {
            error = await Assert.ThrowsAsync<FlowDeploymentException>(RegisterAsync);
        }

        Assert.Contains($"The file '{file}' does not exist; it was removed or changed during the deployment", error.Message, StringComparison.Ordinal);
        // Nothing of it waits under the MD5 of the former content.
        await File.WriteAllBytesAsync(file, _content, Token);
        await RegisterAsync();
        Assert.Equal(_content, await SentAsync());
    }

    [Theory]
    [InlineData("""{ "action": "Fail", "path": "comp=block&", "nth": 2, "times": 3, "status": 503, "code": "ServerBusy" }""")]
    [InlineData("""{ "action": "Fail", "path": "comp=blocklist", "times": 2, "status": 500, "code": "InternalError" }""")]
    [InlineData("""{ "action": "Cut", "path": "comp=block&", "nth": 2, "times": 2 }""")]
    [InlineData("""{ "action": "Cut", "path": "comp=block&", "nth": 2, "times": 2, "phase": "After" }""")]
    [InlineData("""{ "action": "Cut", "method": "PUT", "path": "comp=blocklist", "phase": "After" }""")]
    public async Task A_large_file_gets_there_although_calls_fail(string fault)
    {
        await _chat.SetFaultsAsync($$"""{ "calls": [{{fault}}] }""");

        await RegisterAsync();

        Assert.Equal(_content, await SentAsync());
    }

    [Theory]
    [InlineData("""{ "deniedActions": [ "Microsoft.Storage/*" ] }""")]
    [InlineData("""{ "deniedActions": [ "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write" ] }""")]
    [InlineData("""{ "calls": [{ "action": "Fail", "method": "GET", "path": "comp=blocklist", "times": 1000, "status": 403, "code": "AuthorizationPermissionMismatch" }] }""")]
    public async Task A_large_file_gets_there_with_the_datastores_secret_which_need_not_let_one_read(string faults)
    {
        await _chat.SetFaultsAsync(faults);

        var log = await RegisterAsync();

        Assert.Contains(log.Lines, static l => l.EndsWith("using the datastore's secret", StringComparison.Ordinal));
        await _chat.SetFaultsAsync("{}");
        Assert.Equal(_content, await SentAsync());
    }

    [Fact]
    public async Task Two_runs_may_send_the_same_large_file_at_once()
    {
        await Task.WhenAll(RegisterAsync(), RegisterAsync(), RegisterAsync());

        Assert.Equal(_content, await SentAsync());
    }

    [Fact]
    public async Task Files_around_the_length_of_a_block_get_there_once()
    {
        foreach (var length in (int[])[0, 1, BlockSize - 1, BlockSize, BlockSize + 1, 2 * BlockSize, (2 * BlockSize) + 1])
        {
            await File.WriteAllBytesAsync(Path.Combine(_chat.Project.Directory, "basic-chat", $"{length}.bin"), _content[..length], Token);
        }

        await RegisterAsync();
        var package = (await _chat.PlanAsync()).Steps.OfType<UploadStep>().SingleOrDefault();

        Assert.Null(package);
        await foreach (var blob in _chat.Blobs().GetBlobsAsync(cancellationToken: Token))
        {
            if (Path.GetExtension(blob.Name) == ".bin" && int.TryParse(Path.GetFileNameWithoutExtension(blob.Name), out var length))
            {
                Assert.Equal(_content[..length], (await _chat.Blobs().GetBlobClient(blob.Name).DownloadContentAsync(Token)).Value.Content.ToArray());
                Assert.NotNull(blob.Properties.ContentHash);
            }
        }
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
