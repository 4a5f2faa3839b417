namespace FlowBuild;

/// <summary>
/// How long one update of a stream may keep its reader waiting. Bytes that come now and then restart the wait for the next byte; this
/// adds up all the waits since the last whole update.
/// </summary>
internal sealed class FlowUpdateLimit(TimeSpan limit, TimeProvider time)
{
    private TimeSpan _waited;
    private long _began;

    /// <summary>How long its reader may still wait; infinite without a limit.</summary>
    public TimeSpan Left => limit == Timeout.InfiniteTimeSpan ? limit : limit > _waited ? limit - _waited : TimeSpan.Zero;

    /// <summary>The next update begins.</summary>
    public void Restart() => _waited = TimeSpan.Zero;

    /// <summary>A wait begins.</summary>
    public void Begin() => _began = time.GetTimestamp();

    /// <summary>A wait ends.</summary>
    public void End() => _waited += time.GetElapsedTime(_began);

    /// <summary>What ended the stream.</summary>
    public TimeoutException TimeIsUp(Exception innerException) =>
        new($"No whole update came within {limit:c}, the client's 'UpdateTimeout'.", innerException);
}
