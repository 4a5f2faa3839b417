namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// The blocks that wait for a commit, by blob. The files lie beside those of the committed blocks: a commit moves no content. Not for
/// more than one thread; <see cref="BlobStore"/> has the lock.
/// </summary>
internal sealed class WaitingBlocks
{
    // As in Azure, blocks that nobody commits are dropped.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(7);

    private readonly Dictionary<string, Dictionary<string, BlobBlock>> _blocks = new(StringComparer.Ordinal);

    /// <summary>Reads the blocks that a folder holds besides the committed ones; removes those that nobody can commit any more.</summary>
    public static WaitingBlocks Load(string folder, IReadOnlySet<string> committed)
    {
        var waiting = new WaitingBlocks();
        foreach (var path in Directory.EnumerateFiles(folder).Where(p => !committed.Contains(Path.GetFileName(p))).Order(StringComparer.Ordinal))
        {
            var block = File.GetLastWriteTimeUtc(path) < DateTime.UtcNow - LongestWait ? null : Read(path);
            var replaced = block is null ? Path.GetFileName(path) : waiting.Add(OwnerOf(block.File), block)?.File;
            if (replaced is not null)
            {
                File.Delete(Path.Combine(folder, replaced));
            }
        }

        return waiting;
    }

    /// <summary>A name for the file of a block; later ones sort behind.</summary>
    public static string FileName(string owner, long sequence) => $"{owner}.{sequence:X16}";

    /// <summary>Keeps a block.</summary>
    /// <returns>The block of the same id that waited before, or null.</returns>
    public BlobBlock? Add(string owner, BlobBlock block)
    {
        if (!_blocks.TryGetValue(owner, out var blocks))
        {
            _blocks.Add(owner, blocks = new Dictionary<string, BlobBlock>(StringComparer.Ordinal));
        }

        blocks.Remove(block.Id, out var replaced);
        blocks.Add(block.Id, block);
        return replaced;
    }

    /// <summary>The blocks that wait for a blob, by id.</summary>
    public IReadOnlyDictionary<string, BlobBlock> Of(string owner) => _blocks.GetValueOrDefault(owner) ?? [];

    /// <summary>Forgets the blocks that wait for a blob.</summary>
    /// <returns>What was forgotten.</returns>
    public IReadOnlyCollection<BlobBlock> Remove(string owner) => _blocks.Remove(owner, out var blocks) ? blocks.Values : [];

    private static string OwnerOf(string file) => file[..file.IndexOf('.', StringComparison.Ordinal)];

    // A block that was not finished was not acknowledged either.
    private static BlobBlock? Read(string path)
    {
        using var file = BlobFile.Open(path);
        try
        {
            var block = BlobFile.Read<BlobBlock>(file);
            return block.File == Path.GetFileName(path) ? block : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
