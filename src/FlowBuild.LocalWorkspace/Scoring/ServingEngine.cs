namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>What differs between the two engines of the serving app: how they read <c>Accept</c>, write JSON and refuse routes.</summary>
internal abstract class ServingEngine
{
    private static readonly string[] JsonTypes = ["application/json", "application/*", "*/*"];

    /// <summary>The engine that a value of <c>PROMPTFLOW_SERVING_ENGINE</c> names; Flask by default.</summary>
    public static ServingEngine Named(string? name) =>
        string.Equals(name, "fastapi", StringComparison.OrdinalIgnoreCase) ? new FastApiEngine() : new FlaskEngine();

    /// <summary>How the engine writes JSON bodies.</summary>
    protected abstract PythonJsonFormat Format { get; }

    /// <summary>What the engine writes after a JSON body.</summary>
    protected virtual string BodyEnd => "";

    /// <summary>The media types that an <c>Accept</c> header names, as the engine compares them.</summary>
    protected abstract IReadOnlyList<string> AcceptedTypes(string accept);

    /// <summary>Whether a caller takes an answer that is no stream.</summary>
    public bool AcceptsJson(string accept)
    {
        var types = AcceptedTypes(accept);
        return types.Count == 0 || types.Any(JsonTypes.Contains);
    }

    /// <summary>The headers that let pages of other sites read the answer.</summary>
    /// <param name="origin">The request's <c>Origin</c> header, "" when there is none.</param>
    public abstract IEnumerable<(string Name, string Value)> CorsHeaders(string origin);

    /// <summary>Whether a caller wants events where there are any.</summary>
    public abstract bool WantsEvents(string accept);

    /// <summary>Writes a JSON body.</summary>
    /// <exception cref="ScoringException">The engine cannot write the value.</exception>
    public virtual string Write(PythonValue value) => Format.Write(value) + BodyEnd;

    /// <summary>What the engine says when a stream that it was to join failed with a message.</summary>
    public abstract string BrokenStreamMessage(string message);

    /// <summary>What the engine says to a method that a known route does not have, or to an unknown route.</summary>
    public abstract ServedAnswer NoRoute(string method, string path, string host, string? allowed);

    /// <summary>Refuses a caller that takes nothing the answer can be.</summary>
    /// <returns>Whether the answer is to be a stream.</returns>
    public bool ChoosesEvents(string accept, bool hasStream)
    {
        var types = AcceptedTypes(accept);
        if (hasStream && types.Contains("text/event-stream"))
        {
            return true;
        }

        if (AcceptsJson(accept))
        {
            return false;
        }

        var supported = hasStream ? "text/event-stream, application/json" : "application/json";
        throw ScoringException.NotAcceptable(
            $"Media type {string.Join(',', types.Order(StringComparer.Ordinal))} in Accept header is not acceptable. Supported media type(s) - {supported}");
    }

    /// <summary>A JSON error body.</summary>
    public ServedAnswer Error(ScoringException error) => new(error.Status, "application/json", Write(PythonValue.Dict(
        ("error", PythonValue.Dict(("code", PythonValue.Of(error.Code)), ("message", PythonValue.Of(error.Message)))))));

    /// <summary>A JSON answer that is always the same.</summary>
    public ServedAnswer Json(PythonValue value) => new(200, "application/json", Write(value));

    private sealed class FlaskEngine : ServingEngine
    {
        protected override PythonJsonFormat Format { get; } = new(IsAscii: true, IsSorted: true, IsCompact: true);

        protected override string BodyEnd => "\n";

        public override IEnumerable<(string Name, string Value)> CorsHeaders(string origin) => origin.Length == 0
            ? [("Access-Control-Allow-Origin", "*")]
            : [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")];

        public override bool WantsEvents(string accept) => AcceptedTypes(accept).Contains("text/event-stream");

        // Reads qualities, keeps all other parameters as part of the type.
        protected override IReadOnlyList<string> AcceptedTypes(string accept) =>
        [
            .. accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(static part => string.Join("; ", part.Split(';', StringSplitOptions.TrimEntries)
                    .Where(static (piece, index) => index == 0 || !piece.StartsWith("q=", StringComparison.OrdinalIgnoreCase)))),
        ];

        public override string BrokenStreamMessage(string message) => message;

        public override ServedAnswer NoRoute(string method, string path, string host, string? allowed) => new(
            404, "text/html; charset=utf-8",
            $"The requested api '{path}' with {method} is not supported by current app, if you entered the URL manually please check your spelling and try again.");
    }

    private sealed class FastApiEngine : ServingEngine
    {
        protected override PythonJsonFormat Format { get; } = new(IsAscii: false, IsSorted: false, IsCompact: true);

        public override IEnumerable<(string Name, string Value)> CorsHeaders(string origin) =>
            origin.Length == 0 ? [] : [("Access-Control-Allow-Origin", "*")];

        public override string Write(PythonValue value) => HasUnwritableNumber(value)
            ? throw ScoringException.System("Out of range float values are not JSON compliant")
            : base.Write(value);

        public override bool WantsEvents(string accept) => accept.Contains("text/event-stream", StringComparison.Ordinal);

        // Compares whole parts.
        protected override IReadOnlyList<string> AcceptedTypes(string accept) =>
            accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        public override string BrokenStreamMessage(string message) => "can only join an iterable";

        public override ServedAnswer NoRoute(string method, string path, string host, string? allowed)
        {
            if (path == "score/")
            {
                return new ServedAnswer(307, null, "", Headers: new Dictionary<string, string> { ["Location"] = $"http://{host}/score" });
            }

            if (allowed is not null)
            {
                return new ServedAnswer(
                    405, "application/json", "{\"detail\":\"Method Not Allowed\"}", Headers: new Dictionary<string, string> { ["Allow"] = allowed });
            }

            return new ServedAnswer(
                404, "text/html; charset=utf-8",
                $"The requested api http://{host}/{path} with {method} is not supported by current app, if you entered the URL manually please check your spelling and try again.");
        }

        private static bool HasUnwritableNumber(PythonValue value) => value switch
        {
            PythonFloat number => !double.IsFinite(number.Value),
            PythonList list => list.Items.Any(HasUnwritableNumber),
            PythonDict dict => dict.Members.Any(static m => HasUnwritableNumber(m.Value)),
            _ => false,
        };
    }
}
