using System.Buffers;
using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace FlowBuild;

/// <summary>Reads the updates out of an event stream as they come, and says what had come when it is cut.</summary>
internal sealed class FlowUpdateReader<TUpdate> : IAsyncDisposable
{
    private readonly FlowEventStream _stream;
    private readonly FlowJsonReader<TUpdate> _read;
    private readonly FlowDeadline _deadline;
    private readonly Activity? _activity;
    private readonly IAsyncEnumerator<SseItem<TUpdate>> _events;

    private long _updateCount;
    private byte[] _received = ArrayPool<byte>.Shared.Rent(1024);
    private int _receivedLength;

    public FlowUpdateReader(FlowEventStream stream, FlowJsonReader<TUpdate> read, FlowDeadline deadline, Activity? activity)
    {
        _stream = stream;
        _read = read;
        _deadline = deadline;
        _activity = activity;
        _events = SseParser.Create(stream, ParseEvent).EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
    }

    public TUpdate Current => _events.Current.Data;

    /// <summary>Goes to the next update; false at the stream's end.</summary>
    /// <exception cref="FlowStreamInterruptedException">The stream was cut, or nothing, or no whole update, came in time.</exception>
    public ValueTask<bool> MoveNextAsync()
    {
        // What has already arrived no longer matters to who cancelled, and the parser would go on with it.
        var next = _deadline.IsCancelledByCaller ? ValueTask.FromCanceled<bool>(_deadline.Token) : _events.MoveNextAsync();
        return next.IsCompletedSuccessfully ? next : WaitAsync(next);
    }

    public async ValueTask DisposeAsync()
    {
        _activity?.SetTag("flow.updates", _updateCount);
        await _events.DisposeAsync().ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(_received);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(ValueTask<bool> next)
    {
        try
        {
            return await next.ConfigureAwait(false);
        }
        catch (Exception exception) when (IsCut(exception))
        {
            var timeIsUp = exception is OperationCanceledException ? _stream.TimeIsUp(exception) : null;
            var interrupted = new FlowStreamInterruptedException(
                $"The stream was interrupted after {_updateCount} update(s): {timeIsUp?.Message ?? "the connection was cut."}", timeIsUp ?? FlowHttp.WithoutQuotes(exception))
            {
                UpdateCount = _updateCount,
                Received = BoundedText.Of(_received.AsSpan(0, _receivedLength)),
            };
            _activity.Fail(interrupted);
            throw interrupted;
        }
        catch (Exception exception)
        {
            _deadline.ThrowReason(exception, _activity);
            throw;
        }
    }

    private bool IsCut(Exception exception) =>
        !_deadline.IsCancelledByCaller && (exception is IOException || (exception is OperationCanceledException && _deadline.Token.IsCancellationRequested));

    private TUpdate ParseEvent(string type, ReadOnlySpan<byte> data)
    {
        _stream.EventBegan();
        var update = FlowEndpoint.Parse(data, _read, "update");
        Remember(data);
        _updateCount++;
        return update;
    }

    private void Remember(ReadOnlySpan<byte> data)
    {
        var length = Math.Min(data.Length, BoundedText.MaxBytes - _receivedLength - 1);
        if (length < 0)
        {
            return;
        }

        if (_receivedLength + length + 1 > _received.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(BoundedText.MaxBytes, (_receivedLength + length + 1) * 2));
            _received.AsSpan(0, _receivedLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_received);
            _received = larger;
        }

        data[..length].CopyTo(_received.AsSpan(_receivedLength));
        _receivedLength += length;
        _received[_receivedLength++] = (byte)'\n';
    }
}
