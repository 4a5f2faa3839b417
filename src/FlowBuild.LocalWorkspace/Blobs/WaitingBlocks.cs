using System.Globalization;

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
    /// <param name="folder">The folder.</param>
    /// <param name="committed">Names of the files of the committed blocks.</param>
    /// <param name="since">By blob, the moment before which no block waits: a process that was killed right after a commit left what that released.</param>
    public static WaitingBlocks Load(string folder, IReadOnlySet<string> committed, IReadOnlyDictionary<string, long> since)
    {
        var waiting = new WaitingBlocks();
        foreach (var path in Directory.EnumerateFiles(folder).Where(p => !committed.Contains(Path.GetFileName(p))).Order(StringComparer.Ordinal))
        {
            var file = Path.GetFileName(path);
            var replaced = file;
            if (Parse(file) is var (owner, moment) && moment > since.GetValueOrDefault(owner)
                && File.GetLastWriteTimeUtc(path) >= DateTime.UtcNow - LongestWait && Read(path) is { } block)
            {
                replaced = waiting.Add(owner, new BlobBlock(block.Id, block.Length, file))?.File;
                waiting.Latest = Math.Max(waiting.Latest, moment);
            }

            if (replaced is not null)
            {
                File.Delete(Path.Combine(folder, replaced));
            }
        }

        return waiting;
    }

    /// <summary>The latest moment in the names of the files that were read; 0 without any.</summary>
    public long Latest { get; private set; }

    /// <summary>A name for the file of a block; later ones sort behind.</summary>
    public static string FileName(string owner, long moment) => $"{owner}.{moment:X16}";

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

    private static (string Owner, long Moment)? Parse(string file) =>
        file.Split('.') is [var owner, var moment] && long.TryParse(moment, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var parsed)
            ? (owner, parsed)
            : null;

    // A block that was not finished was not acknowledged either.
    private static BlockTrailer? Read(string path)
    {
        using var file = BlobFile.Open(path);
        try
        {
            return BlobFile.Read<BlockTrailer>(file);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
