using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.State;
using Microsoft.Win32.SafeHandles;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// Blobs on disk, one <see cref="BlobFile"/> each and one for each block, with an index in memory. A write costs one flush of a file and
/// one of the folder; nothing is acknowledged before that. A commit names blocks and copies nothing; until then a power cut may lose them.
/// </summary>
internal sealed class BlobStore
{
    private readonly string _folder;
    private readonly string _blocks;
    private readonly string _names;
    private readonly object _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, BlobProperties>> _containers = new(StringComparer.Ordinal);
    private readonly WaitingBlocks _waiting;
    private long _lastTick;

    /// <summary>Opens the store and reads what it holds.</summary>
    public BlobStore(StateFolder folder)
    {
        _folder = folder.Subfolder("blobs");
        _blocks = folder.Subfolder("blocks");
        _names = folder.Subfolder("containers");
        DurableFile.RemoveUnfinished(_folder);
        DurableFile.RemoveUnfinished(_blocks);
        DurableFile.RemoveUnfinished(_names);
        Add(WorkspaceNames.Container);
        foreach (var file in Directory.EnumerateFiles(_names))
        {
            Add(Path.GetFileName(file));
        }

        var committed = new HashSet<string>(StringComparer.Ordinal);
        var waitingSince = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            using var handle = BlobFile.Open(file);
            try
            {
                var properties = BlobFile.Read<BlobProperties>(handle);
                Add(properties.Container)[properties.Name] = properties;
                committed.UnionWith(properties.Blocks.Select(static b => b.File));
                waitingSince.Add(Path.GetFileName(file), properties.WaitingSince);
                _lastTick = Math.Max(_lastTick, properties.WaitingSince);
            }
            catch (InvalidDataException e)
            {
                throw folder.Damaged(file, e);
            }
        }

        if (committed.Select(PathOfBlock).FirstOrDefault(static path => !File.Exists(path)) is { } missing)
        {
            throw folder.Damaged(missing);
        }

        _waiting = WaitingBlocks.Load(_blocks, committed, waitingSince);
        // The order holds although the clock was set back since.
        _lastTick = Math.Max(_lastTick, _waiting.Latest);
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

    /// <summary>Opens a blob's content as it is now.</summary>
    public (BlobProperties Properties, BlobContent Content)? Open(string container, string name)
    {
        BlobProperties? missed = null;
        while (Find(container, name) is { } found)
        {
            SafeFileHandle? file = null;
            try
            {
                file = BlobFile.Open(FileOf(container, name));
                var properties = BlobFile.Read<BlobProperties>(file);
                if (properties.Blocks.Count == 0)
                {
                    var content = new BlobContent((file, properties.Length));
                    file = null;
                    return (properties, content);
                }

                return (properties, BlobContent.Open(properties.Blocks.Select(b => (PathOfBlock(b.File), b.Length))));
            }
            catch (FileNotFoundException) when (!ReferenceEquals(found, missed))
            {
                // Replaced or removed since it was found; unless it is found again as it was.
                missed = found;
            }
            finally
            {
                file?.Dispose();
            }
        }

        return null;
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
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var unfinished = await UnfinishedFile.CreateAsync(_folder, content, md5, cancellationToken).ConfigureAwait(false);
        await using (unfinished.ConfigureAwait(false))
        {
            var hash = md5.GetHashAndReset();
            Verify(expectedMd5, hash);
            var headers = new Dictionary<string, string>(draft.Headers);
            headers.TryAdd("Content-MD5", Convert.ToBase64String(hash));
            return Publish(unfinished, draft with { Length = unfinished.Length, Headers = headers, Blocks = [] }, condition)!;
        }
    }

    /// <summary>Keeps a block until it is committed.</summary>
    public async Task PutBlockAsync(
        string container, string name, string blockId, Stream content, byte[]? expectedMd5, CancellationToken cancellationToken)
    {
        Require(container);
        using var md5 = expectedMd5 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var unfinished = await UnfinishedFile.CreateAsync(_blocks, content, md5, cancellationToken).ConfigureAwait(false);
        await using (unfinished.ConfigureAwait(false))
        {
            Verify(expectedMd5, md5?.GetHashAndReset());
            var owner = HashOf(container, name);
            unfinished.Seal(new BlockTrailer(blockId, unfinished.Length));
            BlobBlock? replaced;
            lock (_gate)
            {
                // All ids of a blob have one length (Put Block).
                if (_waiting.Of(owner).Keys.FirstOrDefault() is { } other && other.Length != blockId.Length)
                {
                    throw new BlobException(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.");
                }

                // Its moment is that of the change: later than that of a commit which did not drop it.
                var block = new BlobBlock(blockId, unfinished.Length, WaitingBlocks.FileName(owner, NextTick()));
                unfinished.MoveTo(PathOfBlock(block.File));
                replaced = _waiting.Add(owner, block);
            }

            Remove(replaced is null ? [] : [replaced]);
        }
    }

    /// <summary>The blob's properties, or null, and the blocks that wait for a commit, both at one moment.</summary>
    public (BlobProperties? Blob, IReadOnlyList<BlobBlock> Waiting) FindWithWaiting(string container, string name)
    {
        lock (_gate)
        {
            return (
                Require(container).GetValueOrDefault(name),
                [.. _waiting.Of(HashOf(container, name)).Values.OrderBy(static b => b.Id, StringComparer.Ordinal)]);
        }
    }

    /// <summary>Makes a blob of blocks.</summary>
    /// <param name="blockIds">Ids in order, each with where to look for it: waiting, committed, or the later of the two.</param>
    /// <param name="draft">As for <see cref="PutAsync"/>; a block list has no MD5 but the one that the client gives.</param>
    /// <param name="condition">As for <see cref="PutAsync"/>.</param>
    public async Task<BlobProperties> CommitAsync(
        IReadOnlyList<(string Id, BlockSource Source)> blockIds, BlobProperties draft, Action<BlobProperties?> condition)
    {
        while (true)
        {
            var blocks = Choose(blockIds, draft);
            NativeMethods.FlushFolder(_blocks);
            var unfinished = await UnfinishedFile.CreateAsync(_folder, Stream.Null, null, CancellationToken.None).ConfigureAwait(false);
            await using (unfinished.ConfigureAwait(false))
            {
                if (Publish(unfinished, draft with { Length = blocks.Sum(static b => b.Length), Blocks = blocks }, condition) is { } properties)
                {
                    return properties;
                }
            }
        }
    }

    /// <summary>Changes properties and leaves the content.</summary>
    public async Task<BlobProperties> UpdateAsync(
        string container, string name, Func<BlobProperties, BlobProperties> change, Action<BlobProperties?> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (properties, content) = Open(container, name) ?? throw BlobException.BlobNotFound();
            await using (content.ConfigureAwait(false))
            {
                var unfinished = await UnfinishedFile.CreateAsync(
                    _folder, properties.Blocks.Count == 0 ? content : Stream.Null, null, cancellationToken).ConfigureAwait(false);
                await using (unfinished.ConfigureAwait(false))
                {
                    if (Publish(unfinished, change(properties), condition, properties) is { } changed)
                    {
                        return changed;
                    }
                }
            }
        }
    }

    /// <summary>Removes a blob.</summary>
    public void Delete(string container, string name, Action<BlobProperties?> condition)
    {
        List<BlobBlock> released;
        lock (_gate)
        {
            var blobs = Require(container);
            var current = blobs.GetValueOrDefault(name) ?? throw BlobException.BlobNotFound();
            condition(current);
            DurableFile.Delete(FileOf(container, name));
            blobs.Remove(name);
            released = [.. current.Blocks, .. _waiting.Remove(HashOf(container, name))];
        }

        Remove(released);
    }

    // Null when the blob that the draft is an update of, or a block that it names, was replaced since it was looked at. An update leaves
    // the blocks that wait, all else drops them.
    private BlobProperties? Publish(UnfinishedFile unfinished, BlobProperties draft, Action<BlobProperties?> condition, BlobProperties? updated = null)
    {
        var now = DateTimeOffset.UtcNow;
        var created = Find(draft.Container, draft.Name)?.Created ?? now;
        var tick = NextTick();
        var properties = draft with
        {
            ETag = string.Create(CultureInfo.InvariantCulture, $"0x{tick:X}"), LastModified = now, Created = created,
            WaitingSince = updated?.WaitingSince ?? tick,
        };
        unfinished.Seal(properties);
        List<BlobBlock> released;
        lock (_gate)
        {
            var blobs = Require(draft.Container);
            var current = blobs.GetValueOrDefault(draft.Name);
            condition(current);
            var owner = HashOf(draft.Container, draft.Name);
            var held = (current?.Blocks ?? []).Concat(_waiting.Of(owner).Values).ToHashSet();
            if (!held.IsSupersetOf(properties.Blocks) || (updated is not null && updated.ETag != current?.ETag))
            {
                return null;
            }

            unfinished.MoveTo(FileOf(draft.Container, draft.Name));
            blobs[draft.Name] = properties;
            released = [.. current?.Blocks ?? [], .. updated is null ? _waiting.Remove(owner) : []];
        }

        // Outside the lock: other writers need not wait for the disk. What is released goes when nothing on the disk names it any more.
        NativeMethods.FlushFolder(_folder);
        Remove(released.Except(properties.Blocks));
        return properties;
    }

    private List<BlobBlock> Choose(IReadOnlyList<(string Id, BlockSource Source)> blockIds, BlobProperties draft)
    {
        lock (_gate)
        {
            var waiting = _waiting.Of(HashOf(draft.Container, draft.Name));
            var committed = (Require(draft.Container).GetValueOrDefault(draft.Name)?.Blocks ?? []).DistinctBy(static b => b.Id).ToDictionary(static b => b.Id);
            return blockIds.Select(asked =>
                (asked.Source != BlockSource.Committed && waiting.TryGetValue(asked.Id, out var block))
                || (asked.Source != BlockSource.Uncommitted && committed.TryGetValue(asked.Id, out block))
                    ? block
                    : throw new BlobException(400, "InvalidBlockList", "The specified block list is invalid.")).ToList();
        }
    }

    private void Remove(IEnumerable<BlobBlock> released)
    {
        foreach (var block in released)
        {
            File.Delete(PathOfBlock(block.File));
        }
    }

    private static void Verify(byte[]? expected, byte[]? actual)
    {
        if (expected is not null && !expected.AsSpan().SequenceEqual(actual))
        {
            throw BlobException.ChecksumMismatch();
        }
    }

    // Never twice the same, even within one tick of the clock; as an ETag it reads like Azure's.
    private long NextTick()
    {
        var ticks = DateTime.UtcNow.Ticks;
        long last, next;
        do
        {
            last = Interlocked.Read(ref _lastTick);
            next = Math.Max(ticks, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastTick, next, last) != last);

        return next;
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

    private string PathOfBlock(string file) => Path.Combine(_blocks, file);
}

/// <summary>Where a block list looks for a block.</summary>
internal enum BlockSource
{
    Committed,
    Uncommitted,
    Latest,
}
