using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>The OpenAPI document of a served flow, with all that is odd about the real one.</summary>
internal static class FlowSwagger
{
    private static readonly PythonDict AnyObject = PythonValue.Dict(("type", PythonValue.Of("object")), ("additionalProperties", PythonValue.Dict()));

    /// <summary>The document.</summary>
    public static PythonValue Describe(ServedFlow flow)
    {
        var info = new List<(string, PythonValue)>
        {
            ("title", PythonValue.Of($"Promptflow[{flow.Name}] API")), ("version", PythonValue.Of("1.0.0")), ("x-flow-name", PythonValue.Of(flow.Name)),
        };
        info.AddRange(ChatMarks(flow.Definition));

        var feedback = PythonValue.Dict(
            ("post", PythonValue.Dict(
                ("summary", PythonValue.Of("collect promptflow feedback")),
                ("requestBody", PythonValue.Dict(
                    ("description", PythonValue.Of("promptflow feedback data")), ("required", new PythonBool(true)), ("content", Content(AnyObject)))),
                ("responses", Responses(AnyObject)))),
            ("parameters", new PythonList(
            [
                PythonValue.Dict(
                    ("name", PythonValue.Of("flatten")),
                    ("in", PythonValue.Of("query")),
                    ("description", PythonValue.Of("flatten the feedback data into traced data")),
                    ("required", new PythonBool(false)),
                    ("schema", PythonValue.Dict(("type", PythonValue.Of("boolean"))))),
            ])));
        return PythonValue.Dict(
            ("openapi", PythonValue.Of("3.0.0")),
            ("info", PythonValue.Dict([.. info])),
            ("components", PythonValue.Dict(("securitySchemes", PythonValue.Dict(("bearerAuth", PythonValue.Dict(
                ("type", PythonValue.Of("http")), ("scheme", PythonValue.Of("bearer")))))))),
            ("security", new PythonList([PythonValue.Dict(("bearerAuth", new PythonList([])))])),
            ("paths", PythonValue.Dict(("/score", PythonValue.Dict(("post", Score(flow)))), ("/feedback", feedback))));
    }

    private static PythonDict Score(ServedFlow flow)
    {
        var inputs = flow.Contract.Inputs.Select(input => KeyValuePair.Create<string, PythonValue>(input.Name, Input(flow, input))).ToList();
        var schema = inputs.Count == 0
            ? PythonValue.Dict(("type", PythonValue.Of("object")))
            : PythonValue.Dict(
                ("type", PythonValue.Of("object")),
                ("properties", new PythonDict(inputs)),
                ("required", new PythonList([.. inputs.Select(static i => PythonValue.Of(i.Key))])));
        var content = PythonValue.Dict(("application/json", PythonValue.Dict(("schema", schema), ("example", flow.Example))));

        // An evaluation-only output never shows here, not even when the deployment returns it.
        var hidden = flow.Definition.Outputs.Where(static o => o.IsEvaluationOnly).Select(static o => o.Name).ToHashSet(StringComparer.Ordinal);
        var outputs = flow.Contract.Outputs.Where(o => !hidden.Contains(o.Name))
            .Select(static o => KeyValuePair.Create<string, PythonValue>(o.Name, Type(o.DeclaredType))).ToList();
        var answer = outputs.Count == 0
            ? PythonValue.Dict(("type", PythonValue.Of("object")))
            : PythonValue.Dict(("type", PythonValue.Of("object")), ("properties", new PythonDict(outputs)));
        return PythonValue.Dict(
            ("summary", PythonValue.Of($"run promptflow: {flow.Name} with an given input")),
            ("requestBody", PythonValue.Dict(
                ("description", PythonValue.Of("promptflow input data")), ("required", new PythonBool(inputs.Count > 0)), ("content", content))),
            ("responses", Responses(answer)));
    }

    private static PythonDict Input(ServedFlow flow, ContractInput input)
    {
        var members = Type(input.Type).Members.ToList();
        if (input.Description is { Length: > 0 } description)
        {
            members.Insert(1, KeyValuePair.Create("description", PythonValue.Of(description)));
        }

        if (input.DefaultJson is { } json && PythonJsonReader.Read(json) is { IsTruthy: true } value)
        {
            // What comes from code signatures is kept as text.
            members.Add(KeyValuePair.Create("default", flow.Contract.Kind == FlowKind.Flex ? PythonValue.Of(PythonText.Str(value)) : value));
        }

        return new PythonDict(members);
    }

    private static PythonDict Type(FlowValueType type) => type switch
    {
        FlowValueType.String => PythonValue.Dict(("type", PythonValue.Of("string"))),
        FlowValueType.Int => PythonValue.Dict(("type", PythonValue.Of("integer"))),
        FlowValueType.Double => PythonValue.Dict(("type", PythonValue.Of("number"))),
        FlowValueType.Bool => PythonValue.Dict(("type", PythonValue.Of("boolean"))),
        FlowValueType.List => PythonValue.Dict(("type", PythonValue.Of("array")), ("items", AnyObject)),
        FlowValueType.Image => PythonValue.Dict(("type", PythonValue.Of("object"))),
        _ => AnyObject,
    };

    private static PythonDict Responses(PythonValue schema) => PythonValue.Dict(
        ("200", PythonValue.Dict(("description", PythonValue.Of("successful operation")), ("content", Content(schema)))),
        ("400", PythonValue.Dict(("description", PythonValue.Of("Invalid input")))),
        ("default", PythonValue.Dict(("description", PythonValue.Of("unexpected error")))));

    private static PythonDict Content(PythonValue schema) => PythonValue.Dict(("application/json", PythonValue.Dict(("schema", schema))));

    private static IEnumerable<(string, PythonValue)> ChatMarks(FlowDefinition definition)
    {
        foreach (var input in definition.Inputs)
        {
            if (input.IsChatInput)
            {
                yield return ("x-chat-input", PythonValue.Of(input.Name));
                yield return ("x-flow-type", PythonValue.Of("chat"));
            }

            if (input.IsChatHistory == true)
            {
                yield return ("x-chat-history", PythonValue.Of(input.Name));
            }
        }

        foreach (var output in definition.Outputs.Where(static o => o.IsChatOutput))
        {
            yield return ("x-chat-output", PythonValue.Of(output.Name));
        }
    }
}
