using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// JSON of a service's response, whatever it holds. The tree is built at once: a duplicate name (the last one counts) or text that is
/// not Unicode would otherwise throw later, at the first access.
/// </summary>
internal static class ResponseJson
{
    /// <summary>Reads a response's body.</summary>
    /// <param name="body">The body.</param>
    /// <returns>The object, or null when the body is not a JSON object.</returns>
    public static JsonObject? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Copy(document.RootElement) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The node at a path of member names, or null where a member is missing or its parent is not an object.</summary>
    public static JsonNode? At(this JsonNode? node, params string[] path)
    {
        foreach (var member in path)
        {
            node = (node as JsonObject)?[member];
        }

        return node;
    }

    /// <summary>The text at a path of member names, or null where there is none.</summary>
    public static string? TextAt(this JsonNode? node, params string[] path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonNode? Copy(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    members[member.Name] = Copy(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Copy)]);
            case JsonValueKind.String:
                return JsonValue.Create(element.GetString());
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
