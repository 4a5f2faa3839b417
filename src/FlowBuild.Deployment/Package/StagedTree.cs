using System.Security.Cryptography;
using System.Text;

namespace FlowBuild.Deployment.Package;

/// <summary>A folder of the tree that is hashed: the packaged folder after ignore rules, excludes and includes.</summary>
internal sealed class StagedFolder(string name) : StagedEntry(name)
{
    public List<StagedEntry> Children { get; } = [];

    public StagedFolder Folder(string name)
    {
        if (Children.Find(c => c.Name == name) is StagedFolder existing)
        {
            return existing;
        }

        var folder = new StagedFolder(name);
        Children.Add(folder);
        return folder;
    }
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
    private const int BlockSize = 512 * 1024;

    // A batch of small files is in memory at once: 16 MB at most.
    private const int BatchSize = 256;
    private const int SmallLength = 64 * 1024;
    private const string Seed = "Initialize for october 2021 AML CLI version";

    /// <summary>Hashes the tree and lists its files, sorted by path; each file is read once.</summary>
    public static (string Hash, List<PackageFile> Files) Hash(StagedFolder root, string rootPath, CancellationToken cancellationToken)
    {
        // MD5 is az ml's choice: the hash names equal content, it protects nothing.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(Encoding.ASCII.GetBytes(Seed));
        var files = new List<PackageFile>();
        foreach (var batch in Ordered(root, "", rootPath).Chunk(BatchSize))
        {
            var small = ReadSmall(batch, cancellationToken);
            for (var i = 0; i < batch.Length; i++)
            {
                var (path, entry) = batch[i];
                hash.AppendData(Encoding.UTF8.GetBytes(entry.Name));
                if (entry is StagedFile file)
                {
                    var (length, md5) = small[i] is { } content ? AppendSmall(hash, content) : AppendLarge(hash, file.SourcePath, cancellationToken);
                    files.Add(new PackageFile(path, file.SourcePath, file.Content, length, md5));
                }
            }
        }

        files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return (Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant(), files);
    }

    /// <summary>Hashes a single file; its name is not in the hash.</summary>
    public static (string Hash, PackageFile File) HashFile(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(Encoding.ASCII.GetBytes(Seed));
        var (length, md5) = AppendLarge(hash, path, cancellationToken);
        return (Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant(), new PackageFile(Path.GetFileName(path), path, null, length, md5));
    }

    // The order of the hash: children by their whole path in lower case, a folder's own after its name.
    private static IEnumerable<(string Path, StagedEntry Entry)> Ordered(StagedFolder folder, string prefix, string path)
    {
        foreach (var child in folder.Children.OrderBy(c => $"{path}/{c.Name}".ToLowerInvariant(), StringComparer.Ordinal))
        {
            yield return (prefix + child.Name, child);
            if (child is StagedFolder inner)
            {
                foreach (var below in Ordered(inner, $"{prefix}{inner.Name}/", $"{path}/{inner.Name}"))
                {
                    yield return below;
                }
            }
        }
    }

    // Opening a small file takes longer than hashing it, so several are opened at once; null stands for what is no small file.
    private static (byte[] Bytes, byte[] Md5)?[] ReadSmall((string Path, StagedEntry Entry)[] batch, CancellationToken cancellationToken)
    {
        var read = new (byte[], byte[])?[batch.Length];
        Parallel.ForAsync(0, batch.Length, cancellationToken, (i, _) =>
        {
            if (batch[i].Entry is StagedFile file && SmallContent(file) is { } bytes)
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
                hash.AppendData(bytes);
                read[i] = (bytes, hash.GetHashAndReset());
            }

            return ValueTask.CompletedTask;
        }).GetAwaiter().GetResult();
        return read;
    }

    private static byte[]? SmallContent(StagedFile file)
    {
        if (file.Content is not null)
        {
            return file.Content;
        }

        using var handle = File.OpenHandle(file.SourcePath, FileMode.Open, FileAccess.Read, FileShare.Read);
        var length = RandomAccess.GetLength(handle);
        if (length > SmallLength)
        {
            return null;
        }

        var bytes = new byte[length];
        var count = 0;
        for (int read; count < bytes.Length && (read = RandomAccess.Read(handle, bytes.AsSpan(count), count)) > 0;)
        {
            count += read;
        }

        return count == bytes.Length ? bytes : bytes[..count];
    }

    private static (long Length, byte[] Md5) AppendSmall(IncrementalHash hash, (byte[] Bytes, byte[] Md5) content)
    {
        hash.AppendData(content.Bytes);
        return (content.Bytes.Length, content.Md5);
    }

    // MD5 takes longer than reading: both hashes of a large file are made side by side, while the next block is read.
    private static (long Length, byte[] Md5) AppendLarge(IncrementalHash hash, string path, CancellationToken cancellationToken)
    {
        using var fileHash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var (buffer, spare) = (new byte[BlockSize], new byte[BlockSize]);
        var beside = Task.CompletedTask;
        long length = 0;
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0; length += read)
            {
                beside.Wait(cancellationToken);
                var (block, count) = (buffer, read);
                beside = Task.Run(() => fileHash.AppendData(block, 0, count), CancellationToken.None);
                hash.AppendData(block, 0, count);
                (buffer, spare) = (spare, buffer);
            }
        }
        finally
        {
            beside.Wait(CancellationToken.None);
        }

        return (length, fileHash.GetHashAndReset());
    }
}
