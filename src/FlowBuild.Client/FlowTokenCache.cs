using Azure.Core;

namespace FlowBuild;

/// <summary>
/// Keeps a token until shortly before it expires. One call fetches the next; the others go on with the old token while it is good, else
/// they wait. While the old one is good, a failed fetch is tried again by the next call.
/// </summary>
internal sealed class FlowTokenCache(TokenCredential credential, TimeProvider time) : IDisposable
{
    // The scope of Azure ML's scoring calls.
    private static readonly TokenRequestContext Scope = new(["https://ml.azure.com/.default"]);

    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private Entry? _entry;

    /// <summary>A token that needs no new one yet, else null.</summary>
    public string? Current => Volatile.Read(ref _entry) is { } entry && time.GetUtcNow() < entry.RefreshOn ? entry.Token : null;

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (!_fetching.Wait(0, CancellationToken.None))
        {
            // Another call fetches already: who has a good token need not wait for it.
            if (Volatile.Read(ref _entry) is { } good && time.GetUtcNow() < good.ExpiresOn)
            {
                return good.Token;
            }

            await _fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (Current is { } current)
            {
                return current;
            }

            var token = await credential.GetTokenAsync(Scope, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _entry, new Entry(token.Token, RefreshTime(token), token.ExpiresOn));
            return token.Token;
        }
        catch (Exception exception) when (exception is not OperationCanceledException && _entry is { } entry && time.GetUtcNow() < entry.ExpiresOn)
        {
            return entry.Token;
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();

    // A token that lives shorter than the margin is still used for half its life, rather than fetched for every call.
    private DateTimeOffset RefreshTime(AccessToken token)
    {
        if (token.RefreshOn is { } refreshOn && refreshOn < token.ExpiresOn)
        {
            return refreshOn;
        }

        var life = token.ExpiresOn - time.GetUtcNow();
        return token.ExpiresOn - (life < 2 * Margin ? life / 2 : Margin);
    }

    private sealed record Entry(string Token, DateTimeOffset RefreshOn, DateTimeOffset ExpiresOn);
}
