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

    /// <summary>From the test that deployed the flow.</summary>
    Given,
}

/// <summary>What a container answers.</summary>
/// <param name="Status">The container's own status.</param>
/// <param name="ContentType">Type of the content, or null when there is none.</param>
/// <param name="Body">The content, or null for a stream.</param>
/// <param name="Events">The events of a stream, each as it goes over the wire. When their enumeration fails, the connection is cut there.</param>
/// <param name="Origin">Where the values come from; null for answers without values.</param>
/// <param name="Headers">Further headers.</param>
/// <param name="IsRefusal">Whether the gateway answers, and the container was not asked.</param>
internal sealed record ServedAnswer(
    int Status,
    string? ContentType,
    string? Body,
    IAsyncEnumerable<string>? Events = null,
    AnswerOrigin? Origin = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    bool IsRefusal = false);

/// <summary>Ends a request as the server's own error handler does.</summary>
internal sealed class ScoringException : Exception
{
    private string? _code;

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

    /// <summary><c>UserError</c> or <c>SystemError</c>, or a code that no server has.</summary>
    public string Code => _code ?? (Status >= 500 ? "SystemError" : "UserError");

    /// <summary>500: what Python said.</summary>
    public static ScoringException System(string message) => new(message) { Status = 500 };

    /// <summary>A failure of the flow with a status of its own.</summary>
    public static ScoringException WithStatus(int status, string message) => new(message) { Status = status };

    /// <summary>500: the test that says the answers is wrong itself. Its code shows that in the client's exception.</summary>
    public static ScoringException OfTest(string message) => new(message) { Status = 500, _code = "WrongTestAnswer" };

    /// <summary>406.</summary>
    public static ScoringException NotAcceptable(string message) => new(message) { Status = 406 };
}
