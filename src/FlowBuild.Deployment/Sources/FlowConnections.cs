using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Deployment.Sources;

/// <summary>A connection that a flow names.</summary>
/// <param name="Name">The connection's name.</param>
/// <param name="User">What names it, for messages: <c>node 'chat'</c>.</param>
/// <param name="Span">Where the flow file names it, or null for the file as a whole.</param>
internal sealed record FlowConnection(string Name, string User, SourceSpan? Span)
{
    /// <summary>The environment variable of the deployment that takes the connection's place.</summary>
    public string Variable => Name.Replace(' ', '_');
}

/// <summary>
/// The connections that a flow needs, as promptflow lists them: those of llm nodes, literal inputs of tools whose type is a connection,
/// and variables of the form <c>${connection.key}</c>. A type comes from the Python source, else from the tools' metadata in
/// <c>.promptflow/flow.tools.json</c>; a package's tool without metadata is judged by the names of its inputs.
/// </summary>
internal static class FlowConnections
{
    /// <summary>The connections, each name once.</summary>
    /// <param name="flowFile">Full path of the flow file.</param>
    /// <param name="flow">The flow.</param>
    /// <param name="paths">The files that the project may name.</param>
    public static IReadOnlyList<FlowConnection> Of(string flowFile, FlowDefinition flow, ProjectPaths paths)
    {
        var folder = Path.GetDirectoryName(flowFile)!;
        using var metadata = ReadMetadata(folder, paths);
        var found = new List<FlowConnection>();
        foreach (var node in flow.Nodes)
        {
            var user = $"node '{node.Name}'";
            if (node.Connection is { Value.Length: > 0 } own)
            {
                found.Add(new FlowConnection(own.Value, user, own.Span));
            }

            var isConnection = node.Type is "python" or "custom_llm" ? InputsOf(folder, node, metadata?.RootElement, paths) : static _ => false;
            found.AddRange(node.Inputs
                .Where(input => input.Value.Value.Length > 0 && FlowReference.Parse(input.Value.Value).Kind == FlowReferenceKind.Literal && isConnection(input.Key))
                .Select(input => new FlowConnection(input.Value.Value, user, input.Value.Span)));
        }

        foreach (var variable in flow.EnvironmentVariables)
        {
            if (variable.Value.StartsWith("${", StringComparison.Ordinal) && variable.Value.EndsWith('}')
                && variable.Value[2..^1].Split('.') is [{ Length: > 0 } name, { Length: > 0 }])
            {
                found.Add(new FlowConnection(name, $"the environment variable '{variable.Key}'", null));
            }
        }

        return [.. found.DistinctBy(static connection => connection.Name)];
    }

    /// <summary>Tells which inputs of a node are connections.</summary>
    private static Func<string, bool> InputsOf(string folder, FlowNode node, JsonElement? metadata, ProjectPaths paths)
    {
        if (node is { SourceType: "code" or null, SourcePath: { } path })
        {
            return FlowFolderCheck.ReadWithin(folder, path.Value, paths, []) is { } source && PythonTool.Read(source.Text) is { } tool
                ? name => tool.Parameters.Any(parameter => parameter.Name == name && parameter.IsConnection)
                : MetadataOf(metadata, "code", path.Value) ?? (static _ => false);
        }

        return MetadataOf(metadata, "package", node.Tool ?? "")
            ?? (static name => name == "connection" || name.EndsWith("_connection", StringComparison.Ordinal));
    }

    private static Func<string, bool>? MetadataOf(JsonElement? metadata, string kind, string tool) =>
        metadata is { } root && Member(root, kind) is { } tools && Member(tools, tool) is { } found && Member(found, "inputs") is { } inputs
            ? name => Member(inputs, name) is { } input && Member(input, "type") is { } type && IsConnection(type)
            : null;

    private static bool IsConnection(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => type.GetString()!.EndsWith("Connection", StringComparison.Ordinal),
        JsonValueKind.Array => type.EnumerateArray().Any(static item => item.ValueKind == JsonValueKind.String && IsConnection(item)),
        _ => false,
    };

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    // Without the metadata, or with some that cannot be read, the sources tell.
    private static JsonDocument? ReadMetadata(string folder, ProjectPaths paths)
    {
        if (FlowFolderCheck.ReadWithin(folder, ".promptflow/flow.tools.json", paths, []) is not { } file)
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(file.Text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
