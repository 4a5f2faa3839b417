using System.Text;
using System.Text.Json;
using Azure;

namespace FlowBuild.Deployment.Workspace;

/// <summary>An error document of the service, read as far as it goes: no member of it is promised.</summary>
/// <param name="Code">The deepest code, the one that says something.</param>
/// <param name="Message">The message beside it.</param>
/// <param name="Correlation">The ids by which support finds the request, of the document or else of the response's headers; or null.</param>
public sealed record ServiceFault(string Code, string Message, string? Correlation)
{
    private const int LongestMessage = 4096;

    /// <summary>Reads a failed response, or one that tells of an operation that ended in failure.</summary>
    /// <param name="response">The response.</param>
    /// <param name="fallbackCode">The code where the document has none.</param>
    internal static ServiceFault Of(Response response, string fallbackCode)
    {
        var fault = Parse(response.Content.ToMemory(), fallbackCode);
        return fault.Correlation is not null ? fault
            : response.Headers.TryGetValue("x-ms-correlation-request-id", out var correlation) ? fault with { Correlation = $"correlation {correlation}" }
            : response.Headers.TryGetValue("x-ms-request-id", out var request) ? fault with { Correlation = $"request {request}" }
            : fault;
    }

    /// <summary>Reads the body of a failed response, or of an operation that ended in failure.</summary>
    /// <param name="body">The body; need not be JSON.</param>
    /// <param name="fallbackCode">The code where the document has none.</param>
    public static ServiceFault Parse(ReadOnlyMemory<byte> body, string fallbackCode)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object
                ? new ServiceFault(fallbackCode, "", null)
                : Parse(root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error : root, fallbackCode);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text in it that is not Unicode.
            return new ServiceFault(fallbackCode, "", null);
        }
    }

    private static ServiceFault Parse(JsonElement error, string fallbackCode)
    {
        string? correlation = null;
        var (code, message) = (fallbackCode, "");
        for (JsonElement? level = error; level is { ValueKind: JsonValueKind.Object } current; level = FirstDetail(current))
        {
            code = Text(current, "code") is { } own && IsCode(own) ? own : code;
            message = Text(current, "message") ?? message;
            correlation = Correlate(current) ?? correlation;
        }

        // A validation problem document carries its reasons in a map.
        if (error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object)
        {
            message = string.Join(" ", errors.EnumerateObject().Select(static e => e.Value.ToString()));
        }

        // A message can be such a document itself, as text.
        if (message.StartsWith('{') && Parse(Encoding.UTF8.GetBytes(message), code) is { Message.Length: > 0 } inner)
        {
            return inner with { Correlation = inner.Correlation ?? correlation };
        }

        return new ServiceFault(code, OneLine(Bounded(message)), correlation is null ? null : Bounded(correlation));
    }

    private static JsonElement? FirstDetail(JsonElement error) =>
        error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Array && details.GetArrayLength() > 0
            ? details[0]
            : null;

    private static string? Correlate(JsonElement error)
    {
        if (!error.TryGetProperty("additionalInfo", out var infos) || infos.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        foreach (var info in infos.EnumerateArray())
        {
            if (Text(info, "type") == "Correlation" && info.TryGetProperty("info", out var value) && value.ValueKind == JsonValueKind.Object
                && value.TryGetProperty("value", out var ids) && ids.ValueKind == JsonValueKind.Object)
            {
                return string.Join(", ", ids.EnumerateObject().Select(static id => $"{id.Name} {id.Value}"));
            }
        }

        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text ? text : null;

    // A code is an identifier; other text in its place is not printed as one.
    private static bool IsCode(string text) => text.Length <= 100 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static string Bounded(string text) => text.Length <= LongestMessage ? text : text[..LongestMessage] + "…";

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
