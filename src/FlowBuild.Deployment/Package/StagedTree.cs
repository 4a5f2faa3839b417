using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FlowBuild.Deployment.Package;

/// <summary>A folder of the tree that is hashed: the packaged folder after ignore rules, excludes and includes.</summary>
internal sealed class StagedFolder(string name) : StagedEntry(name)
{
    private readonly Dictionary<string, StagedEntry> _children = new(StringComparer.Ordinal);

    public IReadOnlyCollection<StagedEntry> Children => _children.Values;

    /// <summary>The folder of that name, which is made unless it is there.</summary>
    public StagedFolder Folder(string name)
    {
        if (_children.GetValueOrDefault(name) is StagedFolder existing)
        {
            return existing;
        }

        var folder = new StagedFolder(name);
        _children[name] = folder;
        return folder;
    }

    /// <summary>Puts an entry here; true when it takes the place of another one.</summary>
    public bool Set(StagedEntry entry)
    {
        var replaces = _children.Remove(entry.Name);
        _children[entry.Name] = entry;
        return replaces;
    }

    public void Remove(string name) => _children.Remove(name);
}

internal abstract class StagedEntry(string name)
{
    public string Name { get; } = name;
}

internal sealed class StagedFile(string name, string sourcePath, byte[]? content) : StagedEntry(name)
{
    public string SourcePath { get; } = sourcePath;

    public byte[]? Content { get; } = content;
}

/// <summary>
/// az ml's content hash: MD5 over a fixed seed, then for each child, sorted by its whole path in lower case, its name and its
/// bytes or children. It has no separators and no lengths; an empty folder contributes its name.
/// </summary>
internal static class StagedTree
{
    private const int BlockSize = 1024 * 1024;

    // Small files are read ahead in pieces that are one thread's work each: 16 MB are in memory at most.
    private const int PieceSize = 32;
    private const int PiecesAhead = 8;
    private const int SmallLength = 64 * 1024;
    private const string Seed = "Initialize for october 2021 AML CLI version";

    /// <summary>Hashes the tree and lists its files, sorted by path; each file is read once.</summary>
    public static (string Hash, List<PackageFile> Files) Hash(StagedFolder root, CancellationToken cancellationToken)
    {
        using var hash = NewHash();
        hash.AppendData(Encoding.ASCII.GetBytes(Seed));
        var files = new List<PackageFile>();
        var ahead = new Queue<Task<ReadEntry[]>>();
        foreach (var piece in Ordered(root, "").Chunk(PieceSize))
        {
            ahead.Enqueue(Task.Run(() => ReadSmall(piece), cancellationToken));
            if (ahead.Count == PiecesAhead)
            {
                Append(hash, files, ahead.Dequeue(), cancellationToken);
            }
        }

        while (ahead.TryDequeue(out var piece))
        {
            Append(hash, files, piece, cancellationToken);
        }

        files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return (Hexadecimal(hash), files);
    }

    /// <summary>Hashes a single file; its name is not in the hash.</summary>
    public static (string Hash, PackageFile File) HashFile(string path, CancellationToken cancellationToken)
    {
        ReadableFile.Require(path);
        using var hash = NewHash();
        hash.AppendData(Encoding.ASCII.GetBytes(Seed));
        var (length, md5, written) = AppendLarge(hash, path, cancellationToken);
        return (Hexadecimal(hash), new PackageFile(Path.GetFileName(path), path, null, length, md5) { Written = written });
    }

    // MD5 is az ml's choice: the hash names equal content, it protects nothing.
    private static IncrementalHash NewHash() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);

    private static string Hexadecimal(IncrementalHash hash) => Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();

    // The order of the hash, a folder's own children after its name. Siblings share the path before their names.
    private static IEnumerable<ReadEntry> Ordered(StagedFolder folder, string prefix)
    {
        foreach (var child in folder.Children.OrderBy(static c => c.Name.ToLowerInvariant(), StringComparer.Ordinal))
        {
            yield return new ReadEntry(prefix + child.Name, child);
            if (child is StagedFolder inner)
            {
                foreach (var below in Ordered(inner, $"{prefix}{inner.Name}/"))
                {
                    yield return below;
                }
            }
        }
    }

    private static void Append(IncrementalHash hash, List<PackageFile> files, Task<ReadEntry[]> piece, CancellationToken cancellationToken)
    {
        foreach (var read in piece.GetAwaiter().GetResult())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(read.Entry.Name));
            if (read.Entry is StagedFile file)
            {
                var (length, md5, written) = read.Small is { } small ? AppendSmall(hash, file, small) : AppendLarge(hash, file.SourcePath, cancellationToken);
                files.Add(new PackageFile(read.Path, file.SourcePath, file.Content, length, md5) { Written = written });
            }
        }
    }

    private static (long Length, byte[] Md5, DateTime? Written) AppendSmall(IncrementalHash hash, StagedFile file, SmallFile small)
    {
        hash.AppendData(small.Bytes, 0, small.Length);
        if (file.Content is null)
        {
            ArrayPool<byte>.Shared.Return(small.Bytes);
        }

        return (small.Length, small.Md5, null);
    }

    // Opening a small file takes longer than hashing it, so several are opened at once.
    private static ReadEntry[] ReadSmall(ReadEntry[] piece)
    {
        using var hash = NewHash();
        foreach (ref var read in piece.AsSpan())
        {
            if (read.Entry is StagedFile file && SmallContent(file) is var (bytes, length))
            {
                hash.AppendData(bytes, 0, length);
                read = read with { Small = new SmallFile(bytes, length, hash.GetHashAndReset()) };
            }
        }

        return piece;
    }

    // The bytes are the pool's unless the content was made here.
    private static (byte[] Bytes, int Length)? SmallContent(StagedFile file)
    {
        if (file.Content is not null)
        {
            return (file.Content, file.Content.Length);
        }

        ReadableFile.Require(file.SourcePath);
        using var handle = File.OpenHandle(file.SourcePath, FileMode.Open, FileAccess.Read, FileShare.Read);
        var length = RandomAccess.GetLength(handle);
        if (length > SmallLength)
        {
            return null;
        }

        var bytes = ArrayPool<byte>.Shared.Rent((int)length);
        return (bytes, Fill(handle, bytes.AsSpan(0, (int)length), 0));
    }

    // MD5 takes longer than reading: both hashes of a large file are made side by side, and each side then reads a half of the next block.
    private static (long Length, byte[] Md5, DateTime? Written) AppendLarge(IncrementalHash hash, string path, CancellationToken cancellationToken)
    {
        const int half = BlockSize / 2;
        using var fileHash = NewHash();
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        // Before the content: what is written meanwhile counts as a change.
        var written = File.GetLastWriteTimeUtc(handle);
        var (block, next) = (new byte[BlockSize], new byte[BlockSize]);
        var count = Fill(handle, block, 0);
        long length = 0;
        while (count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            length += count;
            var beside = HashAndRead(fileHash, handle, block.AsMemory(0, count), next.AsMemory(half), length + half);
            int first;
            int second;
            try
            {
                hash.AppendData(block, 0, count);
                first = Fill(handle, next.AsSpan(0, half), length);
            }
            finally
            {
                // Nothing may still use the handle and the blocks when they go.
                second = beside.GetAwaiter().GetResult();
            }

            // A file that grows meanwhile may show a second half after a first one that was not full.
            count = first < half ? first : half + second;
            (block, next) = (next, block);
        }

        return (length, fileHash.GetHashAndReset(), written);
    }

    private static Task<int> HashAndRead(IncrementalHash hash, SafeFileHandle handle, ReadOnlyMemory<byte> block, Memory<byte> next, long offset) =>
        Task.Run(() =>
        {
            hash.AppendData(block.Span);
            return Fill(handle, next.Span, offset);
        });

    // Reads until the buffer is full or the file ends.
    private static int Fill(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        var count = 0;
        for (int read; count < buffer.Length && (read = RandomAccess.Read(handle, buffer[count..], offset + count)) > 0;)
        {
            count += read;
        }

        return count;
    }

    /// <summary>An entry in the order of the hash; a small file comes with its bytes once its piece is read.</summary>
    private readonly record struct ReadEntry(string Path, StagedEntry Entry, SmallFile? Small = null);

    private readonly record struct SmallFile(byte[] Bytes, int Length, byte[] Md5);
}
