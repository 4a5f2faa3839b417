using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowBuild.Testing;

/// <summary>
/// An HTTP server on loopback over bare sockets, so that a test decides about every byte: it plays transcripts, or whatever a script
/// writes, and records what it received. What the script waits for, the client waits for.
/// </summary>
public sealed class ReplayServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<ReplayConnection, Task> _play;
    private readonly Task _accepting;
    private int _connectionCount;

    private ReplayServer(Func<ReplayConnection, Task> play)
    {
        _play = play;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Origin = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri Origin { get; }

    /// <summary>The scoring URI.</summary>
    public Uri ScoringUri => new(Origin, "/score");

    /// <summary>What was received, in order of arrival.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    /// <summary>How many connections were opened.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>Answers every request as a script says. A script that returns leaves the connection open for the next request.</summary>
    public static ReplayServer Start(Func<ReplayConnection, Task> play) => new(play);

    /// <summary>Answers each request with the next of the transcripts, and those after the last one with the last.</summary>
    public static ReplayServer Start(params Transcript[] transcripts)
    {
        var next = -1;
        return new(connection =>
            connection.PlayAsync(transcripts[Math.Min(Interlocked.Increment(ref next), transcripts.Length - 1)]));
    }

    /// <summary>Answers every request with one complete answer.</summary>
    public static ReplayServer Start(string statusLine, string body, params string[] headers) =>
        new(connection => connection.AnswerAsync(statusLine, body, headers));

    /// <summary>Stops listening and closes what is open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            Interlocked.Increment(ref _connectionCount);
            _connections.Add(ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = new ReplayConnection(socket, _stopping.Token);
        try
        {
            while (await connection.ReceiveAsync() is { } request)
            {
                _requests.Enqueue(request);
                await _play(connection);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException or IOException)
        {
            // The client closed, the script cut, or the test is over.
        }
    }
}

/// <summary>What a client sent.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The headers, by name without regard to case.</param>
/// <param name="Body">The body as text.</param>
public sealed record ReceivedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>One connection of a <see cref="ReplayServer"/>, as its script sees it.</summary>
public sealed class ReplayConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly CancellationToken _stopping;
    private readonly byte[] _buffer = new byte[65_536];
    private int _start;
    private int _end;

    internal ReplayConnection(Socket socket, CancellationToken stopping)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _stopping = stopping;
    }

    /// <summary>The request that is to be answered.</summary>
    public ReceivedRequest Request { get; private set; } = new("", "", new Dictionary<string, string>(), "");

    /// <summary>Cancelled when the test is over; what a script waits for should end with it.</summary>
    public CancellationToken Stopping => _stopping;

    /// <summary>Sends text as it is.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes as they are.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes, _stopping).AsTask();

    /// <summary>Sends a whole answer with its length.</summary>
    public Task AnswerAsync(string statusLine, string body, params string[] headers)
    {
        var length = string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}");
        return SendAsync(string.Join("\r\n", [$"HTTP/1.1 {statusLine}", .. headers, length, "", body]));
    }

    /// <summary>Sends the head of an answer that comes in chunks.</summary>
    public Task StartChunksAsync(string contentType = "text/event-stream; charset=utf-8", string statusLine = "200 OK") =>
        SendAsync($"HTTP/1.1 {statusLine}\r\nTransfer-Encoding: chunked\r\nContent-Type: {contentType}\r\n\r\n");

    /// <summary>Sends one chunk.</summary>
    public Task SendChunkAsync(string text) =>
        SendAsync(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n"));

    /// <summary>Ends an answer that comes in chunks.</summary>
    public Task EndChunksAsync() => SendAsync("0\r\n\r\n");

    /// <summary>Answers as a transcript says, cut where it was cut.</summary>
    public async Task PlayAsync(Transcript transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        await SendAsync(transcript.AnswerHead);
        foreach (var piece in transcript.Pieces())
        {
            await (transcript.IsChunked ? SendChunkAsync(piece) : SendAsync(piece));
        }

        if (transcript.IsCut)
        {
            Cut();
        }
        else if (transcript.IsChunked)
        {
            await EndChunksAsync();
        }
    }

    /// <summary>Closes the connection in order, in the middle of whatever was being sent.</summary>
    public void Cut() => _stream.Dispose();

    /// <summary>Resets the connection, as a process does that dies.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _stream.Dispose();
    }

    /// <summary>Returns when the client has closed the connection.</summary>
    public async Task WaitUntilClosedAsync()
    {
        try
        {
            while (await _stream.ReadAsync(_buffer, _stopping) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset by the client: closed as well.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    internal async Task<ReceivedRequest?> ReceiveAsync()
    {
        var head = new StringBuilder();
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                head.Append(line).Append('\n');
                continue;
            }

            var lines = head.ToString().TrimEnd('\n').Split('\n');
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var header in lines.Skip(1))
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                headers[header[..colon]] = header[(colon + 1)..].Trim();
            }

            var first = lines[0].Split(' ');
            return Request = new ReceivedRequest(first[0], first[1], headers, await ReadBodyAsync(headers));
        }

        return null;
    }

    private async Task<string> ReadBodyAsync(Dictionary<string, string> headers)
    {
        using var body = new MemoryStream();
        if (headers.TryGetValue("Content-Length", out var length))
        {
            await CopyAsync(body, int.Parse(length, CultureInfo.InvariantCulture));
        }
        else if (headers.TryGetValue("Transfer-Encoding", out var encoding) && encoding == "chunked")
        {
            while (int.Parse((await ReadLineAsync())!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var chunk)
            {
                await CopyAsync(body, chunk);
                await ReadLineAsync();
            }

            await ReadLineAsync();
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    private async Task CopyAsync(MemoryStream target, int count)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new IOException("The client closed in the middle of its request.");
            }

            var part = Math.Min(count, _end - _start);
            target.Write(_buffer, _start, part);
            _start += part;
            count -= part;
        }
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (_start < _end || await FillAsync())
        {
            var c = (char)_buffer[_start++];
            if (c == '\n')
            {
                return line.ToString();
            }

            if (c != '\r')
            {
                line.Append(c);
            }
        }

        return null;
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer, _stopping);
        return _end > 0;
    }
}
