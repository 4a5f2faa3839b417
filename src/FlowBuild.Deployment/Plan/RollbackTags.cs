using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// What a rollback and a run after a crash need to know, kept in the endpoint's tags: <c>flowbuild.previous</c> holds the traffic
/// before the last move, <c>flowbuild.previous.DEPLOYMENT</c> the model and environment before the last change in place, and
/// <c>flowbuild.unverified.DEPLOYMENT</c> stands from before a change until the deployment has answered.
/// </summary>
internal static class RollbackTags
{
    /// <summary>The tag with the traffic.</summary>
    public const string Traffic = "flowbuild.previous";

    // ARM takes 256 characters; a longer value is left out.
    private const int Longest = 256;

    /// <summary>The tags to write in the change that moves traffic, or before the change of a deployment in place.</summary>
    /// <param name="traffic">The traffic that a rollback goes back to.</param>
    /// <param name="deployments">The deployments whose model and environment it is to find there: those that carry this traffic.</param>
    public static Dictionary<string, string?> Before(TrafficMap traffic, IEnumerable<DeploymentResource> deployments)
    {
        var tags = new Dictionary<string, string?> { [Traffic] = Fit(traffic.ToString()) };
        foreach (var deployment in deployments)
        {
            tags[Of(deployment.Name)] = Fit(Assets(deployment));
        }

        return tags;
    }

    /// <summary>The tags to write where traffic moves away from the deployments that carry it.</summary>
    /// <param name="traffic">The traffic that a rollback goes back to.</param>
    /// <param name="deployments">All deployments of the endpoint.</param>
    public static Dictionary<string, string?> BeforeMove(TrafficMap traffic, IEnumerable<DeploymentResource> deployments) =>
        Before(traffic, deployments.Where(d => traffic.Percentages.ContainsKey(d.Name.ToLowerInvariant())));

    /// <summary>The traffic that a rollback goes back to, or null where the endpoint does not say it.</summary>
    public static TrafficMap? TrafficOf(EndpointResource endpoint) =>
        !endpoint.Tags.TryGetValue(Traffic, out var text) ? null : text == "none" ? new TrafficMap([]) : TrafficMap.Parse(Traffic, text);

    /// <summary>The tag with a deployment's model and environment.</summary>
    public static string Of(string deployment) => $"{Traffic}.{deployment.ToLowerInvariant()}";

    /// <summary>The tag that stands while a deployment is not verified.</summary>
    public static string Unverified(string deployment) => $"flowbuild.unverified.{deployment.ToLowerInvariant()}";

    /// <summary>A deployment's model and environment, as its tag holds them.</summary>
    public static string Assets(DeploymentResource deployment) => Assets(deployment.ModelId, deployment.EnvironmentId);

    /// <summary>A model and an environment by their ids, as the tag holds them.</summary>
    public static string Assets(string? modelId, string? environmentId) => $"{Name(modelId)};{Name(environmentId)}";

    // The short name of what is not in this workspace, such as in a registry, would lead to something else.
    private static string Name(string? id) => id?.StartsWith(MachineLearningWorkspace.AssetScheme, StringComparison.OrdinalIgnoreCase) == true ? id : AssetNames.Short(id ?? "");

    /// <summary>Those of an endpoint's tags that lead to a deployment.</summary>
    public static IEnumerable<string> Naming(string deployment, IReadOnlyDictionary<string, string> tags) => tags.Keys.Where(key =>
        key == Of(deployment) || key == Unverified(deployment)
        || (key == Traffic && tags[key].Split(' ').Any(part => part.StartsWith($"{deployment}=", StringComparison.OrdinalIgnoreCase))));

    private static string? Fit(string value) => value.Length <= Longest ? value : null;
}
