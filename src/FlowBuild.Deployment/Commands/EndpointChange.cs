using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>Changes the traffic, the mirrored traffic or the tags of an endpoint.</summary>
internal static class EndpointChange
{
    /// <summary>Sets traffic, mirrored traffic and tags in one request, and waits for it.</summary>
    /// <param name="context">The command.</param>
    /// <param name="endpoint">The endpoint as it was read.</param>
    /// <param name="traffic">The live traffic, or null to leave it.</param>
    /// <param name="mirror">The mirrored traffic, or null to leave it.</param>
    /// <param name="tags">The tags to write; null removes one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task SetAsync(
        CommandContext context, EndpointResource endpoint, TrafficMap? traffic, TrafficMap? mirror, IReadOnlyDictionary<string, string?> tags,
        CancellationToken cancellationToken)
    {
        // A deployment that gets live traffic can keep no mirrored traffic.
        var mirrorNow = new TrafficMap(endpoint.MirrorTraffic);
        mirror ??= traffic is not null && !mirrorNow.Beside(traffic).Equals(mirrorNow) ? mirrorNow.Beside(traffic) : null;
        var step = new TrafficStep(endpoint.Name, traffic, mirror, tags, "", []);
        var plan = new DeploymentPlan(context.Workspace.Address, endpoint.Name, null, null, [step], []);
        await new PlanApplier(context.Workspace, plan, context.Settings, context.Log).ApplyAsync(FlowStage.Traffic, cancellationToken).ConfigureAwait(false);
    }
}
