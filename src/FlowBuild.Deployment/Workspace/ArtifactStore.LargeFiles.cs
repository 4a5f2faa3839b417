using System.Buffers;
using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <content>Files that are sent in blocks.</content>
public sealed partial class ArtifactStore
{
    // Each is in memory while it is sent.
    private const int BlocksAtOnce = 12;

    // An upload that was cut has left blocks, which are not sent again.
    private async Task<IReadOnlyDictionary<PackageFile, IReadOnlyList<FileBlock>>> MissingBlocksAsync(
        FlowPackage package, IEnumerable<PackageFile> files, CancellationToken cancellationToken)
    {
        var missing = new ConcurrentDictionary<PackageFile, IReadOnlyList<FileBlock>>();
        await AtOnceAsync(FilesAtOnce, files, async (file, token) =>
        {
            var waiting = await WaitingBlocksAsync(package, file, token).ConfigureAwait(false);
            missing[file] = [.. FileBlock.Of(file).Where(b => !waiting.Contains((b.Id, b.Length)))];
        }, cancellationToken).ConfigureAwait(false);
        return missing;
    }

    // The blocks of all files side by side, so that some are sent while a file is committed.
    private async Task SendLargeAsync(
        FlowPackage package, IReadOnlyDictionary<PackageFile, IReadOnlyList<FileBlock>> files, UploadProgress progress, CancellationToken cancellationToken)
    {
        var left = new ConcurrentDictionary<PackageFile, int>(files.Select(static f => KeyValuePair.Create(f.Key, f.Value.Count)));
        await AtOnceAsync(FilesAtOnce, files.Where(static f => f.Value.Count == 0), async (file, token) =>
        {
            await CommitAsync(package, file.Key, token).ConfigureAwait(false);
            progress.Add(1, 0);
        }, cancellationToken).ConfigureAwait(false);
        var blocks = files.Values.SelectMany(static f => f).OrderBy(static b => b.File.Path, StringComparer.Ordinal).ThenBy(static b => b.Offset);
        await AtOnceAsync(BlocksAtOnce, blocks, async (block, token) =>
        {
            await SendAsync(package, block, token).ConfigureAwait(false);
            progress.Add(0, block.Length);
            if (left.AddOrUpdate(block.File, 0, static (_, count) => count - 1) == 0)
            {
                await CommitAsync(package, block.File, token).ConfigureAwait(false);
                progress.Add(1, 0);
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(FlowPackage package, FileBlock block, CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(block.Length);
        await block.ReadAsync(bytes, cancellationToken).ConfigureAwait(false);
        await WithFallbackAsync(async container =>
        {
            using var content = new MemoryStream(bytes, 0, block.Length, writable: false);
            return await container.GetBlockBlobClient(BlobName(package, block.File))
                .StageBlockAsync(block.Id, content, cancellationToken: cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);

        // Not after a failure: a request that was given up may still read from it.
        ArrayPool<byte>.Shared.Return(bytes);
    }

    // Blocks that a run left which was stopped. All ids of a blob have one length, so what another program left has to go first.
    private Task<HashSet<(string Id, long Length)>> WaitingBlocksAsync(FlowPackage package, PackageFile file, CancellationToken cancellationToken) =>
        WithFallbackAsync(async container =>
        {
            var blob = container.GetBlockBlobClient(BlobName(package, file));
            BlockList list;
            try
            {
                list = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == 404 || (e.Status == 403 && container != _byIdentity))
            {
                // Nothing waits; or the datastore's shared access signature does not let one look, which sending does not need.
                return [];
            }

            var waiting = list.UncommittedBlocks.Select(static b => (b.Name, (long)b.Size)).ToHashSet();
            if (waiting.All(static b => b.Name.Length == FileBlock.IdLength))
            {
                return waiting;
            }

            // Only what was seen: another run may have sent the file meanwhile. Then this is refused, and done again from the start.
            var unchanged = list.ETag == default ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = list.ETag };
            await blob.CommitBlockListAsync([], new CommitBlockListOptions { Conditions = unchanged }, cancellationToken).ConfigureAwait(false);
            return [];
        }, cancellationToken);

    private Task<Response<BlobContentInfo>> CommitAsync(FlowPackage package, PackageFile file, CancellationToken cancellationToken) =>
        WithFallbackAsync(container => container.GetBlockBlobClient(BlobName(package, file)).CommitBlockListAsync(
            FileBlock.Of(file).Select(static b => b.Id), new CommitBlockListOptions { HttpHeaders = Headers(file) }, cancellationToken), cancellationToken);
}
