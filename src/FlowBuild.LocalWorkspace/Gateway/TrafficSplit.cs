using System.Collections.Concurrent;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>
/// Splits an endpoint's requests by weight. Azure draws lots; here turns are taken, smoothly, so that of any hundred requests
/// each deployment gets exactly its share and a test of a split is repeatable.
/// </summary>
internal sealed class TrafficSplit
{
    private readonly ConcurrentDictionary<string, Turns> _turns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The deployment whose turn it is, or null when none has any weight.</summary>
    public string? Next(string endpoint, IReadOnlyDictionary<string, int> traffic)
    {
        var weights = traffic.Where(static pair => pair.Value > 0).OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        return weights.Count < 2
            ? weights.Select(static pair => pair.Key).FirstOrDefault()
            : _turns.GetOrAdd(endpoint, static _ => new Turns()).Next(weights);
    }

    private sealed class Turns
    {
        private readonly Dictionary<string, int> _credit = new(StringComparer.OrdinalIgnoreCase);

        public string Next(List<KeyValuePair<string, int>> weights)
        {
            lock (_credit)
            {
                foreach (var (name, weight) in weights)
                {
                    _credit[name] = _credit.GetValueOrDefault(name) + weight;
                }

                var chosen = weights.MaxBy(pair => _credit[pair.Key]).Key;
                _credit[chosen] -= weights.Sum(static pair => pair.Value);
                return chosen;
            }
        }
    }
}
