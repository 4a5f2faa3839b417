using System.Globalization;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Plan;

/// <summary>Percentages by deployment, with names in lower case and without zeros, as the service keeps them.</summary>
public sealed class TrafficMap : IEquatable<TrafficMap>
{
    // Of the live traffic, in percent.
    private const int MostMirrored = 50;

    private readonly SortedDictionary<string, int> _percentages = new(StringComparer.Ordinal);

    /// <summary>Copies a map.</summary>
    public TrafficMap(IEnumerable<KeyValuePair<string, int>> percentages)
    {
        foreach (var (name, percentage) in percentages)
        {
            if (percentage > 0)
            {
                _percentages[name.ToLowerInvariant()] = percentage;
            }
        }
    }

    /// <summary>The percentages.</summary>
    public IReadOnlyDictionary<string, int> Percentages => _percentages;

    /// <summary>All traffic to one deployment.</summary>
    public static TrafficMap All(string deployment) => new([KeyValuePair.Create(deployment, 100)]);

    /// <summary>Reads <c>blue=90 green=10</c>, as az ml writes it.</summary>
    /// <param name="property">Name of the property, for the message.</param>
    /// <param name="text">The text; semicolons stand for blanks too.</param>
    /// <exception cref="FlowDeploymentException">The text is no map, or the sum is neither 0 nor 100.</exception>
    public static TrafficMap Parse(string property, string text)
    {
        var map = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=') is not [{ Length: > 0 } name, var value]
                || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var percentage)
                || !map.TryAdd(name, percentage))
            {
                throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, property, text, "write deployments and percentages, such as 'blue=90 green=10'");
            }
        }

        var sum = map.Values.Sum();
        return sum is 0 or 100 || property == "FlowMirrorTraffic" ? new TrafficMap(map)
            : throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, property, text, $"the percentages sum to {sum}; they must sum to 100");
    }

    /// <summary>Makes sure that every deployment named is there.</summary>
    /// <param name="property">Name of the property, for the message.</param>
    /// <param name="endpoint">The endpoint, for the message.</param>
    /// <param name="deployments">The names of those that are there, or are about to be.</param>
    /// <exception cref="FlowDeploymentException">One is not.</exception>
    internal void RequireDeployments(string property, string endpoint, IEnumerable<string> deployments)
    {
        var known = deployments.Select(static d => d.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal).ToList();
        if (Percentages.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, property, property == "FlowAllTraffic" ? "true" : ToString(),
                $"the endpoint '{endpoint}' has no deployment '{unknown}'{(known.Count > 0 ? $"; it has {string.Join(", ", known)}" : "")}");
        }
    }

    /// <summary>Makes sure that the service takes this as mirrored traffic.</summary>
    /// <param name="property">Name of the property, for the message.</param>
    /// <param name="live">The live traffic beside it.</param>
    /// <param name="isKubernetes">The endpoint is a Kubernetes endpoint.</param>
    /// <exception cref="FlowDeploymentException">It does not.</exception>
    internal void RequireMirror(string property, TrafficMap live, bool isKubernetes)
    {
        var problem = Percentages.Count == 0 ? null
            : isKubernetes ? "only managed endpoints mirror traffic"
            : Percentages.Count > 1 ? "one deployment at most can have mirrored traffic"
            : Percentages.Values.First() > MostMirrored ? $"at most {MostMirrored} percent of the traffic can be mirrored"
            : Percentages.Keys.FirstOrDefault(live.Percentages.ContainsKey) is { } both ? $"{both} has live traffic ({live}), and one with live traffic can have no mirrored traffic"
            : null;
        if (problem is not null)
        {
            throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, property, ToString(), problem);
        }
    }

    /// <summary>This map as mirrored traffic beside live traffic: without what a deployment with live traffic cannot have.</summary>
    internal TrafficMap Beside(TrafficMap live) => new(_percentages.Where(p => !live.Percentages.ContainsKey(p.Key)));

    /// <summary>This map without a deployment: its share goes to the others in proportion, so that the percentages sum to 100 again.</summary>
    internal TrafficMap Without(string deployment)
    {
        var rest = _percentages.Where(p => !string.Equals(p.Key, deployment, StringComparison.OrdinalIgnoreCase)).ToList();
        if (rest.Count == _percentages.Count || rest.Count == 0)
        {
            return new TrafficMap(rest);
        }

        // Rounded down, and what is left over goes to the largest.
        var sum = rest.Sum(static p => p.Value);
        var shares = rest.ToDictionary(static p => p.Key, p => p.Value * 100 / sum);
        shares[rest.MaxBy(static p => p.Value).Key] += 100 - shares.Values.Sum();
        return new TrafficMap(shares);
    }

    /// <inheritdoc/>
    public bool Equals(TrafficMap? other) => other is not null && _percentages.SequenceEqual(other._percentages);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TrafficMap);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The map as az ml writes it, or <c>none</c>.</summary>
    public override string ToString() =>
        _percentages.Count == 0 ? "none" : string.Join(' ', _percentages.Select(static p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")));
}
