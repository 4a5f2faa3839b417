using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// What a rollback needs to know, kept in the endpoint's tags: <c>flowbuild.previous</c> holds the traffic before the last move,
/// <c>flowbuild.previous.DEPLOYMENT</c> the model and environment before the last change in place.
/// </summary>
internal static class RollbackTags
{
    /// <summary>The tag with the traffic.</summary>
    public const string Traffic = "flowbuild.previous";

    // ARM takes 256 characters; a longer value is left out.
    private const int Longest = 256;

    /// <summary>The tags to write in the change that moves traffic.</summary>
    public static Dictionary<string, string?> Before(TrafficMap traffic, DeploymentResource? deployment)
    {
        var tags = new Dictionary<string, string?> { [Traffic] = Fit(traffic.ToString()) };
        if (deployment is not null)
        {
            tags[Of(deployment.Name)] = Fit($"{AssetNames.Short(deployment.ModelId ?? "")};{AssetNames.Short(deployment.EnvironmentId ?? "")}");
        }

        return tags;
    }

    /// <summary>The tag with a deployment's model and environment.</summary>
    public static string Of(string deployment) => $"{Traffic}.{deployment.ToLowerInvariant()}";

    private static string? Fit(string value) => value.Length <= Longest ? value : null;
}
