using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Flows;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>What a test lets a flow answer.</summary>
internal abstract record GivenAnswer
{
    /// <summary>Nothing of the test's own.</summary>
    public sealed record Nothing : GivenAnswer;

    /// <summary>A result.</summary>
    public sealed record Result(PythonValue Value) : GivenAnswer;

    /// <summary>The flow fails.</summary>
    public sealed record Failure(int Status, string Message) : GivenAnswer;

    /// <summary>The gateway answers.</summary>
    public sealed record Refusal(int Status, TimeSpan? RetryAfter) : GivenAnswer
    {
        /// <summary>As it goes over the wire.</summary>
        public ServedAnswer Write()
        {
            var reason = ReasonPhrases.GetReasonPhrase(Status);
            var headers = new Dictionary<string, string>();
            if (RetryAfter is { } wait)
            {
                headers["Retry-After"] = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            }

            if (Status == 424)
            {
                headers["ms-azureml-model-error-statuscode"] = "503";
                headers["ms-azureml-model-error-reason"] = "model_not_ready";
            }

            var error = new JsonObject { ["code"] = reason.Replace(" ", "", StringComparison.Ordinal), ["message"] = $"{reason}, as the test wants." };
            return new ServedAnswer(
                Status, "application/json; charset=utf-8", new JsonObject { ["error"] = error }.ToJsonString(), Headers: headers, IsRefusal: true);
        }
    }

    /// <summary>Asks the test what a flow answers.</summary>
    /// <exception cref="ScoringException">The test's own code failed.</exception>
    public static async Task<GivenAnswer> AskAsync(
        ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs, bool wantsStream, CancellationToken cancellationToken)
    {
        if (flow.StandIn?.Answer is not { } answer)
        {
            return new Nothing();
        }

        try
        {
            var json = new JsonObject(inputs.Select(static i => KeyValuePair.Create(i.Key, ToJson(i.Value))));
            var given = answer(new FlowCall(json, wantsStream));
            await given.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
            return given.Given;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ScoringException.OfTest($"What the test answers for the flow {flow.Name} failed: ({e.GetType().Name}) {e.Message}");
        }
    }

    /// <summary>A flow's result from what a test says: outputs that it leaves out are computed or made up.</summary>
    /// <exception cref="ScoringException">The flow cannot give that.</exception>
    public static FlowResult Complete(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs, PythonValue given)
    {
        if (flow.Contract.ReturnsBareResult)
        {
            return new FlowResult(given, AnswerOrigin.Given);
        }

        if (given is not PythonDict dict)
        {
            throw ScoringException.OfTest($"The test answers with a bare result, and the flow {flow.Name} answers with an object of its outputs.");
        }

        var names = flow.Definition.Outputs.Select(static o => o.Name).ToList();
        var known = new Dictionary<string, PythonValue>(FlowAnswers.Computed(flow, inputs), StringComparer.Ordinal);
        foreach (var (name, value) in dict.Members)
        {
            if (!names.Contains(name))
            {
                throw ScoringException.OfTest($"The test answers with the output '{name}', and the flow {flow.Name} has {string.Join(", ", names.Select(static n => $"'{n}'"))}.");
            }

            known[name] = value;
        }

        var isWhole = flow.Contract.Outputs.All(o => known.ContainsKey(o.Name));
        return FlowAnswers.Complete(flow, known, isWhole ? AnswerOrigin.Given : AnswerOrigin.MadeUp);
    }

    private static JsonNode? ToJson(PythonValue value) => value switch
    {
        PythonNone => null,
        // JSON has no NaN, and a request can hold it.
        PythonFloat { Value: var number } => JsonValue.Create(number),
        PythonList list => new JsonArray([.. list.Items.Select(ToJson)]),
        PythonDict dict => new JsonObject(dict.Members.DistinctBy(static m => m.Key).Select(static m => KeyValuePair.Create(m.Key, ToJson(m.Value)))),
        _ => JsonNode.Parse(Format.Write(value)),
    };

    private static readonly PythonJsonFormat Format = new(IsAscii: false, IsSorted: false, IsCompact: true);
}
