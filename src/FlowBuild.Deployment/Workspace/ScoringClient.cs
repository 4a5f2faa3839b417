using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>What an endpoint answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body as text.</param>
/// <param name="AnswerKind"><c>made-up</c>, <c>recorded</c> or <c>served</c> where the local workspace says so, else null.</param>
/// <param name="ModelStatus">The container's own status behind a 424, or null.</param>
public sealed record ScoringAnswer(int Status, string Body, string? AnswerKind, string? ModelStatus)
{
    /// <summary>Who answered in the local workspace, or null where it does not say.</summary>
    public string? Origin => AnswerKind switch
    {
        null => null,
        "made-up" => "made up by the local workspace",
        "served" => "answered by a real server (FlowServeCommand)",
        _ => $"{AnswerKind} by the local workspace",
    };

    /// <summary>The status with what stands behind it.</summary>
    public string StatusText => ModelStatus is null ? $"HTTP {Status}" : $"HTTP {Status} (the container said {ModelStatus})";

    /// <summary>The start of the body on one line.</summary>
    public string Excerpt => Body.ReplaceLineEndings(" ") is { Length: > 300 } text ? text[..300] + "…" : Body.ReplaceLineEndings(" ");
}

/// <summary>Sends requests to an endpoint as a caller would.</summary>
public sealed class ScoringClient : IDisposable
{
    // A managed endpoint gives a request five minutes.
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(6);

    private readonly HttpClient _http;
    private readonly EndpointResource _endpoint;
    private readonly string _token;

    private ScoringClient(HttpClient http, EndpointResource endpoint, string token)
    {
        _http = http;
        _endpoint = endpoint;
        _token = token;
    }

    /// <summary>Opens an endpoint: asks for the key or token that its callers need.</summary>
    /// <exception cref="FlowDeploymentException">The endpoint has no scoring URI that may be sent a key or token, or the key cannot be read.</exception>
    public static async Task<ScoringClient> OpenAsync(MachineLearningWorkspace workspace, EndpointResource endpoint, CancellationToken cancellationToken)
    {
        var uri = ScoringAddress.Of(workspace, endpoint);
        var token = await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !uri.IsLoopback };
        return new ScoringClient(new HttpClient(handler) { Timeout = CallLimit, MaxResponseContentBufferSize = BoundedStream.Largest }, endpoint, token);
    }

    /// <summary>Sends one request and reads the whole answer.</summary>
    /// <param name="body">The JSON body.</param>
    /// <param name="deployment">The deployment that must answer, or null: the traffic decides.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<ScoringAnswer> SendAsync(byte[] body, string? deployment, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var response = await StartAsync(body, deployment, "application/json", limit.Token, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends one request as a caller that takes a stream, and reads the whole answer; the pieces of a stream are put together.</summary>
    /// <param name="body">The JSON body.</param>
    /// <param name="deployment">The deployment that must answer, or null: the traffic decides.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<ScoringAnswer> StreamAsync(byte[] body, string? deployment, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var response = await StartAsync(body, deployment, "text/event-stream, application/json", limit.Token, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            return await ReadAsync(response, limit.Token, cancellationToken).ConfigureAwait(false);
        }

        var streamed = new StreamedAnswer();
        try
        {
            using var reader = await ReaderAsync(response, limit.Token).ConfigureAwait(false);
            while (await reader.ReadLineAsync(limit.Token).ConfigureAwait(false) is { } text)
            {
                streamed.Add(text);
            }
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            throw NoAnswer(e, "with a stream that was cut", $"What came before: {streamed}");
        }

        return Answer(response, streamed.ToString());
    }

    /// <summary>The contract that a deployment shows, or null when it shows none.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<JsonObject?> GetSwaggerAsync(string deployment, CancellationToken cancellationToken)
    {
        // The key goes to the endpoint's own host, whatever the resource says.
        if (_endpoint.SwaggerUri is not { } uri || uri.Authority != _endpoint.ScoringUri!.Authority || uri.Scheme != _endpoint.ScoringUri.Scheme)
        {
            return null;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        request.Headers.Add("azureml-model-deployment", deployment);
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? ResponseJson.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false))
                : null;
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            return null;
        }
    }

    private async Task<HttpResponseMessage> StartAsync(
        byte[] body, string? deployment, string accept, CancellationToken limit, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint.ScoringUri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (deployment is not null)
        {
            request.Headers.Add("azureml-model-deployment", deployment);
        }

        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            throw NoAnswer(e, "nothing");
        }
    }

    // The body is read here, since HttpClient bounds neither the time nor, once headers are enough, the size of one.
    private async Task<ScoringAnswer> ReadAsync(HttpResponseMessage response, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = await ReaderAsync(response, limit).ConfigureAwait(false);
            return Answer(response, await reader.ReadToEndAsync(limit).ConfigureAwait(false));
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            throw NoAnswer(e, "with a body that was cut");
        }
    }

    // JSON is UTF-8, whatever character set a header names.
    private static async Task<StreamReader> ReaderAsync(HttpResponseMessage response, CancellationToken limit) =>
        new(new BoundedStream(await response.Content.ReadAsStreamAsync(limit).ConfigureAwait(false), CallLimit, "POST /score"));

    private static CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallLimit);
        return limit;
    }

    // A connection that fails, and one on which nothing comes for too long.
    private static bool IsNoAnswer(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private FlowDeploymentException NoAnswer(Exception e, string what, params string[] details) => new(
        FlowDiagnostic.At(WorkspaceRules.InvocationFailed, null, null, _endpoint.Name, $"{what}: {e.Message}"), details, e);

    private static ScoringAnswer Answer(HttpResponseMessage response, string body) => new(
        (int)response.StatusCode, body, Header(response, "x-flowbuild-answer"), Header(response, "ms-azureml-model-error-statuscode"));

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
