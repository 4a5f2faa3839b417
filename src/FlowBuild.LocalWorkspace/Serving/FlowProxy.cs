using System.Globalization;
using FlowBuild.LocalWorkspace.Gateway;
using Microsoft.Extensions.Primitives;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>
/// Hands a request to a real server and its answer back, unchanged but for the gateway's own headers: as soon as it comes, and cut where it
/// was cut.
/// </summary>
internal static class FlowProxy
{
    private static readonly string[] Forwarded = ["Accept", "Origin", "x-ms-client-request-id", "traceparent", "tracestate", "baggage"];

    // These are about one connection, and each of the two is its own.
    private static readonly string[] OfConnection =
        ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"];

    /// <summary>Forwards a request.</summary>
    public static async Task ForwardAsync(HttpContext context, HttpClient http, Uri server, string path, byte[] body, TimeSpan timeout)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(server, path + context.Request.QueryString));
        foreach (var name in Forwarded.Where(name => context.Request.Headers.ContainsKey(name)))
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].ToString());
        }

        request.Headers.Add("x-request-id", context.TraceIdentifier);
        if (body.Length > 0 || HttpMethods.IsPost(context.Request.Method))
        {
            request.Content = new ByteArrayContent(body);
            if (context.Request.ContentType is { } contentType)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        // The limit is on the begin of the answer; a stream may take as long as it wants.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(timeout);
        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await ScoringGateway.RefuseAsync(context, 408, "RequestTimeout", $"The container did not answer within {timeout.TotalSeconds} seconds.").ConfigureAwait(false);
            return;
        }
        catch (HttpRequestException e)
        {
            await ScoringGateway.RefuseModelAsync(context, 502, "model_connection_failed", e.HttpRequestError.ToString()).ConfigureAwait(false);
            return;
        }

        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        using (answer)
        {
            await CopyAsync(context, answer).ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(HttpContext context, HttpResponseMessage answer)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        if (response.StatusCode >= 400)
        {
            ScoringGateway.SetModelError(response, ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture), "model_error");
        }

        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            // What the gateway has said, as the id of the request, stays.
            if (!OfConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                response.Headers.TryAdd(name, new StringValues([.. values]));
            }
        }

        // The headers go out before the first byte of the body, which may be a long time in coming.
        await response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        var buffer = new byte[16 * 1024];
        try
        {
            var stream = await answer.Content.ReadAsStreamAsync(context.RequestAborted).ConfigureAwait(false);
            int read;
            while ((read = await stream.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0)
            {
                await response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted).ConfigureAwait(false);
                await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Cut there, so cut here.
            ScoringGateway.Cut(context, e);
        }
    }
}
