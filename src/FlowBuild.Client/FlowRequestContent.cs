using System.Buffers;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowBuild;

/// <summary>
/// A request's body in a pooled buffer. It can be sent more than once, so that a handler may repeat a request. The buffer goes back to
/// the pool with <see cref="HttpContent.Dispose()"/>, unless a transport is still sending it.
/// </summary>
internal sealed class FlowRequestContent : HttpContent, IBufferWriter<byte>
{
    private const int InitialSize = 4096;

    // Most text stays UTF-8: the server reads JSON from UTF-8, and the body is never part of a page. Escapes would double many languages.
    // What is written is generated, so its structure is not checked again at every call.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _idleWriter;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _length;
    private int _sending;

    private FlowRequestContent() => Headers.TryAddWithoutValidation("Content-Type", "application/json");

    /// <summary>Writes a body with <paramref name="write"/>.</summary>
    public static FlowRequestContent Of<TInput>(TInput input, FlowJsonWriter<TInput> write)
    {
        var content = new FlowRequestContent();

        // Taken out of its place while in use: a writer of the user's may well write another body.
        var writer = _idleWriter ?? new Utf8JsonWriter(content, WriterOptions);
        _idleWriter = null;
        writer.Reset(content);
        try
        {
            write(writer, input);
            writer.Flush();
        }
        catch
        {
            content.Dispose();
            throw;
        }

        writer.Reset(Nowhere.Instance);
        _idleWriter = writer;
        return content;
    }

    void IBufferWriter<byte>.Advance(int count) => _length += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => Room(sizeHint).AsMemory(_length);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => Room(sizeHint).AsSpan(_length);

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sending);
        try
        {
            var buffer = Volatile.Read(ref _buffer);
            ObjectDisposedException.ThrowIf(buffer is null, this);
            await stream.WriteAsync(buffer.AsMemory(0, _length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _sending);
        }
    }

    protected override void Dispose(bool disposing)
    {
        // An endpoint may answer before it has read the request, and HTTP/2 goes on sending then: such a buffer is left to the collector.
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer && Volatile.Read(ref _sending) == 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        base.Dispose(disposing);
    }

    private byte[] Room(int sizeHint)
    {
        var buffer = _buffer!;
        var wanted = _length + Math.Max(sizeHint, 1);
        if (wanted <= buffer.Length)
        {
            return buffer;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, (int)Math.Min(buffer.Length * 2L, Array.MaxLength)));
        buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return _buffer = larger;
    }

    // Where the kept writer points between two bodies, so that it holds on to none.
    private sealed class Nowhere : IBufferWriter<byte>
    {
        public static readonly Nowhere Instance = new();

        public void Advance(int count) => throw new NotSupportedException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();
    }
}
