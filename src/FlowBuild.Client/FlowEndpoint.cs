using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Core;

namespace FlowBuild;

/// <summary>
/// One prompt flow endpoint: sends the flow's inputs to its scoring URI and reads what comes back. It is what every generated client
/// holds. Safe for use by many threads at once; keep one for the life of the program. Nothing is ever sent twice: a repeated call of a
/// flow costs tokens.
/// </summary>
public sealed class FlowEndpoint
{
    // Exactly as the server compares them: it refuses parameters such as a quality, and a stream alone for a flow that cannot stream.
    private const string AcceptJson = "application/json";
    private const string AcceptStream = "text/event-stream, application/json";

    private readonly HttpClient _httpClient;
    private readonly Uri _scoringUri;
    private readonly string? _deploymentName;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _updateTimeout;
    private readonly TimeProvider _time;
    private readonly int _maxResponseSize;
    private readonly Func<string>? _clientRequestId;
    private readonly bool _includeServerMessage;
    private readonly string? _missingCredential;

    /// <summary>An endpoint with <c>auth_mode: key</c>.</summary>
    /// <param name="scoringUri">The endpoint's scoring URI; https, or any loopback address.</param>
    /// <param name="credential">The key, read for every call.</param>
    /// <param name="options">The rest; its URI and credentials are not looked at.</param>
    /// <exception cref="ArgumentException">The URI would send the key unencrypted, or an option is out of its range.</exception>
    public FlowEndpoint(Uri scoringUri, AzureKeyCredential credential, FlowClientOptions? options = null)
        : this(With(options, scoringUri, credential ?? throw new ArgumentNullException(nameof(credential)), null), null)
    {
    }

    /// <summary>An endpoint with <c>auth_mode: aad_token</c>.</summary>
    /// <param name="scoringUri">The endpoint's scoring URI; https, or any loopback address.</param>
    /// <param name="credential">Where tokens come from, as <see cref="FlowClientOptions.TokenCredential"/> says.</param>
    /// <param name="options">The rest; its URI and credentials are not looked at.</param>
    /// <exception cref="ArgumentException">The URI would send the token unencrypted, or an option is out of its range.</exception>
    public FlowEndpoint(Uri scoringUri, TokenCredential credential, FlowClientOptions? options = null)
        : this(With(options, scoringUri, null, credential ?? throw new ArgumentNullException(nameof(credential))), null)
    {
    }

    /// <summary>An endpoint that is called through an <see cref="HttpClient"/> of one's own, which brings its own authentication.</summary>
    /// <param name="httpClient">The client; its default headers and its time-out apply.</param>
    /// <param name="options">
    /// The rest. The scoring URI is its <see cref="FlowClientOptions.ScoringUri"/>, else the client's base address; its credentials are not
    /// looked at.
    /// </param>
    /// <exception cref="ArgumentException">There is no scoring URI, or an option is out of its range.</exception>
    public FlowEndpoint(HttpClient httpClient, FlowClientOptions? options = null)
        : this(httpClient, options, missingCredential: null)
    {
    }

    /// <summary>The same; <paramref name="missingCredential"/> tells who is refused for want of a key or token where to set one.</summary>
    internal FlowEndpoint(HttpClient httpClient, FlowClientOptions? options, string? missingCredential)
        : this(With(options, ScoringUriOf(httpClient, options), null, null), httpClient) =>
        _missingCredential = missingCredential ?? "The HttpClient sent no key or token.";

    private FlowEndpoint(FlowClientOptions options, HttpClient? httpClient)
    {
        if (options.Problems().FirstOrDefault() is ({ } option, { } problem))
        {
            // The URI and the key of an endpoint are parameters of their own; those of an HttpClient stand in the options.
            throw new ArgumentException(problem, (option, httpClient) switch
            {
                (nameof(FlowClientOptions.ScoringUri), null) => "scoringUri",
                (nameof(FlowClientOptions.KeyCredential), null) => "credential",
                _ => nameof(options),
            });
        }

        _httpClient = httpClient ?? FlowHttp.CreateClient(options);
        _scoringUri = options.ScoringUri!;
        _deploymentName = options.DeploymentName;
        _timeout = options.Timeout;
        _updateTimeout = options.UpdateTimeout;
        _time = options.Time;
        _maxResponseSize = options.MaxResponseSize;
        _clientRequestId = options.ClientRequestId;
        _includeServerMessage = options.IncludeServerMessage;
    }

    /// <summary>Calls the flow and reads its whole answer.</summary>
    /// <param name="input">The flow's inputs.</param>
    /// <param name="write">Writes them.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellationToken">Ends the call and closes its connection.</param>
    /// <exception cref="FlowRequestException">The endpoint answered with an error, or its answer was cut or too large.</exception>
    /// <exception cref="FlowContractException">The answer is no JSON, or not what the flow declares.</exception>
    /// <exception cref="HttpRequestException">
    /// The endpoint could not be reached; or the connection was cut before any answer, and the flow may have run.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled; or the time was up, then the inner exception is a <see cref="TimeoutException"/>.
    /// </exception>
    public async Task<TOutput> ScoreAsync<TInput, TOutput>(
        TInput input, FlowJsonWriter<TInput> write, FlowJsonReader<TOutput> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);

        using var activity = FlowTelemetry.Start("flow.score", _scoringUri, _deploymentName);
        using var deadline = new FlowDeadline(_timeout, cancellationToken);
        try
        {
            using var request = CreateRequest(input, write, AcceptJson, out var clientRequestId);
            using var response = await SendAsync(request, clientRequestId, deadline.Token).ConfigureAwait(false);
            return await ReadWholeAsync(response, read, clientRequestId, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            deadline.ThrowReason(exception, activity);
            throw;
        }
    }

    /// <summary>
    /// Calls the flow and reads its answer while it comes: first the outputs that do not stream, then each piece of the one that does. A
    /// flow that cannot stream answers with one update that holds everything. Leaving the loop closes the connection.
    /// </summary>
    /// <param name="input">The flow's inputs.</param>
    /// <param name="write">Writes them.</param>
    /// <param name="read">Reads one update: a JSON object with some of the outputs.</param>
    /// <param name="cancellationToken">Ends the call and closes its connection.</param>
    /// <exception cref="FlowStreamInterruptedException">The stream was cut, or nothing, or no whole update, came in time.</exception>
    /// <exception cref="FlowRequestException">The endpoint answered with an error, or an update was too large.</exception>
    /// <exception cref="FlowContractException">An update is no JSON, or not what the flow declares.</exception>
    /// <exception cref="HttpRequestException">
    /// The endpoint could not be reached; or the connection was cut before any answer, and the flow may have run.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled; or the time was up before the answer began, then the inner exception is a <see cref="TimeoutException"/>.
    /// </exception>
    public IAsyncEnumerable<TUpdate> StreamAsync<TInput, TUpdate>(
        TInput input, FlowJsonWriter<TInput> write, FlowJsonReader<TUpdate> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);
        return EnumerateAsync(input, write, read, cancellationToken);
    }

    /// <summary>Reads one document; <paramref name="origin"/> says in an exception what it was.</summary>
    internal static T Parse<T>(ReadOnlySpan<byte> document, FlowJsonReader<T> read, string origin)
    {
        try
        {
            return FlowJson.ReadDocument(document, read);
        }
        catch (JsonException exception)
        {
            // Only the position is taken over: the parser's own message quotes the document.
            var message = document.IsEmpty
                ? $"The {origin} is empty, not JSON."
                : $"The {origin} is no JSON from line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1} on.";
            throw new FlowContractException(message).WithRawResponse(document);
        }
        catch (InvalidOperationException exception)
        {
            // Python may write half of a surrogate pair, in a name too; the reader says so when it is asked for the text.
            throw new FlowContractException($"The {origin} holds text that is not Unicode.", innerException: exception).WithRawResponse(document);
        }
        catch (FlowContractException exception)
        {
            throw exception.WithRawResponse(document);
        }
    }

    private static Uri ScoringUriOf(HttpClient httpClient, FlowClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        return options?.ScoringUri ?? httpClient.BaseAddress ?? throw new ArgumentException(
            "The endpoint's scoring URI is missing: set it as the 'BaseAddress' of the HttpClient or as the 'ScoringUri' of the options.", nameof(httpClient));
    }

    private static FlowClientOptions With(FlowClientOptions? options, Uri? scoringUri, AzureKeyCredential? key, TokenCredential? token)
    {
        options ??= new FlowClientOptions();
        return new FlowClientOptions
        {
            ScoringUri = scoringUri,
            KeyCredential = key,
            TokenCredential = token,
            DeploymentName = options.DeploymentName,
            Timeout = options.Timeout,
            UpdateTimeout = options.UpdateTimeout,
            Time = options.Time,
            MaxResponseSize = options.MaxResponseSize,
            ClientRequestId = options.ClientRequestId,
            IncludeServerMessage = options.IncludeServerMessage,
        };
    }

    private async IAsyncEnumerable<TUpdate> EnumerateAsync<TInput, TUpdate>(
        TInput input, FlowJsonWriter<TInput> write, FlowJsonReader<TUpdate> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var activity = FlowTelemetry.Start("flow.stream", _scoringUri, _deploymentName);
        using var deadline = new FlowDeadline(_timeout, cancellationToken);
        using var request = CreateRequest(input, write, AcceptStream, out var clientRequestId);
        using var response = await deadline.GuardAsync(SendAsync(request, clientRequestId, deadline.Token), activity).ConfigureAwait(false);
        if (!"text/event-stream".Equals(response.Content.Headers.ContentType?.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            yield return await deadline.GuardAsync(ReadWholeAsync(response, read, clientRequestId, deadline.Token), activity).ConfigureAwait(false);
            yield break;
        }

        var body = await deadline.GuardAsync(response.Content.ReadAsStreamAsync(deadline.Token), activity).ConfigureAwait(false);
        var events = new FlowEventStream(body, deadline, new FlowUpdateLimit(_updateTimeout, _time), _maxResponseSize, response, clientRequestId);
        var updates = new FlowUpdateReader<TUpdate>(events, read, deadline, activity);
        await using var disposal = updates.ConfigureAwait(false);
        while (await updates.MoveNextAsync().ConfigureAwait(false))
        {
            yield return updates.Current;
        }
    }

    private HttpRequestMessage CreateRequest<TInput>(TInput input, FlowJsonWriter<TInput> write, string accept, out string? clientRequestId)
    {
        clientRequestId = _clientRequestId is null ? null : FlowHttp.CheckedRequestId(_clientRequestId());
        var request = new HttpRequestMessage(HttpMethod.Post, _scoringUri)
        {
            Content = FlowRequestContent.Of(input, write),
            Version = _httpClient.DefaultRequestVersion,
            VersionPolicy = _httpClient.DefaultVersionPolicy,
        };

        // Without validation these are sent as they stand, and nothing is parsed or built.
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (_deploymentName is not null)
        {
            request.Headers.TryAddWithoutValidation("azureml-model-deployment", _deploymentName);
        }

        if (clientRequestId is not null)
        {
            request.Headers.TryAddWithoutValidation("x-ms-client-request-id", clientRequestId);
        }

        return request;
    }

    /// <summary>Sends, and returns once the headers of a good answer are there.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? clientRequestId, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _httpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (FlowHttp.WithoutQuotes(exception) is null)
        {
            throw new FlowRequestException($"The endpoint '{FlowHttp.Address(_scoringUri)}' answered with something that is not HTTP.");
        }
        catch (HttpRequestException exception) when (FlowHttp.IsCut(exception))
        {
            throw FlowHttp.Cut(_scoringUri, exception);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await FlowErrorResponse.ReadAsync(
                $"endpoint '{FlowHttp.Address(_scoringUri)}'", response, clientRequestId, _includeServerMessage, HintOf(response, request), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>What may be done about an error of the endpoint itself. Whether it saw a key or token is what the request shows, not what was set.</summary>
    private string? HintOf(HttpResponseMessage response, HttpRequestMessage request) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized => (response.RequestMessage ?? request).Headers.NonValidated.Contains("Authorization")
            ? "The key or token that was sent is wrong or has expired."
            : _missingCredential,
        HttpStatusCode.NotFound => "Nothing answers at this address: check its path, and that the endpoint has " +
            (_deploymentName is null ? "a deployment with traffic." : $"the deployment '{_deploymentName}'."),
        _ => null,
    };

    private async Task<T> ReadWholeAsync<T>(
        HttpResponseMessage response, FlowJsonReader<T> read, string? clientRequestId, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > _maxResponseSize)
        {
            throw FlowHttp.TooLarge("answer", _maxResponseSize, response, clientRequestId);
        }

        try
        {
            using var body = await FlowResponseBody.ReadAsync(response.Content, _maxResponseSize, cancellationToken).ConfigureAwait(false);
            return body.IsWhole ? Parse(body.Bytes, read, "answer") : throw FlowHttp.TooLarge("answer", _maxResponseSize, response, clientRequestId);
        }
        catch (IOException exception)
        {
            throw new FlowRequestException(
                (exception as HttpIOException)?.HttpRequestError ?? HttpRequestError.ResponseEnded,
                "The connection was cut before the answer was whole.",
                response,
                clientRequestId,
                FlowHttp.WithoutQuotes(exception));
        }
    }
}
