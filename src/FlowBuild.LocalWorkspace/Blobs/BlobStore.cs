using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// Blobs on disk, one <see cref="BlobFile"/> each, with an index in memory. A write costs one flush of a file and one of the folder;
/// nothing is acknowledged before that.
/// </summary>
internal sealed class BlobStore
{
    // As in Azure, blocks that nobody commits are dropped.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(7);

    private readonly string _folder;
    private readonly string _waiting;
    private readonly string _names;
    private readonly object _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, BlobProperties>> _containers = new(StringComparer.Ordinal);
    private long _lastETag;

    /// <summary>Opens the store and reads what it holds.</summary>
    public BlobStore(StateFolder folder)
    {
        _folder = folder.Subfolder("blobs");
        _waiting = folder.Subfolder("blocks");
        _names = folder.Subfolder("containers");
        DurableFile.RemoveUnfinished(_folder);
        DurableFile.RemoveUnfinished(_waiting);
        DurableFile.RemoveUnfinished(_names);
        Add(WorkspaceNames.Container);
        foreach (var file in Directory.EnumerateFiles(_names))
        {
            Add(Path.GetFileName(file));
        }

        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            try
            {
                var properties = BlobFile.ReadProperties(stream);
                Add(properties.Container)[properties.Name] = properties;
            }
            catch (InvalidDataException e)
            {
                throw folder.Damaged(file, e);
            }
        }

        foreach (var block in Directory.EnumerateFiles(_waiting).Where(static file => File.GetLastWriteTimeUtc(file) < DateTime.UtcNow - LongestWait))
        {
            File.Delete(block);
        }
    }

    /// <summary>The containers, by name.</summary>
    public IReadOnlyList<string> Containers
    {
        get
        {
            lock (_gate)
            {
                return [.. _containers.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Makes a container; false when it exists.</summary>
    public bool AddContainer(string name)
    {
        lock (_gate)
        {
            if (_containers.ContainsKey(name))
            {
                return false;
            }

            DurableFile.Write(Path.Combine(_names, name), []);
            Add(name);
            return true;
        }
    }

    /// <summary>Whether a container exists.</summary>
    public bool HasContainer(string name)
    {
        lock (_gate)
        {
            return _containers.ContainsKey(name);
        }
    }

    /// <summary>The blob's properties, or null.</summary>
    public BlobProperties? Find(string container, string name)
    {
        lock (_gate)
        {
            return Require(container).GetValueOrDefault(name);
        }
    }

    /// <summary>The blobs whose names begin with a prefix and come after a name, in the order of their names.</summary>
    public IReadOnlyList<BlobProperties> List(string container, string prefix, string? after = null)
    {
        lock (_gate)
        {
            return
            [
                .. Require(container)
                    .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && (after is null || string.CompareOrdinal(pair.Key, after) > 0))
                    .Select(static pair => pair.Value),
            ];
        }
    }

    /// <summary>Opens a blob's content. The stream is longer than the content: read <see cref="BlobProperties.Length"/> bytes.</summary>
    public (BlobProperties Properties, FileStream Content)? Open(string container, string name)
    {
        if (Find(container, name) is null)
        {
            return null;
        }

        try
        {
            var stream = new FileStream(
                FileOf(container, name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BlobFile.BufferSize, FileOptions.Asynchronous);
            var properties = BlobFile.ReadProperties(stream);
            stream.Position = 0;
            return (properties, stream);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The whole content of a small blob, or null.</summary>
    public async Task<byte[]?> ReadAsync(string container, string name, CancellationToken cancellationToken)
    {
        if (Open(container, name) is not { } blob)
        {
            return null;
        }

        await using (blob.Content.ConfigureAwait(false))
        {
            var bytes = new byte[blob.Properties.Length];
            await blob.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
    }

    /// <summary>Writes a whole blob.</summary>
    /// <param name="content">The content, read to its end.</param>
    /// <param name="expectedMd5">MD5 that the content must have, or null.</param>
    /// <param name="draft">The blob's properties; length, ETag, times and MD5 are filled in.</param>
    /// <param name="condition">Looks at the blob that is there now, at the moment of the change; throws to refuse.</param>
    /// <param name="cancellationToken">Gives up before the change.</param>
    public async Task<BlobProperties> PutAsync(
        Stream content, byte[]? expectedMd5, BlobProperties draft, Action<BlobProperties?> condition, CancellationToken cancellationToken)
    {
        Require(draft.Container);
        var path = FileOf(draft.Container, draft.Name);
        var temporary = DurableFile.TemporaryNameFor(path);
        try
        {
            var stream = StateFolder.OpenFile(temporary, FileMode.CreateNew, FileShare.None);
            await using (stream.ConfigureAwait(false))
            {
                var md5 = await BlobFile.CopyAsync(content, stream, cancellationToken).ConfigureAwait(false);
                if (expectedMd5 is not null && !expectedMd5.AsSpan().SequenceEqual(md5))
                {
                    throw BlobException.ChecksumMismatch();
                }

                var result = Finish(stream, temporary, draft with { Length = stream.Length }, md5, condition);
                DropBlocks(draft.Container, draft.Name);
                return result;
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Keeps a block until it is committed.</summary>
    public async Task PutBlockAsync(
        string container, string name, string blockId, Stream content, byte[]? expectedMd5, CancellationToken cancellationToken)
    {
        Require(container);
        var path = BlockFile(container, name, blockId);
        var temporary = DurableFile.TemporaryNameFor(path);
        try
        {
            var stream = StateFolder.OpenFile(temporary, FileMode.CreateNew, FileShare.None);
            await using (stream.ConfigureAwait(false))
            {
                var md5 = await BlobFile.CopyAsync(content, stream, cancellationToken).ConfigureAwait(false);
                if (expectedMd5 is not null && !expectedMd5.AsSpan().SequenceEqual(md5))
                {
                    throw BlobException.ChecksumMismatch();
                }

                stream.Flush(flushToDisk: true);
            }

            DurableFile.Publish(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The blocks that wait for a commit.</summary>
    public IReadOnlyList<BlobBlock> WaitingBlocks(string container, string name)
    {
        Require(container);
        return
        [
            .. Directory.EnumerateFiles(_waiting, BlockPrefix(container, name) + "*")
                .Select(static file => new FileInfo(file))
                .OrderBy(static file => file.Name, StringComparer.Ordinal)
                .Select(static file => new BlobBlock(
                    Encoding.UTF8.GetString(Convert.FromHexString(file.Name[(file.Name.IndexOf('.', StringComparison.Ordinal) + 1)..])), file.Length)),
        ];
    }

    /// <summary>Makes a blob of blocks.</summary>
    /// <param name="blockIds">Ids in order, each with where to look for it: waiting, committed, or the later of the two.</param>
    /// <param name="draft">As for <see cref="PutAsync"/>.</param>
    /// <param name="condition">As for <see cref="PutAsync"/>.</param>
    /// <param name="cancellationToken">Gives up before the change.</param>
    public async Task<BlobProperties> CommitAsync(
        IReadOnlyList<(string Id, BlockSource Source)> blockIds, BlobProperties draft, Action<BlobProperties?> condition, CancellationToken cancellationToken)
    {
        var (container, name) = (draft.Container, draft.Name);
        Require(container);
        var path = FileOf(container, name);
        var temporary = DurableFile.TemporaryNameFor(path);
        try
        {
            var stream = StateFolder.OpenFile(temporary, FileMode.CreateNew, FileShare.None);
            await using (stream.ConfigureAwait(false))
            {
                var committed = new List<BlobBlock>();
                foreach (var (id, source) in blockIds)
                {
                    var before = stream.Length;
                    await CopyBlockAsync(container, name, id, source, stream, cancellationToken).ConfigureAwait(false);
                    committed.Add(new BlobBlock(id, stream.Length - before));
                }

                // A committed block list has no MD5 but the one that the client gives.
                var result = Finish(stream, temporary, draft with { Length = stream.Length, Blocks = committed }, null, condition);
                DropBlocks(container, name);
                return result;
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Changes properties and leaves the content.</summary>
    public async Task<BlobProperties> UpdateAsync(
        string container, string name, Func<BlobProperties, BlobProperties> change, Action<BlobProperties?> condition, CancellationToken cancellationToken)
    {
        var (properties, content) = Open(container, name) ?? throw BlobException.BlobNotFound();
        await using (content.ConfigureAwait(false))
        {
            var path = FileOf(container, name);
            var temporary = DurableFile.TemporaryNameFor(path);
            try
            {
                var stream = StateFolder.OpenFile(temporary, FileMode.CreateNew, FileShare.None);
                await using (stream.ConfigureAwait(false))
                {
                    await BlobFile.CopyAsync(content, stream, properties.Length, cancellationToken).ConfigureAwait(false);
                    return Finish(stream, temporary, change(properties), null, current =>
                    {
                        condition(current);
                        if (current?.ETag != properties.ETag)
                        {
                            throw BlobException.ConditionNotMet();
                        }
                    });
                }
            }
            finally
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>Removes a blob.</summary>
    public void Delete(string container, string name, Action<BlobProperties?> condition)
    {
        lock (_gate)
        {
            var blobs = Require(container);
            var current = blobs.GetValueOrDefault(name) ?? throw BlobException.BlobNotFound();
            condition(current);
            DurableFile.Delete(FileOf(container, name));
            blobs.Remove(name);
        }

        DropBlocks(container, name);
    }

    private void DropBlocks(string container, string name)
    {
        foreach (var file in Directory.EnumerateFiles(_waiting, BlockPrefix(container, name) + "*"))
        {
            File.Delete(file);
        }
    }

    private BlobProperties Finish(FileStream stream, string temporary, BlobProperties draft, byte[]? md5, Action<BlobProperties?> condition)
    {
        var headers = new Dictionary<string, string>(draft.Headers);
        if (md5 is not null)
        {
            headers.TryAdd("Content-MD5", Convert.ToBase64String(md5));
        }

        var now = DateTimeOffset.UtcNow;
        var properties = draft with { ETag = NextETag(), LastModified = now, Headers = headers };
        var created = Find(draft.Container, draft.Name)?.Created ?? now;
        properties = properties with { Created = created };
        BlobFile.Seal(stream, properties);
        lock (_gate)
        {
            var blobs = Require(draft.Container);
            condition(blobs.GetValueOrDefault(draft.Name));
            File.Move(temporary, FileOf(draft.Container, draft.Name), overwrite: true);
            blobs[draft.Name] = properties;
        }

        // Outside the lock: other writers need not wait for the disk.
        Life.NativeMethods.FlushFolder(_folder);
        return properties;
    }

    private async Task CopyBlockAsync(string container, string name, string id, BlockSource source, FileStream target, CancellationToken cancellationToken)
    {
        var waiting = BlockFile(container, name, id);
        if (source != BlockSource.Committed && File.Exists(waiting))
        {
            var block = new FileStream(waiting, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BlobFile.BufferSize, FileOptions.Asynchronous);
            await using (block.ConfigureAwait(false))
            {
                await block.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        if (source != BlockSource.Uncommitted && Open(container, name) is { } existing)
        {
            await using (existing.Content.ConfigureAwait(false))
            {
                var start = 0L;
                foreach (var block in existing.Properties.Blocks)
                {
                    if (block.Id == id)
                    {
                        existing.Content.Position = start;
                        await BlobFile.CopyAsync(existing.Content, target, block.Length, cancellationToken).ConfigureAwait(false);
                        return;
                    }

                    start += block.Length;
                }
            }
        }

        throw new BlobException(400, "InvalidBlockList", "The specified block list is invalid.");
    }

    private string NextETag()
    {
        // Ticks read like Azure's; never twice the same, even within one tick.
        var ticks = DateTime.UtcNow.Ticks;
        long last, next;
        do
        {
            last = Interlocked.Read(ref _lastETag);
            next = Math.Max(ticks, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastETag, next, last) != last);

        return string.Create(CultureInfo.InvariantCulture, $"0x{next:X}");
    }

    private SortedDictionary<string, BlobProperties> Require(string container)
    {
        lock (_gate)
        {
            return _containers.GetValueOrDefault(container) ?? throw BlobException.ContainerNotFound();
        }
    }

    private SortedDictionary<string, BlobProperties> Add(string container)
    {
        if (!_containers.TryGetValue(container, out var blobs))
        {
            _containers.Add(container, blobs = new SortedDictionary<string, BlobProperties>(StringComparer.Ordinal));
        }

        return blobs;
    }

    // Names may be long, and case matters in them; file names must be neither.
    private static string HashOf(string container, string name) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{container}/{name}")));

    private string FileOf(string container, string name) => Path.Combine(_folder, HashOf(container, name));

    private static string BlockPrefix(string container, string name) => HashOf(container, name) + ".";

    private string BlockFile(string container, string name, string blockId) =>
        Path.Combine(_waiting, BlockPrefix(container, name) + Convert.ToHexString(Encoding.UTF8.GetBytes(blockId)));
}

/// <summary>Where a block list looks for a block.</summary>
internal enum BlockSource
{
    Committed,
    Uncommitted,
    Latest,
}
