using System.Net;
using System.Net.Sockets;

namespace FlowBuild;

/// <summary>
/// A connection of HTTP/1.1 that sends no request once the server has closed it. <see cref="SocketsHttpHandler"/> looks for that when it
/// takes a connection from its pool; a connection that is closed between that look and the first byte is noticed here. A failure after the
/// first byte tells nothing about what the server has read.
/// </summary>
internal sealed class FlowConnection : Stream
{
    private static readonly HttpRequestOptionsKey<Socket> SocketOption = new("FlowBuild.Socket");

    private readonly Stream _stream;
    private readonly Socket _socket;
    private bool _isSending;

    private FlowConnection(Stream stream, Socket socket)
    {
        _stream = stream;
        _socket = socket;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Connects as <see cref="SocketsHttpHandler"/> does by itself, and keeps the socket for <see cref="Wrap"/>.</summary>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        context.InitialRequestMessage.Options.Set(SocketOption, socket);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The connection as requests are written to it, after TLS. HTTP/2 sends several requests at once and stays as it is.</summary>
    public static ValueTask<Stream> Wrap(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken) => new(
        context.NegotiatedHttpVersion == HttpVersion.Version11 && context.InitialRequestMessage.Options.TryGetValue(SocketOption, out var socket)
            ? new FlowConnection(context.PlaintextStream, socket)
            : context.PlaintextStream);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Nothing is read while a request is being written; the first write after a read begins the next request.
        _isSending = false;
        return _stream.ReadAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isSending && IsClosed())
        {
            return ValueTask.FromException(new UnsentRequestException());
        }

        _isSending = true;
        return _stream.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _stream.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count)
    {
        _isSending = false;
        return _stream.Read(buffer, offset, count);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!_isSending && IsClosed())
        {
            throw new UnsentRequestException();
        }

        _isSending = true;
        _stream.Write(buffer, offset, count);
    }

    public override void Flush() => _stream.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    // A socket that can be read and has no bytes was closed or reset by the server.
    private bool IsClosed()
    {
        try
        {
            return _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}

/// <summary>The server had closed the connection before the first byte of the request was sent: the flow has not seen it.</summary>
internal sealed class UnsentRequestException : IOException
{
    public UnsentRequestException()
        : base("The server closed the idle connection before the request was sent.")
    {
    }
}
