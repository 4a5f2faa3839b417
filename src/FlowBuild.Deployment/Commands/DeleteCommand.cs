using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>Deletes deployments and endpoints. Everything is checked before the first one is deleted.</summary>
internal static class DeleteCommand
{
    /// <summary>Deletes the named deployment, or the one that each flow's file names; one with traffic only with FlowForce.</summary>
    public static async Task DeleteDeploymentsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var flows = await NamedDeployments.FlowsAsync(context, writes: true, cancellationToken).ConfigureAwait(false);
        foreach (var flow in flows)
        {
            if (NamedDeployments.Of(context, flow) is { } name && !context.Settings.Force)
            {
                RequireNoTraffic(await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false), name);
            }
        }

        var lines = new List<OutputLine>();
        var outcomes = await context.ForEachAsync(flows, writes: true, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            if (NamedDeployments.Of(context, flow) is not { } name
                || await context.Workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false) is null)
            {
                lines.Add(NamedDeployments.Of(context, flow) is { } missing
                    ? $"{endpoint.Name}/{missing}: does not exist, nothing was deleted (flow '{flow.Item.Name}')"
                    : $"{endpoint.Name}: no deployment file, nothing was deleted (flow '{flow.Item.Name}')");
                return;
            }

            // Somebody may have given it traffic since it was checked.
            if (!context.Settings.Force)
            {
                RequireNoTraffic(endpoint, name);
            }

            await RemoveTrafficAsync(context, endpoint, name, cancellationToken).ConfigureAwait(false);
            var operation = await context.Workspace.DeleteDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
            await operation.WaitAsync(context.Settings.Timeout, cancellationToken).ConfigureAwait(false);
            lines.Add($"{endpoint.Name}/{name}: deleted (flow '{flow.Item.Name}')");
            await WarnWithoutTrafficAsync(context, endpoint, name, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }

    /// <summary>Deletes endpoints with all their deployments.</summary>
    public static async Task DeleteEndpointsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        RequireNamedEndpoints(context);
        var lines = new List<OutputLine>();
        var outcomes = await context.ForEachAsync(context.Endpoints, writes: true, async flow =>
        {
            if (await context.Workspace.GetEndpointAsync(flow.EndpointName, cancellationToken).ConfigureAwait(false) is not { } endpoint)
            {
                lines.Add($"{flow.EndpointName}: does not exist, nothing was deleted (flow '{flow.Item.Name}')");
                return;
            }

            var operation = await context.Workspace.DeleteEndpointAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
            await operation.WaitAsync(context.Settings.Timeout, cancellationToken).ConfigureAwait(false);
            lines.Add($"{endpoint.Name}: deleted with its deployments (flow '{flow.Item.Name}')");
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }

    private static void RequireNamedEndpoints(CommandContext context)
    {
        if (context.Settings.DeploymentName is { } deployment)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowDeploymentName", deployment,
                "DeleteFlowEndpoint deletes an endpoint with all its deployments; run DeleteFlowDeployment to delete one of them, or leave FlowDeploymentName out");
        }

        if (context.Flows.Count > 1 && !context.Project.IsSelected)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.PropertyMissing, context.Target, "Flow",
                $"the project has several flows; name the endpoints to delete, such as Flow=\"{string.Join(' ', context.Endpoints.Select(static f => f.EndpointName))}\"");
        }

        // An endpoint takes the deployments of all its flows with it, also of those that Flow does not name.
        var selected = context.Endpoints.Select(static flow => flow.EndpointName).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (OtherFlows.All(context.Project).FirstOrDefault(other => selected.Contains(other.Endpoint)) is { } kept)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.FlowNotSelected, string.Join(' ', context.Flows.Select(static f => f.Item.Name)),
                $"leaves out the flow '{kept.Item.Name}', which is deployed to the same endpoint and would be deleted with it", $"'{kept.Endpoint}'");
        }
    }

    private static void RequireNoTraffic(EndpointResource endpoint, string name)
    {
        var live = endpoint.Traffic.GetValueOrDefault(name);
        var mirrored = endpoint.MirrorTraffic.GetValueOrDefault(name);
        if (live > 0 || mirrored > 0)
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.DeploymentHasTraffic, $"{endpoint.Name}/{name}", live > 0 ? $"{live} % of the traffic" : $"{mirrored} % mirrored traffic");
        }
    }

    private static async Task WarnWithoutTrafficAsync(CommandContext context, EndpointResource before, string deleted, CancellationToken cancellationToken)
    {
        if (before.Traffic.ContainsKey(deleted) && before.Traffic.Count == 1)
        {
            var left = await context.Workspace.GetDeploymentsAsync(before.Name, cancellationToken).ConfigureAwait(false);
            context.Log.Report(FlowDiagnostic.At(WorkspaceRules.NoTraffic, null, null, before.Name, left.Count > 0 ? left[0].Name : "NAME"));
        }
    }

    // The service refuses to delete what has traffic.
    private static async Task RemoveTrafficAsync(CommandContext context, EndpointResource endpoint, string name, CancellationToken cancellationToken)
    {
        var live = new TrafficMap(endpoint.Traffic);
        var mirror = new TrafficMap(endpoint.MirrorTraffic);
        var (liveWithout, mirrorWithout) = (live.Without(name), mirror.Beside(TrafficMap.All(name)));
        var tags = RollbackTags.Naming(name, endpoint.Tags).ToDictionary(static tag => tag, static _ => (string?)null);
        if (!liveWithout.Equals(live) || !mirrorWithout.Equals(mirror) || tags.Count > 0)
        {
            await EndpointChange.SetAsync(
                context, endpoint, liveWithout.Equals(live) ? null : liveWithout, mirrorWithout.Equals(mirror) ? null : mirrorWithout, tags,
                cancellationToken).ConfigureAwait(false);
        }
    }
}
