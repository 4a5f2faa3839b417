using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Reads ARM bodies and writes ARM answers.</summary>
internal static class ArmResponse
{
    /// <summary>The most bytes of a request, as ARM has it. The server refuses more on every route that does not say otherwise.</summary>
    public const int LargestBody = 4 * 1024 * 1024;

    private const int LargestPage = 1000;

    /// <summary>The request's body, which must be a JSON object.</summary>
    public static async Task<JsonObject> ReadBodyAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new ArmException(415, new ArmError(
                "UnsupportedMediaType", $"The content media type '{context.Request.ContentType ?? "<null>"}' is not supported. Only 'application/json' is supported."));
        }

        try
        {
            var node = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            Realize(node);
            return node as JsonObject ?? throw ArmException.InvalidContent("the content is no JSON object");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == 413)
        {
            throw new ArmException(413, new ArmError("RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB."));
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw ArmException.InvalidContent(e.Message);
        }

        // Nodes are built lazily: a repeated member, and text that is no Unicode, show only then.
        static void Realize(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (_, value) in members)
                    {
                        Realize(value);
                    }

                    break;
                case JsonArray items:
                    foreach (var item in items)
                    {
                        Realize(item);
                    }

                    break;
                case JsonValue value:
                    _ = value.TryGetValue<string>(out _);
                    break;
            }
        }
    }

    /// <summary>The request's body, or null when there is none.</summary>
    public static async Task<JsonObject?> ReadOptionalBodyAsync(HttpContext context) =>
        context.Request.ContentLength is null or 0 && !context.Request.Headers.ContainsKey("Transfer-Encoding")
            ? null
            : await ReadBodyAsync(context).ConfigureAwait(false);

    /// <summary>Writes a JSON answer.</summary>
    public static async Task WriteAsync(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes an error as the machine learning service does, with the information that support asks for.</summary>
    public static Task WriteErrorAsync(HttpContext context, int status, ArmError error)
    {
        var body = ToJson(error);
        body["additionalInfo"] = new JsonArray(
            Info("ComponentName", JsonValue.Create("managementfrontend")),
            Info("Correlation", new JsonObject
            {
                ["operation"] = context.TraceIdentifier.Replace("-", "", StringComparison.Ordinal),
                ["request"] = context.TraceIdentifier.Replace("-", "", StringComparison.Ordinal)[..16],
            }),
            Info("Environment", JsonValue.Create(WorkspaceNames.Location)),
            Info("Location", JsonValue.Create(WorkspaceNames.Location)),
            Info("Time", JsonValue.Create(DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture))));
        return WriteAsync(context, status, new JsonObject { ["error"] = body });

        static JsonObject Info(string type, JsonNode value) => new() { ["type"] = type, ["info"] = new JsonObject { ["value"] = value } };
    }

    /// <summary>An error as JSON.</summary>
    public static JsonObject ToJson(ArmError error)
    {
        var json = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        if (error.Target is not null)
        {
            json["target"] = error.Target;
        }

        json["details"] = new JsonArray([.. (error.Details ?? []).Select(ToJson)]);
        return json;
    }

    /// <summary>Writes one page of a list; the request's <c>count</c> or <c>$top</c> bounds it, <c>$skip</c> continues it.</summary>
    public static Task WritePageAsync(HttpContext context, IEnumerable<JsonObject> items)
    {
        const int DefaultSize = 30;
        var query = context.Request.Query;
        var size = int.TryParse(query["$top"].FirstOrDefault() ?? query["count"].FirstOrDefault(), CultureInfo.InvariantCulture, out var wanted) && wanted > 0
            ? Math.Min(wanted, LargestPage)
            : DefaultSize;
        var skip = int.TryParse(query["$skip"].FirstOrDefault(), CultureInfo.InvariantCulture, out var passed) && passed > 0 ? passed : 0;
        var page = items.Skip(skip).Take(size + 1).ToList();
        var body = new JsonObject { ["value"] = new JsonArray([.. page.Take(size)]) };
        if (page.Count > size)
        {
            var rest = query.Where(pair => pair.Key != "$skip")
                .SelectMany(pair => pair.Value, (pair, value) => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value ?? "")}");
            body["nextLink"] = string.Create(
                CultureInfo.InvariantCulture,
                $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}?{string.Join('&', rest)}&$skip={skip + size}");
        }

        return WriteAsync(context, 200, body);
    }
}
