using System.Diagnostics;

namespace FlowBuild;

/// <summary>
/// Ends a call when its caller cancels it or when its time is up, and tells the two apart as <see cref="HttpClient"/> does: the caller's
/// own token in the one exception, a <see cref="TimeoutException"/> inside the other.
/// </summary>
internal sealed class FlowDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;

    /// <summary>Starts to count.</summary>
    public FlowDeadline(TimeSpan timeout, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        Restart();
    }

    public CancellationToken Token => _source.Token;

    public bool IsCancelledByCaller => _caller.IsCancellationRequested;

    /// <summary>Counts from now.</summary>
    public void Restart() => _source.CancelAfter(_timeout);

    /// <summary>Counts from now, for at most <paramref name="limit"/>; zero ends the call at once.</summary>
    /// <returns>Whether the limit is what will end the call.</returns>
    public bool Restart(TimeSpan limit)
    {
        var isShorter = limit != Timeout.InfiniteTimeSpan && (limit < _timeout || _timeout == Timeout.InfiniteTimeSpan);
        if (limit == TimeSpan.Zero)
        {
            _source.Cancel();
        }
        else
        {
            _source.CancelAfter(isShorter ? limit : _timeout);
        }

        return isShorter;
    }

    /// <summary>Stops to count: the time that the caller takes is not the endpoint's.</summary>
    public void Pause() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Waits for <paramref name="task"/> and throws what ended it, as <see cref="ThrowReason"/> does.</summary>
    public async Task<T> GuardAsync<T>(Task<T> task, Activity? activity)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            ThrowReason(exception, activity);
            throw;
        }
    }

    /// <summary>
    /// Throws what really ended the call, when <paramref name="exception"/> only says that it was cancelled or, as a transport may when it
    /// is cancelled, that it broke; returns otherwise. Marks the span as failed in either case.
    /// </summary>
    public void ThrowReason(Exception exception, Activity? activity)
    {
        activity.Fail(exception);
        if (exception is not (OperationCanceledException or IOException))
        {
            return;
        }

        if (_caller.IsCancellationRequested)
        {
            throw new TaskCanceledException("The call was cancelled.", exception, _caller);
        }

        if (_source.IsCancellationRequested)
        {
            var timeIsUp = new TimeoutException($"The answer did not come within {Waited}.", exception);
            throw new TaskCanceledException("The call was cancelled: " + timeIsUp.Message, timeIsUp, _source.Token);
        }
    }

    /// <summary>What ended a stream that had begun, when the endpoint no longer sent anything.</summary>
    public TimeoutException SilentTooLong(Exception innerException) => new($"The endpoint sent nothing for {Waited}.", innerException);

    private string Waited => $"{_timeout:c}, the client's 'Timeout'";

    public void Dispose() => _source.Dispose();
}
