using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// The file of a blob or a block: its content, then what is known of it as JSON, then the length of that. So both change together or not
/// at all. The content of a blob of blocks is in the files of its blocks.
/// </summary>
internal static class BlobFile
{
    private const int BufferSize = 128 * 1024;
    private const int TrailerSize = sizeof(int);

    /// <summary>Writes what is known of the content behind it, flushes all to the disk and closes the file.</summary>
    public static void Seal<T>(FileStream stream, T known)
        where T : class
    {
        var trailer = JsonSerializer.SerializeToUtf8Bytes(known);
        stream.Write(trailer);
        stream.Write(BitConverter.GetBytes(trailer.Length));
        stream.Flush(flushToDisk: true);
        stream.Dispose();
    }

    /// <summary>Opens a file that others may replace or remove meanwhile.</summary>
    public static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);

    /// <summary>Reads what is known of the content of a sealed file.</summary>
    /// <exception cref="InvalidDataException">The file was not sealed.</exception>
    public static T Read<T>(SafeFileHandle file)
        where T : class
    {
        var end = RandomAccess.GetLength(file) - TrailerSize;
        Span<byte> size = stackalloc byte[TrailerSize];
        var length = end > 0 && RandomAccess.Read(file, size, end) == TrailerSize ? BitConverter.ToInt32(size) : 0;
        if (length <= 0 || length > end)
        {
            throw new InvalidDataException("The file was not finished.");
        }

        var trailer = new byte[length];
        try
        {
            return RandomAccess.Read(file, trailer, end - length) == length && JsonSerializer.Deserialize<T>(trailer) is { } known
                ? known
                : throw new InvalidDataException("The file says nothing of its content.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The file says nothing of its content.", e);
        }
    }

    /// <summary>Copies a stream to its end.</summary>
    /// <param name="from">What is read.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="md5">Gets all bytes as well, or null.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public static async Task CopyAsync(Stream from, FileStream to, IncrementalHash? md5, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                md5?.AppendData(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies some bytes.</summary>
    public static async Task CopyAsync(Stream from, Stream to, long length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (length > 0)
            {
                var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, buffer.Length)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException();
                }

                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                length -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
