using System.Buffers.Binary;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>A part of a large file, as it is sent.</summary>
/// <param name="File">The file.</param>
/// <param name="Id">
/// Its id in blob storage, made of the file's MD5 and the place: a block that waits under it, from a run that was stopped, holds the same bytes.
/// </param>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Length">How many bytes it has.</param>
internal sealed record FileBlock(PackageFile File, string Id, long Offset, int Length)
{
    /// <summary>Most bytes of a block.</summary>
    public const int Size = 4 * 1024 * 1024;

    /// <summary>Characters of an id. All ids of a blob have one length (Put Block).</summary>
    public const int IdLength = 28;

    /// <summary>Cuts a file in blocks.</summary>
    public static IReadOnlyList<FileBlock> Of(PackageFile file)
    {
        var blocks = new FileBlock[(file.Length + Size - 1) / Size];
        for (var i = 0; i < blocks.Length; i++)
        {
            var id = new byte[file.Md5.Length + sizeof(int)];
            file.Md5.CopyTo(id, 0);
            BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(file.Md5.Length), i);
            blocks[i] = new FileBlock(file, Convert.ToBase64String(id), (long)i * Size, (int)Math.Min(Size, file.Length - ((long)i * Size)));
        }

        return blocks;
    }

    /// <summary>Reads the block.</summary>
    /// <exception cref="FlowDeploymentException">The file was changed or removed since it was packaged.</exception>
    public Task ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => File.ReadAsync(Offset, buffer[..Length], cancellationToken);
}
