using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>The routes of prompt flow's serving app.</summary>
internal static class FlowServer
{
    /// <summary>The version of promptflow-core whose behaviour this is.</summary>
    public const string Version = "1.18.0";

    private static readonly PythonJsonFormat EventFormat = new(IsAscii: true, IsSorted: false, IsCompact: false);

    /// <summary>Answers a request to a container.</summary>
    /// <param name="flow">What the container serves.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path without a slash at its front.</param>
    /// <param name="host">What the request says the host is.</param>
    /// <param name="accept">The <c>Accept</c> header, "" when there is none.</param>
    /// <param name="body">The body as text.</param>
    public static ServedAnswer Answer(ServedFlow flow, string method, string path, string host, string accept, string body)
    {
        try
        {
            return (path, method) switch
            {
                ("score", "POST") => Score(flow, accept, body),
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

    private static ServedAnswer Score(ServedFlow flow, string accept, string body)
    {
        var inputs = FlowInputs.Read(flow.Contract, body);
        var answer = FlowAnswers.For(flow, inputs);
        var streamed = flow.Engine.WantsEvents(accept) ? StreamedOutput(flow) : null;
        if (flow.Engine.ChoosesEvents(accept, streamed is not null))
        {
            return new ServedAnswer(200, "text/event-stream; charset=utf-8", null, Events(answer, streamed!), answer.Origin);
        }

        // A flow with an entry point returns what its code returns; several outputs are an object.
        var value = flow.Contract.ReturnsBareResult && answer.Outputs.Count < 2
            ? answer.Outputs.Select(static o => o.Value).FirstOrDefault() ?? FlowAnswers.MakeUp(flow, BareResult)
            : new PythonDict(answer.Outputs);
        var origin = answer.Outputs.Count == 0 && flow.Contract.ReturnsBareResult ? AnswerOrigin.MadeUp : answer.Origin;
        return new ServedAnswer(200, "application/json", flow.Engine.Write(value), Origin: origin);
    }

    private static ContractOutput BareResult { get; } = new("output", FlowValueType.String, FlowValueType.String, null, false, false);

    /// <summary>
    /// The output that arrives piece by piece. An llm node streams when it can; whether a python node gives a generator, only its code
    /// says: the local workspace takes it for one when it is the only candidate, or the chat output.
    /// </summary>
    private static ContractOutput? StreamedOutput(ServedFlow flow)
    {
        var candidates = flow.Contract.Outputs.Where(static o => o.CanStream).ToList();
        if (candidates.Count < 2)
        {
            return candidates.FirstOrDefault();
        }

        var models = candidates.Where(output => NodeTypeOf(flow, output) == "llm").ToList();
        return models.Count switch
        {
            > 1 => throw new ScoringException("Multiple stream output fields not supported."),
            1 => models[0],
            _ => candidates.FirstOrDefault(output => output.Name == flow.Contract.Chat?.Output),
        };
    }

    private static string? NodeTypeOf(ServedFlow flow, ContractOutput output)
    {
        var node = flow.ReferenceOf(output).Name;
        return flow.Definition.Nodes.FirstOrDefault(n => n.Name == node)?.Type;
    }

    // First one event with all that does not stream, then one for each piece. There is no end mark.
    private static List<string> Events(FlowAnswer answer, ContractOutput streamed)
    {
        var events = new List<string>();
        var whole = answer.Outputs.Where(o => o.Key != streamed.Name).ToList();
        if (whole.Count > 0)
        {
            events.Add(Event(new PythonDict(whole)));
        }

        var value = answer.Outputs.First(o => o.Key == streamed.Name).Value;
        foreach (var piece in value is PythonString { Value: var text } ? Words(text) : [value])
        {
            events.Add(Event(PythonValue.Dict((streamed.Name, piece))));
        }

        return events;
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
