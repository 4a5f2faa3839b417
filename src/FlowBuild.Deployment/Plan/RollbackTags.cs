using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// What a rollback and a run after a crash need to know, kept in the endpoint's tags: <c>flowbuild.previous</c> holds the traffic
/// before the last move, <c>flowbuild.previous.DEPLOYMENT</c> what the deployment ran then or before its last change in place, and
/// <c>flowbuild.unverified.DEPLOYMENT</c> stands from before a change until the deployment has answered. A rollback removes what it has
/// used and leaves <c>flowbuild.rolledback</c>, with the traffic or, by deployment, the model that it replaced.
/// </summary>
internal static class RollbackTags
{
    /// <summary>The tag with the traffic.</summary>
    public const string Traffic = "flowbuild.previous";

    /// <summary>The tag that a rollback of the traffic leaves.</summary>
    public const string RolledBack = "flowbuild.rolledback";

    // ARM takes 256 characters; a longer value is left out.
    private const int Longest = 256;

    /// <summary>The tags to write in the change that moves traffic, or before the change of a deployment in place.</summary>
    /// <param name="traffic">The traffic that a rollback goes back to.</param>
    /// <param name="deployments">The deployments that it is to find there as they are now: those that carry this traffic.</param>
    public static Dictionary<string, string?> Before(TrafficMap traffic, IEnumerable<DeploymentResource> deployments)
    {
        var tags = new Dictionary<string, string?> { [Traffic] = Fit(traffic.ToString()), [RolledBack] = null, [InterruptedRollout.Tag] = null };
        foreach (var deployment in deployments)
        {
            tags[Of(deployment.Name)] = RememberedDeployment.Of(deployment).ToTag();
            tags[RolledBackOf(deployment.Name)] = null;
        }

        return tags;
    }

    /// <summary>The tags to write where traffic moves away from the deployments that carry it.</summary>
    /// <param name="traffic">The traffic that a rollback goes back to.</param>
    /// <param name="deployments">All deployments of the endpoint.</param>
    public static Dictionary<string, string?> BeforeMove(TrafficMap traffic, IEnumerable<DeploymentResource> deployments) =>
        Before(traffic, deployments.Where(d => traffic.Percentages.ContainsKey(d.Name.ToLowerInvariant())));

    /// <summary>The tags that a rollback of the traffic writes: what it has used goes, so that a second one changes nothing.</summary>
    /// <param name="replaced">The traffic that the rollback replaces.</param>
    /// <param name="tags">The endpoint's tags.</param>
    public static Dictionary<string, string?> AfterTrafficRollback(TrafficMap replaced, IReadOnlyDictionary<string, string> tags)
    {
        var written = tags.Keys.Where(IsNeeded).ToDictionary(static key => key, static _ => (string?)null);
        written[Traffic] = null;
        written[RolledBack] = Fit(replaced.ToString()) ?? "yes";
        written[InterruptedRollout.Tag] = null;
        return written;
    }

    /// <summary>The tags that a rollback of a deployment's model and environment writes.</summary>
    public static Dictionary<string, string?> AfterDeploymentRollback(string deployment, RememberedDeployment replaced) => new()
    {
        [Of(deployment)] = null,
        [Unverified(deployment)] = null,
        [RolledBackOf(deployment)] = Fit(replaced.Model) is { Length: > 0 } model ? model : "yes",
    };

    /// <summary>Whether what a rollback needs does not fit into the tags.</summary>
    public static bool IsIncomplete(IReadOnlyDictionary<string, string?> tags) => tags.Any(static tag => tag.Value is null && IsNeeded(tag.Key));

    /// <summary>The traffic that a rollback goes back to, or null where the endpoint does not say it.</summary>
    public static TrafficMap? TrafficOf(EndpointResource endpoint) =>
        !endpoint.Tags.TryGetValue(Traffic, out var text) ? null : text == "none" ? new TrafficMap([]) : TrafficMap.Parse(Traffic, text);

    /// <summary>What a deployment ran then, or null where the endpoint does not say it.</summary>
    public static RememberedDeployment? DeploymentOf(EndpointResource endpoint, string deployment) =>
        RememberedDeployment.Parse(endpoint.Tags.GetValueOrDefault(Of(deployment)));

    /// <summary>The tag with what a deployment ran.</summary>
    public static string Of(string deployment) => $"{Traffic}.{deployment.ToLowerInvariant()}";

    /// <summary>The tag that stands while a deployment is not verified.</summary>
    public static string Unverified(string deployment) => $"flowbuild.unverified.{deployment.ToLowerInvariant()}";

    /// <summary>Those of an endpoint's tags that lead to a deployment.</summary>
    public static IEnumerable<string> Naming(string deployment, IReadOnlyDictionary<string, string> tags) => tags.Keys.Where(key =>
        key == Of(deployment) || key == Unverified(deployment)
        || (key == Traffic && tags[key].Split(' ').Any(part => part.StartsWith($"{deployment}=", StringComparison.OrdinalIgnoreCase))));

    /// <summary>The tag that a rollback of a deployment's model and environment leaves.</summary>
    public static string RolledBackOf(string deployment) => $"{RolledBack}.{deployment.ToLowerInvariant()}";

    private static bool IsNeeded(string tag) => tag == Traffic || tag.StartsWith($"{Traffic}.", StringComparison.Ordinal);

    private static string? Fit(string value) => value.Length <= Longest ? value : null;
}
