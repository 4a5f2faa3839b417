using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
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
    /// <param name="check">Checks once more, when the change is sent, that it is right.</param>
    /// <exception cref="FlowDeploymentException">The endpoint has been changed since it was read; the change is not sent.</exception>
    public static async Task SetAsync(
        CommandContext context, EndpointResource endpoint, TrafficMap? traffic, TrafficMap? mirror, IReadOnlyDictionary<string, string?> tags,
        CancellationToken cancellationToken, Func<Task>? check = null)
    {
        // A deployment that gets live traffic can keep no mirrored traffic.
        var mirrorNow = new TrafficMap(endpoint.MirrorTraffic);
        mirror ??= traffic is not null && !mirrorNow.Beside(traffic).Equals(mirrorNow) ? mirrorNow.Beside(traffic) : null;
        var read = new TrafficMap(endpoint.Traffic);
        var updated = await EndpointUpdate.SendAsync(
            context.Workspace, endpoint.Name, BodyAsync, traffic, context.Settings.Timeout, cancellationToken).ConfigureAwait(false);
        if (traffic is not null || mirror is not null)
        {
            context.Log.Progress($"traffic of {endpoint.Name}: {new TrafficMap(updated.Traffic)}");
        }

        async Task<JsonObject> BodyAsync(EndpointResource current)
        {
            var now = new TrafficMap(current.Traffic);
            if ((traffic is not null && !now.Equals(read) && !now.Equals(traffic))
                || tags.Keys.Any(tag => current.Tags.GetValueOrDefault(tag) is var value && value != endpoint.Tags.GetValueOrDefault(tag) && value != tags[tag]))
            {
                throw FlowDeploymentException.Of(WorkspaceRules.ChangedByAnotherRun, $"The endpoint '{endpoint.Name}'", $"its traffic is {now}");
            }

            await (check?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
            return MachineLearningWorkspace.WithTraffic(current, traffic?.Percentages, mirror?.Percentages, tags);
        }
    }
}
