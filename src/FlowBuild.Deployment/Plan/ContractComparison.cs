using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Flows;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>Finds what a new contract takes away from the callers of a live one.</summary>
internal static class ContractComparison
{
    /// <summary>What breaks: removed outputs, new required inputs, changed types. Empty when nothing does.</summary>
    /// <param name="live">The live contract, as <see cref="ModelProperties.Compact"/> wrote it.</param>
    /// <param name="liveFields">The live deployment's <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>, or null.</param>
    /// <param name="contract">The new contract.</param>
    public static List<string> Breaks(string live, string? liveFields, FlowContract contract)
    {
        var breaks = new List<string>();
        if (Parse(live) is not { } document)
        {
            return breaks;
        }

        var shown = liveFields is null ? null : ResponseFields.Parse(liveFields, out _);
        foreach (var (name, type) in Members(document, "outputs").Where(o => shown is null || shown.Contains(o.Key)))
        {
            var now = contract.Outputs.FirstOrDefault(o => o.Name == name);
            if (now is null)
            {
                breaks.Add($"output '{name}' is gone");
            }
            else if (ModelProperties.Word(now.Type) != type.TrimEnd('?'))
            {
                breaks.Add($"output '{name}' changes from {type.TrimEnd('?')} to {ModelProperties.Word(now.Type)}");
            }
        }

        var inputs = Members(document, "inputs");
        foreach (var input in contract.Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out var type))
            {
                if (input.IsRequired)
                {
                    breaks.Add($"input '{input.Name}' is new and required");
                }
            }
            else if (ModelProperties.Word(input.Type) != type.TrimEnd('?'))
            {
                breaks.Add($"input '{input.Name}' changes from {type.TrimEnd('?')} to {ModelProperties.Word(input.Type)}");
            }
            else if (input.IsRequired && type.EndsWith('?'))
            {
                breaks.Add($"input '{input.Name}' becomes required");
            }
        }

        return breaks;
    }

    /// <summary>
    /// What breaks against a swagger document of prompt flow. It calls every input required, so only removed outputs and changed
    /// types are judged.
    /// </summary>
    public static List<string> BreaksSwagger(JsonObject swagger, FlowContract contract)
    {
        var breaks = new List<string>();
        var post = swagger.At("paths", "/score", "post");
        foreach (var (name, type) in SchemaTypes(post.At("responses", "200")))
        {
            var now = contract.Outputs.FirstOrDefault(o => o.Name == name);
            if (now is null)
            {
                breaks.Add($"output '{name}' is gone");
            }
            else if (SchemaWord(now.DeclaredType) != type)
            {
                breaks.Add($"output '{name}' changes from {type} to {SchemaWord(now.DeclaredType)}");
            }
        }

        var inputs = SchemaTypes(post.At("requestBody"));
        foreach (var input in contract.Inputs.Where(i => inputs.TryGetValue(i.Name, out var type) && SchemaWord(i.Type) != type))
        {
            breaks.Add($"input '{input.Name}' changes from {inputs[input.Name]} to {SchemaWord(input.Type)}");
        }

        return breaks;
    }

    private static Dictionary<string, string> SchemaTypes(JsonNode? message) =>
        message.At("content", "application/json", "schema", "properties") is JsonObject properties
            ? properties.ToDictionary(static p => p.Key, static p => p.Value.TextAt("type") ?? "", StringComparer.Ordinal)
            : [];

    private static string SchemaWord(FlowValueType type) => type switch
    {
        FlowValueType.Int => "integer",
        FlowValueType.Double => "number",
        FlowValueType.Bool => "boolean",
        FlowValueType.List => "array",
        FlowValueType.String => "string",
        _ => "object",
    };

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Members(JsonObject contract, string kind) =>
        contract[kind] is JsonObject members
            ? members.ToDictionary(static m => m.Key, static m => m.Value?.ToString() ?? "", StringComparer.Ordinal)
            : [];
}
