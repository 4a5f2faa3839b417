using System.Net.Http.Headers;
using Azure;
using Azure.Core;

namespace FlowBuild;

/// <summary>Puts the key or token into each request; refuses to where the request would travel unencrypted.</summary>
internal sealed class FlowAuthenticationHandler : DelegatingHandler
{
    private readonly AzureKeyCredential? _key;
    private readonly FlowTokenCache? _tokens;
    private CachedHeader? _cached;

    /// <summary>With neither a key nor a credential, requests pass as they are.</summary>
    public FlowAuthenticationHandler(AzureKeyCredential? key, TokenCredential? credential)
    {
        _key = key;
        _tokens = credential is null ? null : FlowTokenCache.Of(credential);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_key is null && _tokens is null)
        {
            return base.SendAsync(request, cancellationToken);
        }

        if (!TransportSecurity.MayCarryCredentials(request.RequestUri!))
        {
            throw new InvalidOperationException(TransportSecurity.Refusal(request.RequestUri!));
        }

        // Read at each request, so that AzureKeyCredential.Update takes effect at once.
        if ((_key is null ? _tokens!.Current : _key.Key) is { } secret)
        {
            Authorize(request.Headers, secret);
            return base.SendAsync(request, cancellationToken);
        }

        return SendWithNewTokenAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWithNewTokenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Authorize(request.Headers, await _tokens!.GetAsync(cancellationToken).ConfigureAwait(false));
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private void Authorize(HttpRequestHeaders headers, string secret)
    {
        var cached = _cached;
        if (!ReferenceEquals(cached?.Secret, secret))
        {
            _cached = cached = new CachedHeader(secret, "Bearer " + Checked(secret));
        }

        // A handler further out may send the same request again.
        headers.Remove("Authorization");
        headers.TryAddWithoutValidation("Authorization", cached.Value);
    }

    private static string Checked(string secret) =>
        TransportSecurity.FitsHeader(secret) ? secret : throw new InvalidOperationException($"The key or token {TransportSecurity.UnfitForHeader}");

    private sealed record CachedHeader(string Secret, string Value);
}
