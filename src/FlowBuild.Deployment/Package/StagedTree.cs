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
    private const string Seed = "Initialize for october 2021 AML CLI version";

    /// <summary>Hashes the tree and lists its files, sorted by path; each file is read once.</summary>
    public static (string Hash, List<PackageFile> Files) Hash(StagedFolder root, string rootPath, CancellationToken cancellationToken)
    {
        // MD5 is az ml's choice: the hash names equal content, it protects nothing.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var fileHash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(Encoding.ASCII.GetBytes(Seed));
        var files = new List<PackageFile>();
        var buffer = new byte[128 * 1024];
        Append(root, "", rootPath);
        files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return (Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant(), files);

        void Append(StagedFolder folder, string prefix, string path)
        {
            foreach (var child in folder.Children.OrderBy(c => $"{path}/{c.Name}".ToLowerInvariant(), StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(Encoding.UTF8.GetBytes(child.Name));
                if (child is StagedFolder inner)
                {
                    Append(inner, $"{prefix}{inner.Name}/", $"{path}/{inner.Name}");
                }
                else if (child is StagedFile file)
                {
                    files.Add(AppendFile(file, prefix));
                }
            }
        }

        PackageFile AppendFile(StagedFile file, string prefix)
        {
            long length = 0;
            using Stream stream = file.Content is null
                ? new FileStream(file.SourcePath, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan)
                : new MemoryStream(file.Content, writable: false);
            for (int read; (read = stream.Read(buffer)) > 0; length += read)
            {
                hash.AppendData(buffer, 0, read);
                fileHash.AppendData(buffer, 0, read);
            }

            return new PackageFile(prefix + file.Name, file.SourcePath, file.Content, length, fileHash.GetHashAndReset());
        }
    }
}
