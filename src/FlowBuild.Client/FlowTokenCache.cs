using System.Runtime.CompilerServices;
using Azure.Core;

namespace FlowBuild;

/// <summary>
/// Keeps a token until shortly before it expires. One call fetches the next; the others go on with the old token while it is good, else
/// they wait and share what comes of it. While the old one is good, a failed fetch is tried again by the next call.
/// </summary>
internal sealed class FlowTokenCache(TokenCredential credential, TimeProvider time)
{
    // The scope of Azure ML's scoring calls.
    private static readonly TokenRequestContext Scope = new(["https://ml.azure.com/.default"]);

    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private static readonly ConditionalWeakTable<TokenCredential, FlowTokenCache> Caches = [];

    private Entry? _entry;
    private TaskCompletionSource<string?>? _fetch;

    /// <summary>A token that needs no new one yet, else null.</summary>
    public string? Current => Volatile.Read(ref _entry) is { } entry && time.GetUtcNow() < entry.RefreshOn ? entry.Token : null;

    private string? Good => Volatile.Read(ref _entry) is { } entry && time.GetUtcNow() < entry.ExpiresOn ? entry.Token : null;

    /// <summary>
    /// The cache of a credential: one, however many clients share the credential. A factory renews a client's handlers every other minute,
    /// so a cache of the handler's own would not last.
    /// </summary>
    public static FlowTokenCache Of(TokenCredential credential) =>
        Caches.GetValue(credential, static key => new FlowTokenCache(key, TimeProvider.System));

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var fetch = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _fetch, fetch, null) is not { } other)
            {
                return await FetchAsync(fetch, cancellationToken).ConfigureAwait(false);
            }

            // Another call fetches already: who has a good token need not wait for it.
            if ((Good ?? await other.Task.WaitAsync(cancellationToken).ConfigureAwait(false)) is { } token)
            {
                return token;
            }
        }
    }

    private async Task<string> FetchAsync(TaskCompletionSource<string?> fetch, CancellationToken cancellationToken)
    {
        try
        {
            if (Current is not { } token)
            {
                var fetched = await credential.GetTokenAsync(Scope, cancellationToken).ConfigureAwait(false);
                token = fetched.Token;
                Volatile.Write(ref _entry, new Entry(token, RefreshTime(fetched), fetched.ExpiresOn));
            }

            Volatile.Write(ref _fetch, null);
            fetch.SetResult(token);
            return token;
        }
        catch (Exception exception)
        {
            Volatile.Write(ref _fetch, null);
            if (cancellationToken.IsCancellationRequested)
            {
                // Only this call was given up: one of those that wait fetches.
                fetch.SetResult(null);
                throw;
            }

            if (Good is { } good)
            {
                fetch.SetResult(good);
                return good;
            }

            fetch.SetException(exception);

            // Looked at, since perhaps no other call waits for it.
            _ = fetch.Task.Exception;
            throw;
        }
    }

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
