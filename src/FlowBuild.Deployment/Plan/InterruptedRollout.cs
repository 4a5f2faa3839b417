using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>A rollout that ended before all traffic had moved.</summary>
/// <param name="Deployment">The deployment that the traffic was moving to.</param>
/// <param name="Start">The traffic before the rollout, all of it on one other deployment.</param>
internal sealed record InterruptedRollout(string Deployment, TrafficMap Start)
{
    /// <summary>The endpoint's tag that names the deployment while its rollout is under way.</summary>
    public const string Tag = "flowbuild.rollout";

    /// <summary>The rollout that an endpoint's tags and traffic show, or null.</summary>
    public static InterruptedRollout? Of(EndpointResource? endpoint)
    {
        if (endpoint?.Tags.GetValueOrDefault(Tag) is not { Length: > 0 } name || RollbackTags.TrafficOf(endpoint) is not { Percentages.Count: 1 } start)
        {
            return null;
        }

        // Traffic that was set by hand since is not the rollout's.
        var now = new TrafficMap(endpoint.Traffic).Percentages;
        return now.Count == 2 && now.ContainsKey(name) && now.ContainsKey(start.Percentages.Keys.First()) && !start.Percentages.ContainsKey(name)
            ? new InterruptedRollout(name, start)
            : null;
    }
}
