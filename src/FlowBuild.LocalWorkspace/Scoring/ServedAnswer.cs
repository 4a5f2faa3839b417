namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Where an answer's values come from.</summary>
internal enum AnswerOrigin
{
    /// <summary>From the request and the flow file alone, as the real server would.</summary>
    Computed,

    /// <summary>From a row that the flow folder holds for these inputs.</summary>
    Recorded,

    /// <summary>From the contract.</summary>
    MadeUp,
}

/// <summary>What a container answers.</summary>
/// <param name="Status">The container's own status.</param>
/// <param name="ContentType">Type of the content.</param>
/// <param name="Body">The content, or null for a stream.</param>
/// <param name="Events">The events of a stream, each as it goes over the wire.</param>
/// <param name="Origin">Where the values come from; null for answers without values.</param>
/// <param name="Headers">Further headers.</param>
internal sealed record ServedAnswer(
    int Status,
    string ContentType,
    string? Body,
    IReadOnlyList<string>? Events = null,
    AnswerOrigin? Origin = null,
    IReadOnlyDictionary<string, string>? Headers = null);

/// <summary>Ends a request as the server's own error handler does.</summary>
internal sealed class ScoringException : Exception
{
    public ScoringException()
        : this("")
    {
    }

    public ScoringException(string message)
        : base(message)
    {
    }

    public ScoringException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The HTTP status of the container.</summary>
    public int Status { get; private init; } = 400;

    /// <summary><c>UserError</c> or <c>SystemError</c>.</summary>
    public string Code => Status >= 500 ? "SystemError" : "UserError";

    /// <summary>500: what Python said.</summary>
    public static ScoringException System(string message) => new(message) { Status = 500 };

    /// <summary>406.</summary>
    public static ScoringException NotAcceptable(string message) => new(message) { Status = 406 };
}
