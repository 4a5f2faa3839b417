using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Blobs of blocks: a commit names the files of its blocks, and no file that a blob needs goes.</summary>
public sealed class BlobBlockTests : IAsyncLifetime
{
    private RunningWorkspace _workspace = null!;

    private string BlockFolder => Path.Combine(_workspace.Folder, "state", "blocks");

    public async ValueTask InitializeAsync() => _workspace = await RunningWorkspace.StartAsync();

    public ValueTask DisposeAsync() => _workspace.DisposeAsync();

    [Fact]
    public async Task A_commit_takes_up_committed_blocks_again_and_drops_the_others()
    {
        await StageAsync(("a", "one "), ("b", "two "));
        await CommitAsync("a", "b");
        await StageAsync(("c", "three "), ("d", "never"));

        await CommitAsync("b", "c", "b");

        Assert.Equal("two three two ", await ContentAsync());
        Assert.Equal(2, Directory.GetFiles(BlockFolder).Length);
        await _workspace.RestartAsync();
        Assert.Equal("two three two ", await ContentAsync());
        await CommitAsync("c");
        Assert.Equal("three ", await ContentAsync());
        Assert.Single(Directory.GetFiles(BlockFolder));
    }

    [Fact]
    public async Task Of_blocks_with_one_id_the_last_one_counts_also_after_a_restart()
    {
        await StageAsync(("a", "first"), ("b", "b"), ("a", "second"));
        await _workspace.RestartAsync();

        var waiting = (await Blob().GetBlockListAsync(BlockListTypes.Uncommitted)).Value.UncommittedBlocks;
        Assert.Equal([(Id("a"), 6), (Id("b"), 1)], waiting.Select(static b => (b.Name, b.Size)));
        await CommitAsync("a");
        Assert.Equal("second", await ContentAsync());
    }

    [Fact]
    public async Task What_was_begun_to_be_read_is_read_to_its_end_though_the_blob_is_replaced()
    {
        const int Size = 4 << 20;
        var content = RandomNumberGenerator.GetBytes(4 * Size);
        var ids = Enumerable.Range(0, 4).Select(static i => Id($"{i}")).ToList();
        for (var i = 0; i < ids.Count; i++)
        {
            await Blob().StageBlockAsync(ids[i], new MemoryStream(content, i * Size, Size));
        }

        await Blob().CommitBlockListAsync(ids);
        await using var download = (await Blob().DownloadStreamingAsync()).Value.Content;
        var read = new byte[content.Length];
        await download.ReadExactlyAsync(read.AsMemory(0, 1000));

        await Blob().UploadAsync(new MemoryStream([1, 2, 3]));

        Assert.Empty(Directory.GetFiles(BlockFolder));
        await download.ReadExactlyAsync(read.AsMemory(1000));
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task A_change_of_the_metadata_leaves_the_blocks()
    {
        await StageAsync(("a", "one "), ("b", "two"));
        await CommitAsync("a", "b");
        await StageAsync(("c", "waits"));

        await Blob().SetMetadataAsync(new Dictionary<string, string> { ["upload_status"] = "completed" });

        Assert.Equal("one two", await ContentAsync());
        var blocks = (await Blob().GetBlockListAsync(BlockListTypes.All)).Value;
        Assert.Equal([Id("a"), Id("b")], blocks.CommittedBlocks.Select(static b => b.Name));
        Assert.Equal([Id("c")], blocks.UncommittedBlocks.Select(static b => b.Name));
    }

    [Fact]
    public async Task A_range_may_begin_in_one_block_and_end_in_another()
    {
        await StageAsync(("a", "0123"), ("b", "4567"), ("c", "89"));
        await CommitAsync("a", "b", "c");

        var part = await Blob().DownloadContentAsync(new BlobDownloadOptions { Range = new Azure.HttpRange(2, 7) });

        Assert.Equal("2345678", part.Value.Content.ToString());
    }

    [Fact]
    public async Task A_deleted_blob_leaves_no_blocks()
    {
        await StageAsync(("a", "one"));
        await CommitAsync("a");
        await StageAsync(("b", "two"));

        await Blob().DeleteAsync();

        Assert.Empty(Directory.GetFiles(BlockFolder));
    }

    [Fact]
    public async Task A_workspace_that_lost_a_block_says_so()
    {
        await StageAsync(("a", "one"));
        await CommitAsync("a");
        var file = Directory.GetFiles(BlockFolder).Single();

        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => _workspace.RestartAsync(TimeSpan.Zero, _ => File.Delete(file)));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_commit_replaced_does_not_come_back_although_the_process_was_killed_before_it_was_removed()
    {
        await StageAsync(("a", "old"));
        await CommitAsync("a");
        await StageAsync(("a", "new"), ("b", "never"));
        var dropped = Directory.GetFiles(BlockFolder).Select(static f => (Path: f, Content: File.ReadAllBytes(f))).ToList();
        await CommitAsync("a");

        await _workspace.RestartAsync(TimeSpan.Zero, _ => dropped.ForEach(static f => File.WriteAllBytes(f.Path, f.Content)));

        Assert.Single(Directory.GetFiles(BlockFolder));
        Assert.Empty((await Blob().GetBlockListAsync(BlockListTypes.Uncommitted)).Value.UncommittedBlocks);
        // A client whose commit was not answered sends it again.
        await CommitAsync("a");
        Assert.Equal("new", await ContentAsync());
    }

    [Fact]
    public async Task A_block_is_the_last_one_of_its_id_although_the_clock_was_set_back()
    {
        await StageAsync(("a", "first"));
        await _workspace.RestartAsync(TimeSpan.Zero, _ =>
        {
            var file = Directory.GetFiles(BlockFolder).Single();
            var moment = DateTime.UtcNow.AddDays(1).Ticks;
            File.Move(file, $"{file[..file.LastIndexOf('.')]}.{moment:X16}");
        });
        var first = Directory.GetFiles(BlockFolder).Single();
        var kept = await File.ReadAllBytesAsync(first);
        await StageAsync(("a", "second"));

        await _workspace.RestartAsync(TimeSpan.Zero, _ => File.WriteAllBytes(first, kept));

        await CommitAsync("a");
        Assert.Equal("second", await ContentAsync());
    }

    [Fact]
    public async Task A_blob_whose_block_is_lost_is_an_error()
    {
        await StageAsync(("a", "one"));
        await CommitAsync("a");
        File.Delete(Directory.GetFiles(BlockFolder).Single());

        var error = await Assert.ThrowsAsync<RequestFailedException>(ContentAsync);

        Assert.Equal((500, "InternalError"), (error.Status, error.ErrorCode));
    }

    /// <summary>Writers that do anything to one blob at once; whoever reads it reads whole blocks, and what is left is all that is needed.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_is_done_to_one_blob_at_once_it_is_one_of_its_states(int seed)
    {
        const int Writers = 6;
        const int Steps = 60;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var random = new Random((seed * 100) + writer);
            for (var step = 0; step < Steps; step++)
            {
                try
                {
                    await ChangeAsync(random, $"[{writer} {step}]");
                }
                catch (RequestFailedException e) when (e.Status == 404 || e.ErrorCode == "InvalidBlockList")
                {
                    // Another writer came first.
                }
            }
        }));

        await StageAsync(("a", "[the last but one]"), ("b", "[the last]"));
        await CommitAsync("a", "b");
        await StageAsync(("c", "[waits]"));
        Assert.Equal(3, Directory.GetFiles(BlockFolder).Length);
        await _workspace.RestartAsync();
        Assert.Equal("[the last but one][the last]", await ContentAsync());
        await CommitAsync("b", "c");
        Assert.Equal("[the last][waits]", await ContentAsync());
        Assert.Equal(2, Directory.GetFiles(BlockFolder).Length);
        Assert.Single(Directory.GetFiles(Path.Combine(_workspace.Folder, "state", "blobs")));
    }

    private async Task ChangeAsync(Random random, string content)
    {
        string[] ids = ["a", "b", "c"];
        switch (random.Next(10))
        {
            case < 4:
                await StageAsync((ids[random.Next(ids.Length)], content));
                break;
            case < 6:
                await CommitAsync([.. Enumerable.Range(0, random.Next(4)).Select(_ => ids[random.Next(ids.Length)])]);
                break;
            case 6:
                await Blob().UploadAsync(BinaryData.FromString(content).ToStream());
                break;
            case 7:
                await Blob().SetMetadataAsync(new Dictionary<string, string> { ["by"] = "a_writer" });
                break;
            case 8 when random.Next(3) == 0:
                await Blob().DeleteAsync();
                break;
            default:
                Assert.Matches(@"^(\[\d+ \d+\])*\z", await ContentAsync());
                break;
        }
    }

    private static string Id(string name) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(name));

    private BlockBlobClient Blob() => _workspace.Blobs().GetBlockBlobClient("blocks.bin");

    private async Task StageAsync(params (string Id, string Content)[] blocks)
    {
        foreach (var (id, content) in blocks)
        {
            await Blob().StageBlockAsync(Id(id), BinaryData.FromString(content).ToStream());
        }
    }

    private async Task CommitAsync(params string[] ids) => await Blob().CommitBlockListAsync(ids.Select(Id));

    private async Task<string> ContentAsync() => (await Blob().DownloadContentAsync()).Value.Content.ToString();
}
