using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Identity;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Asks a registry whether it has an image (OCI distribution specification). Where a token is needed it is an anonymous one; only a
/// registry of the workspace's subscription is sent the token of who is signed in, in exchange for one of its own.
/// </summary>
/// <param name="workspace">The workspace: its cloud says what registries are called, its subscription which ones are its own.</param>
internal sealed partial class ContainerRegistry(MachineLearningWorkspace workspace)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    // Manifests of a few thousand layers included.
    private const int LongestAnswer = 4 * 1024 * 1024;

    private static readonly string[] ManifestTypes =
    [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
    ];

    /// <summary>Looks for an image.</summary>
    /// <returns>Whether it is there, null where that cannot be told; and the registry's word for it, or why it cannot be told.</returns>
    public async Task<(bool? Exists, string Reason)> FindAsync(ContainerImage image, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !image.Manifest.IsLoopback })
        {
            Timeout = AnswerLimit, MaxResponseContentBufferSize = LongestAnswer,
        };
        try
        {
            var response = await AskAsync(http, HttpMethod.Head, image, null, cancellationToken).ConfigureAwait(false);
            var token = response.StatusCode == HttpStatusCode.Unauthorized
                ? await TokenAsync(http, image, Challenge(response), cancellationToken).ConfigureAwait(false)
                : null;
            if (token is not null)
            {
                response = await AskAsync(http, HttpMethod.Head, image, token, cancellationToken).ConfigureAwait(false);
            }

            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                return (response.StatusCode == HttpStatusCode.OK ? true : null, $"HTTP {(int)response.StatusCode}");
            }

            // The answer to HEAD has no body, and not every 404 speaks of the image.
            response = await AskAsync(http, HttpMethod.Get, image, token, cancellationToken).ConfigureAwait(false);
            var code = response.StatusCode == HttpStatusCode.NotFound ? await CodeAsync(response, cancellationToken).ConfigureAwait(false) : null;
            return (code is "MANIFEST_UNKNOWN" or "NAME_UNKNOWN" ? false : null, code ?? $"HTTP {(int)response.StatusCode}");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HttpRequestException or IOException or OperationCanceledException)
        {
            return (null, e is OperationCanceledException ? "it does not answer" : (e.InnerException ?? e).Message.Split('\n')[0].TrimEnd('.'));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Such as an unknown character set, a token that is none, or a member that stands twice; what stands there may be secret.
            return (null, "its answer cannot be read");
        }
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient http, HttpMethod method, ContainerImage image, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, image.Manifest);
        foreach (var type in ManifestTypes)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> TokenAsync(HttpClient http, ContainerImage image, (Uri Realm, string Service)? challenge, CancellationToken cancellationToken)
    {
        if (workspace.Connection.Cloud.HasRegistry(image.Registry)
            && await workspace.HasRegistryAsync(image.Registry, cancellationToken).ConfigureAwait(false)
            && await ExchangeAsync(http, image, cancellationToken).ConfigureAwait(false) is { } own)
        {
            return own;
        }

        if (challenge is not var (realm, service))
        {
            return null;
        }

        var query = $"service={Uri.EscapeDataString(service)}&scope={Uri.EscapeDataString(Scope(image))}";
        var address = new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query }.Uri;
        using var response = await http.GetAsync(address, cancellationToken).ConfigureAwait(false);
        var answer = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        return Text(answer, "token") ?? Text(answer, "access_token");
    }

    // A registry of Azure takes the token of who is signed in, gives a refresh token for it, and for that one a token of the repository.
    private async Task<string?> ExchangeAsync(HttpClient http, ContainerImage image, CancellationToken cancellationToken)
    {
        AccessToken identity;
        try
        {
            var scope = $"{workspace.Connection.Cloud.Audience.TrimEnd('/')}/.default";
            identity = await workspace.Connection.Credential.GetTokenAsync(new TokenRequestContext([scope]), cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationFailedException)
        {
            return null;
        }

        var exchanged = await PostAsync("exchange", [new("grant_type", "access_token"), new("service", image.Registry), new("access_token", identity.Token)]).ConfigureAwait(false);
        return Text(exchanged, "refresh_token") is { } refresh
            ? Text(
                await PostAsync("token", [new("grant_type", "refresh_token"), new("service", image.Registry), new("scope", Scope(image)), new("refresh_token", refresh)]).ConfigureAwait(false),
                "access_token")
            : null;

        async Task<JsonObject?> PostAsync(string path, KeyValuePair<string, string>[] form)
        {
            using var content = new FormUrlEncodedContent(form);
            using var response = await http.PostAsync(new Uri($"https://{image.Registry}/oauth2/{path}"), content, cancellationToken).ConfigureAwait(false);
            return await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Scope(ContainerImage image) => $"repository:{image.Repository}:pull";

    private static (Uri Realm, string Service)? Challenge(HttpResponseMessage response)
    {
        var bearer = response.Headers.WwwAuthenticate.FirstOrDefault(static h => string.Equals(h.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase))?.Parameter ?? "";
        var parameters = Parameter().Matches(bearer).DistinctBy(static m => m.Groups[1].Value).ToDictionary(static m => m.Groups[1].Value, static m => m.Groups[2].Value);
        return Uri.TryCreate(parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) && realm.Scheme == Uri.UriSchemeHttps
            ? (realm, parameters.GetValueOrDefault("service", ""))
            : null;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        (await ReadAsync(response, cancellationToken, HttpStatusCode.NotFound).ConfigureAwait(false))?["errors"] is JsonArray { Count: > 0 } errors ? Text(errors[0] as JsonObject, "code") : null;

    private static async Task<JsonObject?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken, HttpStatusCode wanted = HttpStatusCode.OK)
    {
        try
        {
            return response.StatusCode == wanted ? JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonObject? json, string member) => json?[member] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    [GeneratedRegex("([a-z]+)=\"([^\"]*)\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Parameter();
}
