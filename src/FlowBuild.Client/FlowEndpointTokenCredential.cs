using System.Net.Http.Headers;
using System.Text.Json;
using Azure.Core;

namespace FlowBuild;

/// <summary>
/// Tokens for an endpoint with <c>auth_mode: aml_token</c>. Azure ML issues them itself, one kind for each endpoint, and gives them out
/// through its control plane: so the caller needs an Entra identity that may do
/// <c>Microsoft.MachineLearningServices/workspaces/onlineEndpoints/token/action</c> on the endpoint (the role AzureML Data Scientist
/// holds it), and a way to <c>management.azure.com</c>. With <c>auth_mode: aad_token</c> the same identity calls the endpoint without
/// that detour. A client keeps a token until Azure ML says that it should be renewed.
/// </summary>
public sealed class FlowEndpointTokenCredential : TokenCredential
{
    private const string ApiVersion = "2024-10-01";

    private static readonly Uri AzureControlPlane = new("https://management.azure.com");
    private static readonly HttpClient DefaultClient = new(FlowHttp.CreateTransport(AzureControlPlane));
    private static readonly HttpClient LoopbackClient = new(FlowHttp.CreateTransport(new Uri("http://localhost")));

    private readonly HttpClient _httpClient;
    private readonly TokenCredential _credential;
    private readonly TokenRequestContext _scope;
    private readonly Uri _uri;

    /// <summary>Fetches tokens of one endpoint.</summary>
    /// <param name="endpointResourceId">
    /// The endpoint's resource id:
    /// <c>/subscriptions/…/resourceGroups/…/providers/Microsoft.MachineLearningServices/workspaces/…/onlineEndpoints/…</c>.
    /// </param>
    /// <param name="credential">Who asks: any credential of Azure.Identity.</param>
    /// <param name="controlPlane">The control plane of another cloud. Default: <c>https://management.azure.com</c>.</param>
    /// <param name="httpClient">The client to ask with. Default: one for all credentials.</param>
    /// <exception cref="ArgumentException">The id is not that of an online endpoint, or the control plane is not encrypted.</exception>
    public FlowEndpointTokenCredential(
        string endpointResourceId, TokenCredential credential, Uri? controlPlane = null, HttpClient? httpClient = null)
    {
        ArgumentNullException.ThrowIfNull(endpointResourceId);
        ArgumentNullException.ThrowIfNull(credential);
        var segments = endpointResourceId.Trim('/').Split('/');
        if (segments.Length != 10 || !Is(segments[0], "subscriptions") || !Is(segments[8], "onlineEndpoints"))
        {
            throw new ArgumentException(
                "The resource id of an online endpoint is '/subscriptions/…/resourceGroups/…/providers/Microsoft.MachineLearningServices" +
                "/workspaces/…/onlineEndpoints/…'.",
                nameof(endpointResourceId));
        }

        controlPlane ??= AzureControlPlane;
        if (!TransportSecurity.MayCarryCredentials(controlPlane))
        {
            throw new ArgumentException(TransportSecurity.Refusal(controlPlane), nameof(controlPlane));
        }

        _credential = credential;
        _httpClient = httpClient ?? (TransportSecurity.IsLoopback(controlPlane) ? LoopbackClient : DefaultClient);
        _scope = new TokenRequestContext([new Uri(controlPlane, "/.default").AbsoluteUri]);
        _uri = new Uri(controlPlane, $"/{string.Join('/', segments)}/token?api-version={ApiVersion}");
    }

    /// <inheritdoc/>
    /// <exception cref="FlowRequestException">The control plane refused; its code says why.</exception>
    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        var caller = await _credential.GetTokenAsync(_scope, cancellationToken).ConfigureAwait(false);
        using var request = new HttpRequestMessage(HttpMethod.Post, _uri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.Token);
        using var response = await _httpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw await FlowErrorResponse.ReadAsync("control plane", response, null, false, null, cancellationToken).ConfigureAwait(false);
        }

        using var body = await FlowResponseBody.ReadAsync(response.Content, BoundedText.MaxBytes, cancellationToken).ConfigureAwait(false);
        return Parse(body.Bytes);
    }

    /// <inheritdoc/>
    /// <exception cref="FlowRequestException">The control plane refused; its code says why.</exception>
    // A client only ever asks asynchronously; who asks otherwise has chosen to wait.
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        GetTokenAsync(requestContext, cancellationToken).AsTask().GetAwaiter().GetResult();

    private static bool Is(string segment, string word) => segment.Equals(word, StringComparison.OrdinalIgnoreCase);

    // {"accessToken": "…", "expiryTimeUtc": 1700000000, "refreshAfterTimeUtc": 1700000000, "tokenType": "Bearer"}, seconds since 1970.
    private static AccessToken Parse(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var parsed = JsonDocument.ParseValue(ref reader);
            var root = parsed.RootElement;
            return new AccessToken(
                root.GetProperty("accessToken"u8).GetString()!,
                DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("expiryTimeUtc"u8).GetInt64()),
                DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("refreshAfterTimeUtc"u8).GetInt64()));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            // The document holds a token, so no part of it is shown, and the parser's own exception is left out.
            throw new FlowContractException("The control plane's answer holds no token of the endpoint.");
        }
    }
}
