using System.Runtime.CompilerServices;

namespace FlowBuild;

/// <summary>
/// The body of an event stream, with a bound to what one event may hold, to how long it may take, and to how long the server may be silent. A body that ends in the
/// middle of an event was cut, also where the server promised no length and the transport cannot tell.
/// </summary>
internal sealed class FlowEventStream : Stream
{
    private readonly Stream _body;
    private readonly FlowDeadline _deadline;
    private readonly FlowUpdateLimit _limit;
    private readonly int _maxEventSize;
    private readonly HttpResponseMessage _response;
    private readonly string? _clientRequestId;
    private long _sinceLastEvent;
    private bool _isLimited;

    // The last three bytes, newest lowest. A stream that has not begun is at no event.
    private int _tail = '\n' << 8 | '\n';

    public FlowEventStream(Stream body, FlowDeadline deadline, FlowUpdateLimit limit, int maxEventSize, HttpResponseMessage response, string? clientRequestId)
    {
        _body = body;
        _deadline = deadline;
        _limit = limit;
        _maxEventSize = maxEventSize;
        _response = response;
        _clientRequestId = clientRequestId;
        deadline.Pause();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Says that the parser has an event whole, and so holds no more than what it has not looked at.</summary>
    public void EventBegan()
    {
        _sinceLastEvent = 0;
        _limit.Restart();
    }

    /// <summary>What ended a stream that had begun, when its time was up.</summary>
    public TimeoutException TimeIsUp(Exception innerException) => _isLimited ? _limit.TimeIsUp(innerException) : _deadline.SilentTooLong(innerException);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = _body.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Checked(buffer.Span[..read.Result])) : WaitAsync(read, buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read, Memory<byte> buffer)
    {
        _isLimited = _deadline.Restart(_limit.Left);
        _limit.Begin();
        try
        {
            var count = await read.ConfigureAwait(false);
            return Checked(buffer.Span[..count]);
        }
        finally
        {
            _limit.End();
            _deadline.Pause();
        }
    }

    private int Checked(ReadOnlySpan<byte> read)
    {
        if (read.IsEmpty && !EndsWithBlankLine())
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The stream ended in the middle of an event.");
        }

        foreach (var value in read[Math.Max(0, read.Length - 3)..])
        {
            _tail = _tail << 8 | value;
        }

        // The parser keeps an event until it is whole, and comments for ever: both count.
        _sinceLastEvent += read.Length;
        return _sinceLastEvent <= _maxEventSize ? read.Length : throw FlowHttp.TooLarge("update", _maxEventSize, _response, _clientRequestId);
    }

    // A line ends in \n, \r or \r\n.
    private bool EndsWithBlankLine()
    {
        var lineEnd = (_tail & 0xFFFF) == ('\r' << 8 | '\n') ? 2 : 1;
        return IsLineEnd(_tail) && IsLineEnd(_tail >> (8 * lineEnd));

        static bool IsLineEnd(int value) => (value & 0xFF) is '\r' or '\n';
    }
}
