using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;
using Microsoft.Win32.SafeHandles;

namespace FlowBuild.Deployment.Package;

/// <summary>One file of a package.</summary>
/// <param name="Path">Its path in the package, relative, with <c>/</c>.</param>
/// <param name="SourcePath">Full path of the file that gives the content.</param>
/// <param name="Content">The content where it differs from the file's (a flow file whose includes were inlined), else null.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Md5">MD5 of the content, as blob storage keeps it.</param>
public sealed record PackageFile(string Path, string SourcePath, byte[]? Content, long Length, byte[] Md5)
{
    /// <summary>When the file was written last, as it was read for <see cref="Md5"/>, UTC; null for a small one, whose MD5 storage compares.</summary>
    public DateTime? Written { get; init; }

    /// <summary>Opens the content for reading.</summary>
    /// <exception cref="FlowDeploymentException">The file has another length than it had, or cannot be read any more.</exception>
    public Stream Open() => Content is null ? new FileStream(OpenFile(), FileAccess.Read, 1) : new MemoryStream(Content, writable: false);

    /// <summary>Reads a part of a large file, as it was when its MD5 was taken.</summary>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="buffer">Is filled.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">The file was changed since, or cannot be read any more.</exception>
    internal async Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (Content is not null)
        {
            Content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return;
        }

        using var file = OpenFile();
        for (int count = 0, read; count < buffer.Length; count += read)
        {
            read = await RandomAccess.ReadAsync(file, buffer[count..], offset + count, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw Changed();
            }
        }

        // It may be changed and keep its length, and of a part nobody else knows the MD5.
        if (File.GetLastWriteTimeUtc(file) != Written)
        {
            throw Changed();
        }
    }

    private SafeFileHandle OpenFile()
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(SourcePath, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Changed();
        }

        if (RandomAccess.GetLength(file) != Length)
        {
            file.Dispose();
            throw Changed();
        }

        return file;
    }

    private FlowDeploymentException Changed() =>
        FlowDeploymentException.Of(PackageRules.FileNotFound, SourcePath, "it was removed or changed during the deployment; run the target again");
}

/// <summary>What stayed out of a package, and why.</summary>
/// <param name="Path">The path relative to the packaged folder.</param>
/// <param name="Reason">The rule that kept it out.</param>
/// <param name="MayHoldSecrets">The name is one that usually holds secrets.</param>
public sealed record LeftOut(string Path, string Reason, bool MayHoldSecrets);

/// <summary>A folder, or a single file, as it is uploaded: files sorted by path, and the hash that names them.</summary>
/// <param name="RootName">Name of the folder or file, the last part of the blob path.</param>
/// <param name="Folder">Full path of the packaged folder or file.</param>
/// <param name="Files">The files, sorted by path (ordinal).</param>
/// <param name="LeftOut">What stayed out.</param>
/// <param name="Hash">az ml's content hash, 32 lower-case hexadecimal digits.</param>
public sealed record FlowPackage(
    string RootName, string Folder, IReadOnlyList<PackageFile> Files, IReadOnlyList<LeftOut> LeftOut, string Hash)
{
    /// <summary>Where az ml uploads to.</summary>
    public const string UploadFolder = "LocalUpload";

    /// <summary>Where az ml uploaded to before 2022, and still looks.</summary>
    public const string LegacyFolder = "az-ml-artifacts";

    /// <summary>The package is a single file, which lies beside no other: az ml uploads it without a folder.</summary>
    public bool IsFile { get; init; }

    /// <summary>The first part of the blob path.</summary>
    public string Origin { get; init; } = UploadFolder;

    /// <summary>The datastore that it is uploaded to.</summary>
    public string Datastore { get; init; } = MachineLearningWorkspace.UploadDatastore;

    /// <summary>Where the files go in the container: az ml's <c>LocalUpload/{hash}/{folder}</c>, or <c>LocalUpload/{hash}</c> for a single file.</summary>
    public string BlobFolder => IsFile ? $"{Origin}/{Hash}" : $"{Origin}/{Hash}/{RootName}";

    /// <summary>What an asset names: the folder, or the single file.</summary>
    public string BlobPath => $"{Origin}/{Hash}/{RootName}";

    /// <summary>Bytes of all files.</summary>
    public long Length => Files.Sum(static f => f.Length);
}
