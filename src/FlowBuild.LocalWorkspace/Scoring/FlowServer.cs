using System.Runtime.CompilerServices;
using System.Text;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>The routes of prompt flow's serving app.</summary>
internal static class FlowServer
{
    /// <summary>The version of promptflow-core whose behaviour this is.</summary>
    public const string Version = "1.18.0";

    // What the server calls an output to which code gives no name.
    private const string UnnamedOutput = "output";

    private static readonly PythonJsonFormat EventFormat = new(IsAscii: true, IsSorted: false, IsCompact: false);

    /// <summary>Answers a request to a container.</summary>
    /// <param name="flow">What the container serves.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path without a slash at its front.</param>
    /// <param name="host">What the request says the host is.</param>
    /// <param name="accept">The <c>Accept</c> header, "" when there is none.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public static async Task<ServedAnswer> AnswerAsync(
        ServedFlow flow, string method, string path, string host, string accept, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            return (path, method) switch
            {
                ("score", "POST") => await ScoreAsync(flow, accept, body, cancellationToken).ConfigureAwait(false),
                ("health", "GET") => flow.Engine.Json(PythonValue.Dict(("status", PythonValue.Of("Healthy")), ("version", PythonValue.Of(Version)))),
                ("version", "GET") => flow.Engine.Json(PythonValue.Dict(
                    ("status", PythonValue.Of("Healthy")), ("build_info", PythonValue.Of(flow.BuildInfo)), ("version", PythonValue.Of(Version)))),
                ("swagger.json", "GET") => flow.Engine.Json(FlowSwagger.Describe(flow)),
                ("feedback", "POST") => flow.Engine.Json(PythonValue.Dict(("status", PythonValue.Of("Feedback received.")))),
                _ => flow.Engine.NoRoute(method, path, host, path switch
                {
                    "score" or "feedback" => "POST",
                    "health" or "version" or "swagger.json" => "GET",
                    _ => null,
                }),
            };
        }
        catch (ScoringException e)
        {
            return flow.Engine.Error(e);
        }
    }

    private static async Task<ServedAnswer> ScoreAsync(ServedFlow flow, string accept, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var inputs = FlowInputs.Read(flow.Contract, body.Span);
        var wantsEvents = flow.Engine.WantsEvents(accept);
        var given = await GivenAnswer.AskAsync(flow, inputs, wantsEvents, cancellationToken).ConfigureAwait(false);
        FlowResult result;
        switch (given)
        {
            case GivenAnswer.Refusal refusal:
                return refusal.Write();
            case GivenAnswer.Failure failure:
                throw ScoringException.WithStatus(failure.Status, failure.Message);
            case GivenAnswer.Result { Value: var value }:
                result = GivenAnswer.Complete(flow, inputs, value);
                break;
            default:
                result = FlowAnswers.For(flow, inputs);
                break;
        }

        // A bare result that is a generator is an output without a name.
        var outputs = result.Value is PythonGenerator ? PythonValue.Dict((UnnamedOutput, result.Value)) : result.Value as PythonDict;
        var streamed = wantsEvents && outputs is not null ? StreamedOutput(flow, outputs, TextsOfCode(flow, accept, given)) : null;
        if (flow.Engine.ChoosesEvents(accept, streamed is not null))
        {
            return new ServedAnswer(200, "text/event-stream; charset=utf-8", null, EventsAsync(outputs!, streamed!, cancellationToken), result.Origin);
        }

        var whole = await JoinAsync(flow.Engine, result.Value, cancellationToken).ConfigureAwait(false);
        return new ServedAnswer(200, "application/json", flow.Engine.Write(whole), Origin: result.Origin);
    }

    /// <summary>
    /// The output that arrives piece by piece: the one that is a generator. An llm node streams when it can; whether a python node gives a
    /// generator, only its code says: where no test speaks for it, the local workspace takes its whole result for one when it is the only
    /// candidate, or the chat output.
    /// </summary>
    private static string? StreamedOutput(ServedFlow flow, PythonDict outputs, IReadOnlyList<string> texts)
    {
        var generators = outputs.Members.Where(static o => o.Value is PythonGenerator).Select(static o => o.Key).ToList();
        var candidates = flow.Contract.Outputs
            .Where(o => o.CanStream && flow.ReferenceOf(o).IsWholeNode && outputs.Find(o.Name) is PythonString && !texts.Contains(o.Name)).ToList();
        var models = candidates.Where(output => NodeTypeOf(flow, output) == "llm").ToList();
        if (generators.Count + models.Count > 1)
        {
            throw new ScoringException("Multiple stream output fields not supported.");
        }

        return (generators, candidates, models) switch
        {
            ([var generator], _, _) => generator,
            (_, [var only], _) => only.Name,
            (_, _, [var model]) => model.Name,
            _ => candidates.Find(output => output.Name == flow.Contract.Chat?.Output)?.Name,
        };
    }

    // A test that gives a text for a python node says that its code returns one. A caller that takes JSON as well gets it word by word all
    // the same, so that a client can be tried; one that takes events alone is refused, as the server does.
    private static IReadOnlyList<string> TextsOfCode(ServedFlow flow, string accept, GivenAnswer given) =>
        given is GivenAnswer.Result { Value: PythonDict dict } && !flow.Engine.AcceptsJson(accept)
            ? [.. flow.Contract.Outputs.Where(o => dict.Find(o.Name) is PythonString && NodeTypeOf(flow, o) != "llm").Select(static o => o.Name)]
            : [];

    private static string? NodeTypeOf(ServedFlow flow, ContractOutput output)
    {
        var node = flow.ReferenceOf(output).Name;
        return flow.Definition.Nodes.FirstOrDefault(n => n.Name == node)?.Type;
    }

    // First one event with all that does not stream, then one for each piece. There is no end mark.
    private static async IAsyncEnumerable<string> EventsAsync(
        PythonDict outputs, string streamed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var whole = outputs.Members.Where(o => o.Key != streamed).ToList();
        if (whole.Count > 0)
        {
            yield return Event(new PythonDict(whole));
        }

        await foreach (var piece in PiecesAsync(outputs.Find(streamed)!, cancellationToken).ConfigureAwait(false))
        {
            yield return Event(PythonValue.Dict((streamed, piece)));
        }
    }

    private static async IAsyncEnumerable<PythonValue> PiecesAsync(PythonValue value, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (value is not PythonGenerator { Pieces: var pieces })
        {
            foreach (var word in Words(PythonText.Str(value)))
            {
                yield return word;
            }

            yield break;
        }

        await foreach (var piece in pieces.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return piece;
        }
    }

    // Who wants no stream gets the pieces as one text.
    private static async Task<PythonValue> JoinAsync(ServingEngine engine, PythonValue value, CancellationToken cancellationToken)
    {
        if (value is PythonDict outputs && outputs.Members.Any(static o => o.Value is PythonGenerator))
        {
            var joined = new List<KeyValuePair<string, PythonValue>>();
            foreach (var (name, output) in outputs.Members)
            {
                joined.Add(KeyValuePair.Create(name, await JoinAsync(engine, output, cancellationToken).ConfigureAwait(false)));
            }

            return new PythonDict(joined);
        }

        if (value is not PythonGenerator)
        {
            return value;
        }

        var text = new StringBuilder();
        try
        {
            await foreach (var piece in PiecesAsync(value, cancellationToken).ConfigureAwait(false))
            {
                text.Append(PythonText.Str(piece));
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ScoringException.System(engine.BrokenStreamMessage(e.Message));
        }

        return PythonValue.Of(text.ToString());
    }

    private static string Event(PythonDict value) => $"data: {EventFormat.Write(value)}\n\n";

    private static IEnumerable<PythonValue> Words(string text)
    {
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i - 1] == ' ' && text[i] != ' ')
            {
                yield return PythonValue.Of(text[start..i]);
                start = i;
            }
        }

        if (start < text.Length)
        {
            yield return PythonValue.Of(text[start..]);
        }
    }
}
