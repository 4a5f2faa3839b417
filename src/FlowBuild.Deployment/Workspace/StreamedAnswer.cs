using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Puts the events of a stream together to what the endpoint answers without one: an event is a JSON object with the next piece of an
/// output, or with a whole output.
/// </summary>
internal sealed class StreamedAnswer
{
    private const string Data = "data:";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _outputs = [];
    private readonly List<string> _others = [];

    /// <summary>Takes the next line of the stream.</summary>
    public void Add(string line)
    {
        var text = line.StartsWith(Data, StringComparison.Ordinal) ? line[Data.Length..].Trim() : line;
        if (text.Length == 0)
        {
            return;
        }

        try
        {
            if (JsonNode.Parse(text) is JsonObject pieces)
            {
                foreach (var (name, piece) in pieces)
                {
                    _outputs[name] = Text(_outputs[name]) is { } before && Text(piece) is { } next ? before + next : piece?.DeepClone();
                }

                return;
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // No event of a flow; shown as it came.
        }

        _others.Add(text);
    }

    /// <summary>The outputs as one JSON object; what was no event of a flow stands below, line by line.</summary>
    public override string ToString() => string.Join(
        '\n', _outputs.Count == 0 && _others.Count > 0 ? _others : _others.Prepend(_outputs.ToJsonString(Readable)));

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
