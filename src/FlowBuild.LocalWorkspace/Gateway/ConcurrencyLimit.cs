using System.Collections.Concurrent;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>Counts the requests in flight of each deployment; beyond a limit the gateway answers 429.</summary>
internal sealed class ConcurrencyLimit
{
    private readonly ConcurrentDictionary<string, StrongCount> _inFlight = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes a place, or null when there is none. Disposing gives it back.</summary>
    public IDisposable? Enter(string key, long limit)
    {
        var count = _inFlight.GetOrAdd(key, static _ => new StrongCount());
        if (Interlocked.Increment(ref count.Value) <= limit)
        {
            return new Place(count);
        }

        Interlocked.Decrement(ref count.Value);
        return null;
    }

    private sealed class StrongCount
    {
        public int Value;
    }

    private sealed class Place(StrongCount count) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref count.Value);
    }
}
