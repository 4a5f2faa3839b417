using System.Buffers;

namespace FlowBuild;

/// <summary>A whole answer in a pooled buffer, of bounded size.</summary>
internal readonly struct FlowResponseBody : IDisposable
{
    private const int InitialSize = 4096;

    // A server may promise any length: what it promises is believed up to here.
    private const int BelievedSize = 1024 * 1024;

    private readonly byte[] _buffer;
    private readonly int _length;

    private FlowResponseBody(byte[] buffer, int length, bool isWhole)
    {
        _buffer = buffer;
        _length = length;
        IsWhole = isWhole;
    }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Whether the answer ended within the bound.</summary>
    public bool IsWhole { get; }

    /// <summary>Reads at most <paramref name="maxSize"/> bytes; when more come, they are left unread and the body is not whole.</summary>
    public static async ValueTask<FlowResponseBody> ReadAsync(HttpContent content, int maxSize, CancellationToken cancellationToken)
    {
        var promised = content.Headers.ContentLength ?? InitialSize;
        if (promised > maxSize)
        {
            promised = Math.Min(maxSize, BelievedSize);
        }

        // One byte more than promised, so that the end is seen without growing.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(promised, BelievedSize) + 1);

        // When a read fails, the buffer is left to the collector: the stream of a handler of one's own may still write into it.
        var length = 0;
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return new(buffer, length, isWhole: true);
            }

            length += read;
            if (length > maxSize)
            {
                return new(buffer, maxSize, isWhole: false);
            }

            if (length == buffer.Length)
            {
                buffer = Grown(buffer);
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static byte[] Grown(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, Array.MaxLength));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
