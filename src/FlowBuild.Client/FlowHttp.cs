using System.Net;

namespace FlowBuild;

/// <summary>What every way to an endpoint has in common: the transport, and what may travel in its headers.</summary>
internal static class FlowHttp
{
    private const int MaxRequestIdLength = 40;

    /// <summary>
    /// A transport for scoring calls. A redirect is an error: it would carry the request elsewhere. A stream that is left early is closed
    /// rather than read to its end, so that the flow stops. Connections are renewed, so that a moved endpoint is found again. What goes to
    /// loopback goes there without the proxy that the environment may name, since it may be unencrypted. A connection that the server has
    /// closed sends nothing more.
    /// </summary>
    public static SocketsHttpHandler CreateTransport(Uri destination) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !TransportSecurity.IsLoopback(destination),
        ResponseDrainTimeout = TimeSpan.Zero,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = FlowConnection.ConnectAsync,
        PlaintextStreamFilter = FlowConnection.Wrap,
    };

    /// <summary>A client for one endpoint; each call brings its own time-out.</summary>
    public static HttpClient CreateClient(FlowClientOptions options) =>
        new(new FlowAuthenticationHandler(options.KeyCredential, options.TokenCredential) { InnerHandler = CreateTransport(options.ScoringUri!) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>The id, when it is one that Azure ML takes: it cuts longer ones and drops other characters, and the id would not be found.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static string CheckedRequestId(string? id) =>
        id is { Length: > 0 and <= MaxRequestIdLength } && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? id
            : throw new InvalidOperationException(
                $"'ClientRequestId' gave an id that is not 1 to {MaxRequestIdLength} characters of 'A-Z a-z 0-9 - _'.");

    /// <summary>Scheme, host, port and path, for people: who signs in with the URI does so in its user part or its query.</summary>
    public static string Address(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>
    /// What broke, for an exception's inner one; null where the transport's message quotes the bytes that it could not read as HTTP.
    /// </summary>
    public static Exception? WithoutQuotes(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse }
            ? null
            : exception;

    /// <summary>Whether a call failed on a connection that stood, before any byte of an answer came.</summary>
    public static bool IsCut(HttpRequestException exception) =>
        exception is { HttpRequestError: HttpRequestError.Unknown or HttpRequestError.ResponseEnded, InnerException: IOException };

    /// <summary>The exception for a connection that was cut before any answer.</summary>
    public static HttpRequestException Cut(Uri uri, HttpRequestException exception) => new(
        exception.HttpRequestError,
        exception.InnerException is UnsentRequestException
            ? $"The endpoint '{Address(uri)}' closed the idle connection before the request was sent: the flow has not run."
            : $"The connection to the endpoint '{Address(uri)}' was cut before any answer: the flow may have run.",
        exception);

    /// <summary>The exception for an answer, or an update of a stream, above the bound.</summary>
    public static FlowRequestException TooLarge(string what, int maxSize, HttpResponseMessage response, string? clientRequestId) => new(
        HttpRequestError.ConfigurationLimitExceeded, $"The {what} is larger than {maxSize} bytes, the client's 'MaxResponseSize'.", response, clientRequestId);
}
