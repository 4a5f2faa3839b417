using System.Security.Cryptography;
using System.Text.Json;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// The file of a blob: its content, then its properties as JSON, then their length. So content and properties change together or
/// not at all.
/// </summary>
internal static class BlobFile
{
    /// <summary>Bytes that are read and written at a time.</summary>
    public const int BufferSize = 128 * 1024;

    private const int TrailerSize = sizeof(int);

    /// <summary>Writes the properties behind the content, flushes all to the disk and closes the file.</summary>
    public static void Seal(FileStream stream, BlobProperties properties)
    {
        var trailer = JsonSerializer.SerializeToUtf8Bytes(properties);
        stream.Position = properties.Length;
        stream.Write(trailer);
        stream.Write(BitConverter.GetBytes(trailer.Length));
        stream.Flush(flushToDisk: true);
        stream.Dispose();
    }

    /// <summary>Reads the properties of a sealed file.</summary>
    /// <exception cref="InvalidDataException">The file was not sealed.</exception>
    public static BlobProperties ReadProperties(FileStream stream)
    {
        var end = stream.Length - TrailerSize;
        Span<byte> size = stackalloc byte[TrailerSize];
        stream.Position = Math.Max(end, 0);
        var isWhole = stream.ReadAtLeast(size, TrailerSize, throwOnEndOfStream: false) == TrailerSize;
        var length = BitConverter.ToInt32(size);
        if (!isWhole || length <= 0 || length > end)
        {
            throw new InvalidDataException("The file has no end of a blob.");
        }

        var trailer = new byte[length];
        stream.Position = end - length;
        stream.ReadExactly(trailer);
        try
        {
            return JsonSerializer.Deserialize<BlobProperties>(trailer) is { Container: not null, Name: not null } properties
                ? properties
                : throw new InvalidDataException("The file says of no blob.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The file has no end of a blob.", e);
        }
    }

    /// <summary>Copies a stream to its end and tells the MD5 of what it held.</summary>
    public static async Task<byte[]> CopyAsync(Stream from, FileStream to, CancellationToken cancellationToken)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[BufferSize];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            md5.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }

        return md5.GetHashAndReset();
    }

    /// <summary>Copies some bytes.</summary>
    public static async Task CopyAsync(Stream from, Stream to, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
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
}
