using System.Net;
using System.Runtime.CompilerServices;

namespace FlowBuild;

/// <summary>The body of an event stream, with a bound to what one event may hold and to how long the server may be silent.</summary>
internal sealed class FlowEventStream : Stream
{
    private readonly Stream _body;
    private readonly FlowDeadline _deadline;
    private readonly int _maxEventSize;
    private readonly HttpStatusCode _status;
    private long _sinceLastEvent;

    public FlowEventStream(Stream body, FlowDeadline deadline, int maxEventSize, HttpStatusCode status)
    {
        _body = body;
        _deadline = deadline;
        _maxEventSize = maxEventSize;
        _status = status;
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
    public void EventBegan() => _sinceLastEvent = 0;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = _body.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Counted(read.Result)) : WaitAsync(read);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read)
    {
        _deadline.Restart();
        try
        {
            return Counted(await read.ConfigureAwait(false));
        }
        finally
        {
            _deadline.Pause();
        }
    }

    // The parser keeps an event until it is whole, and comments for ever: both count.
    private int Counted(int read)
    {
        _sinceLastEvent += read;
        return _sinceLastEvent <= _maxEventSize ? read : throw FlowHttp.TooLarge("update", _maxEventSize, _status);
    }
}
