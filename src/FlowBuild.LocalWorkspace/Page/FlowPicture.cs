using System.Text.Json.Nodes;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>A flow as a graph: inputs, nodes and outputs, joined by what refers to what.</summary>
internal static class FlowPicture
{
    /// <summary>Nodes (<c>id</c>, <c>kind</c>, <c>name</c>, <c>detail</c>) and edges (<c>from</c>, <c>to</c>, <c>condition</c>).</summary>
    public static JsonObject Describe(FlowDefinition flow)
    {
        var nodes = new JsonArray();
        var edges = new JsonArray();
        foreach (var input in flow.Inputs)
        {
            Add(InputId(input.Name), "input", input.Name, Word(input.Type));
        }

        // An entry point or a prompt is one node that takes all and gives all.
        var whole = flow.Kind == FlowKind.Dag ? null : flow.Entry ?? "prompt";
        if (whole is not null)
        {
            Add(NodeId(whole), flow.Kind == FlowKind.Flex ? "python" : "llm", whole, "");
            foreach (var input in flow.Inputs)
            {
                Join(InputId(input.Name), NodeId(whole), isCondition: false);
            }
        }

        foreach (var node in flow.Nodes)
        {
            Add(NodeId(node.Name), node.Type ?? "tool", node.Name, node.IsAggregation ? "aggregation" : node.Connection?.Value ?? node.Tool ?? node.SourcePath?.Value ?? "");
            foreach (var reference in node.Inputs.Select(static input => FlowReference.Parse(input.Value.Value)).Select(IdOf).OfType<string>().Distinct())
            {
                Join(reference, NodeId(node.Name), isCondition: false);
            }

            if (node.ActivateWhen is { } when && IdOf(FlowReference.Parse(when.Value)) is { } decider)
            {
                Join(decider, NodeId(node.Name), isCondition: true);
            }
        }

        foreach (var output in flow.Outputs)
        {
            Add(OutputId(output.Name), "output", output.Name, Word(output.Type) + (output.IsEvaluationOnly ? ", evaluation only" : ""));
            if ((whole is null ? IdOf(FlowReference.Parse(output.Reference.Value)) : NodeId(whole)) is { } source)
            {
                Join(source, OutputId(output.Name), isCondition: false);
            }
        }

        return new JsonObject { ["nodes"] = nodes, ["edges"] = edges };

        void Add(string id, string kind, string name, string detail) =>
            nodes.Add((JsonNode)new JsonObject { ["id"] = id, ["kind"] = kind, ["name"] = name, ["detail"] = detail });

        void Join(string from, string to, bool isCondition) =>
            edges.Add((JsonNode)new JsonObject { ["from"] = from, ["to"] = to, ["condition"] = isCondition });

        string? IdOf(FlowReference reference) => reference.Kind switch
        {
            FlowReferenceKind.FlowInput when flow.Inputs.Any(i => i.Name == reference.Name) => InputId(reference.Name),
            FlowReferenceKind.Node when flow.Nodes.Any(n => n.Name == reference.Name) => NodeId(reference.Name),
            _ => null,
        };
    }

    /// <summary>The word of a type in a flow file.</summary>
    public static string Word(FlowValueType type) => type.ToString().ToLowerInvariant();

    private static string InputId(string name) => "input " + name;

    private static string NodeId(string name) => "node " + name;

    private static string OutputId(string name) => "output " + name;
}
