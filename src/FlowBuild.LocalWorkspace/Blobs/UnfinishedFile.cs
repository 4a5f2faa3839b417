using System.Security.Cryptography;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>A <see cref="BlobFile"/> that is being written; it is gone again unless it gets its name.</summary>
internal sealed class UnfinishedFile : IAsyncDisposable
{
    private readonly FileStream _stream;

    private UnfinishedFile(FileStream stream) => _stream = stream;

    /// <summary>Bytes of content.</summary>
    public long Length { get; private set; }

    /// <summary>Writes a content.</summary>
    /// <param name="folder">Where the file is to stay.</param>
    /// <param name="content">The content, read to its end.</param>
    /// <param name="md5">Gets the content as well, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<UnfinishedFile> CreateAsync(string folder, Stream content, IncrementalHash? md5, CancellationToken cancellationToken)
    {
        var file = new UnfinishedFile(StateFolder.OpenFile(DurableFile.TemporaryNameFor(Path.Combine(folder, "content")), FileMode.CreateNew, FileShare.None));
        try
        {
            await BlobFile.CopyAsync(content, file._stream, md5, cancellationToken).ConfigureAwait(false);
            file.Length = file._stream.Length;
            return file;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finishes the file; all of it is on the disk then.</summary>
    /// <param name="known">What is known of the content.</param>
    public void Seal<T>(T known)
        where T : class => BlobFile.Seal(_stream, known);

    /// <summary>Gives the sealed file its name, instead of what has that name now.</summary>
    public void MoveTo(string path) => File.Move(_stream.Name, path, overwrite: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // Writes what is still in its buffer, which a full disk refuses.
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            File.Delete(_stream.Name);
        }
    }
}
