namespace FlowBuild;

/// <summary>
/// A stream ended before its end: the connection was cut, which is how a server reports a failure in the middle of a stream, or nothing
/// came within <see cref="FlowClientOptions.Timeout"/> (then the inner exception is a <see cref="TimeoutException"/>).
/// </summary>
public class FlowStreamInterruptedException : IOException
{
    /// <summary>Makes an exception, as a client does and as a test of a caller may.</summary>
    public FlowStreamInterruptedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How many updates arrived whole, and were given to the caller.</summary>
    public long UpdateCount { get; init; }

    /// <summary>What arrived: the JSON of each update, one a line, cut after 65 536 bytes. It holds what the flow said.</summary>
    public string Received { get; init; } = "";
}
