using System.Globalization;
using System.Text.Json;

namespace FlowBuild;

/// <summary>Makes the exception for an answer that is an error.</summary>
internal static class FlowErrorResponse
{
    private const int MaxMessageLength = 4096;

    /// <summary>Reads it; the message says by <paramref name="sender"/> who answered, and ends with <paramref name="hint"/>.</summary>
    public static async Task<FlowRequestException> ReadAsync(
        string sender, HttpResponseMessage response, string? clientRequestId, bool includeServerMessage, string? hint, CancellationToken cancellationToken)
    {
        var (code, message) = await ReadBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var node = message is null ? null : NodeOf(message);
        if (message is not null)
        {
            message = PlainText.Of(includeServerMessage ? message : WithoutRequestData(message), MaxMessageLength, keepLines: true);
        }

        var statusText = Header(response, "ms-azureml-model-error-statuscode");
        int? modelStatus = int.TryParse(statusText, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null;
        return new FlowRequestException(MessageOf(sender, response, code, node, modelStatus, hint, includeServerMessage ? message : null), response.StatusCode)
        {
            Code = code,
            Node = node,
            ServerMessage = message,
            ModelStatusCode = modelStatus,
            ModelReason = Header(response, "ms-azureml-model-error-reason"),
            RequestId = RequestId(response),
            ClientRequestId = clientRequestId,
        };
    }

    /// <summary>The id that the endpoint gave to the request.</summary>
    public static string? RequestId(HttpResponseMessage response) => Header(response, "x-request-id");

    // "The endpoint 'https://….ml.azure.com/score' answered 424 (FailedDependency), its deployment 400: 'UserError' in node 'echo'."
    private static string MessageOf(
        string sender, HttpResponseMessage response, string? code, string? node, int? modelStatus, string? hint, string? serverMessage)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"The {sender} answered {(int)response.StatusCode} ({response.StatusCode})");
        if (modelStatus is not null)
        {
            text += string.Create(CultureInfo.InvariantCulture, $", its deployment {modelStatus}");
        }

        // A gateway's code says the status in words.
        if (code is not null && code.Equals(response.StatusCode.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            code = null;
        }

        if (code is not null || node is not null)
        {
            text += ":" + (code is null ? "" : $" '{code}'") + (node is null ? "" : $" in node '{node}'");
        }

        return string.Join(' ', ((string?[])[text + ".", hint, serverMessage]).Where(static part => part is not null));
    }

    private static async Task<(string? Code, string? Message)> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var body = await FlowResponseBody.ReadAsync(response.Content, BoundedText.MaxBytes, cancellationToken).ConfigureAwait(false);
            return response.Content.Headers.ContentType?.MediaType == "text/plain"
                ? (null, BoundedText.Of(body.Bytes))
                : Parse(body.IsWhole ? body.Bytes : Closed(body.Bytes));
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // The status is known and says more than that the rest of the answer was cut.
            return (null, null);
        }
    }

    /// <summary>The error document of prompt flow and of Azure, <c>{"error":{"code","message"}}</c>; nulls for anything else.</summary>
    private static (string? Code, string? Message) Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!JsonDocument.TryParseValue(ref reader, out var document))
            {
                return (null, null);
            }

            using (document)
            {
                return document.RootElement.ValueKind == JsonValueKind.Object
                    && document.RootElement.TryGetProperty("error"u8, out var error)
                    && error.ValueKind == JsonValueKind.Object
                    ? (PlainText.Code(Text(error, "code")), Text(error, "message"))
                    : (null, null);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it that is not Unicode.
            return (null, null);
        }
    }

    private static string? Text(JsonElement error, string member) =>
        error.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>
    /// A document that was cut inside its last text, closed again. The server repeats the request in its message, so one with an image in
    /// it makes an error document of megabytes; its beginning is what matters.
    /// </summary>
    private static byte[] Closed(ReadOnlySpan<byte> cut)
    {
        var reader = new Utf8JsonReader(cut, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return [];
        }

        // What the reader did not consume is the text that was cut.
        var end = (int)reader.BytesConsumed;
        end += cut[end..].IndexOf((byte)'"') + 1;
        while (end < cut.Length && end + CharacterLength(cut[end..]) is var next && next <= cut.Length)
        {
            end = next;
        }

        return [.. cut[..end], .. "\"}}"u8];
    }

    /// <summary>How many bytes the first character of a JSON text takes, an escape included; a surrogate pair is one character.</summary>
    private static int CharacterLength(ReadOnlySpan<byte> text) => text switch
    {
        [(byte)'\\', (byte)'u', (byte)'d' or (byte)'D', (byte)'8' or (byte)'9' or (>= (byte)'a' and <= (byte)'b') or (>= (byte)'A' and <= (byte)'B'), ..] => 12,
        [(byte)'\\', (byte)'u', ..] => 6,
        [(byte)'\\', ..] => 2,
        [< 0x80, ..] => 1,
        [< 0xE0, ..] => 2,
        [< 0xF0, ..] => 3,
        _ => 4,
    };

    /// <summary>The node in <c>Execution failure in 'echo': …</c>.</summary>
    private static string? NodeOf(string message)
    {
        const string Start = "Execution failure in '";
        if (!message.StartsWith(Start, StringComparison.Ordinal))
        {
            return null;
        }

        var end = message.IndexOf("':", Start.Length, StringComparison.Ordinal);
        return end < 0 ? null : PlainText.Name(message[Start.Length..end]);
    }

    /// <summary>
    /// The server ends two messages with what was sent: "… are missing in request data {…}" and "However, the value '…' is invalid for
    /// JSON parsing. Error details: …" (transcripts <c>missing_input</c> and <c>wrong_type_list_bad_json</c>).
    /// </summary>
    private static string WithoutRequestData(string message)
    {
        foreach (var echo in (ReadOnlySpan<string>)["in request data ", "However, the value '"])
        {
            var start = message.IndexOf(echo, StringComparison.Ordinal);
            if (start >= 0)
            {
                return string.Concat(message.AsSpan(0, start + echo.Length), "…");
            }
        }

        return message;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) && values.ToString() is { Length: > 0 } text ? PlainText.Name(text) : null;
}
