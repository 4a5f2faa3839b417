using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>Sets the traffic of endpoints and nothing else. Every endpoint is checked before the first one is changed.</summary>
internal static class TrafficCommand
{
    public static async Task RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var settings = context.Settings;
        if (!settings.AllTraffic && settings.Traffic is null && settings.MirrorTraffic is null)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.PropertyMissing, context.Target, "FlowTraffic",
                "write FlowTraffic=\"blue=90 green=10\", FlowAllTraffic=true or FlowMirrorTraffic=\"green=10\"");
        }

        if (settings.DeploymentName is { } named && !settings.AllTraffic)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowDeploymentName", named,
                "FlowTraffic and FlowMirrorTraffic name the deployments; leave FlowDeploymentName out, or set FlowAllTraffic=true with it");
        }

        var flows = await NamedDeployments.FlowsAsync(context, writes: true, cancellationToken).ConfigureAwait(false);
        var changes = new Dictionary<FlowSources, Change>();
        foreach (var flow in flows.DistinctBy(static flow => flow.EndpointName))
        {
            changes.Add(flow, await CheckAsync(context, flow, cancellationToken).ConfigureAwait(false));
        }

        var lines = new List<OutputLine>();
        var outcomes = await context.ForEachAsync([.. changes.Keys], writes: true, async flow =>
        {
            var (endpoint, traffic, tags) = changes[flow];
            await EndpointChange.SetAsync(context, endpoint, traffic, settings.MirrorTraffic, tags, cancellationToken).ConfigureAwait(false);
            lines.Add($"traffic of {endpoint.Name} is {traffic ?? new TrafficMap(endpoint.Traffic)} (flow '{flow.Item.Name}')");
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }

    private static async Task<Change> CheckAsync(CommandContext context, FlowSources flow, CancellationToken cancellationToken)
    {
        var settings = context.Settings;
        var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
        if (settings is { Traffic: null, AllTraffic: true, DeploymentName: null } && HasOtherFlows(context, flow))
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowAllTraffic", "true",
                $"several flows of the project are deployed to the endpoint '{endpoint.Name}'; write FlowTraffic=\"{flow.DeploymentName}=100\", or the percentages of each");
        }

        var traffic = settings.RequestedTraffic(NamedDeployments.Of(context, flow) ?? "");
        var deployments = await context.Workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        var names = deployments.Select(static d => d.Name).ToList();
        traffic?.RequireDeployments(settings.Traffic is null ? "FlowAllTraffic" : "FlowTraffic", endpoint.Name, names);
        settings.MirrorTraffic?.RequireDeployments("FlowMirrorTraffic", endpoint.Name, names);
        var before = new TrafficMap(endpoint.Traffic);
        settings.MirrorTraffic?.RequireMirror("FlowMirrorTraffic", traffic ?? before, endpoint.IsKubernetes);
        return new Change(endpoint, traffic, TagsFor(endpoint, before, traffic, deployments));
    }

    private static bool HasOtherFlows(CommandContext context, FlowSources flow) =>
        context.Flows.Count(other => other.EndpointName == flow.EndpointName) > 1
        || OtherFlows.All(context.Project).Any(other => other.Endpoint == flow.EndpointName);

    // To set the traffic of before the last deployment is a rollback by hand; traffic that does not move leaves what a rollback needs.
    private static Dictionary<string, string?> TagsFor(
        EndpointResource endpoint, TrafficMap before, TrafficMap? traffic, IReadOnlyList<DeploymentResource> deployments) =>
        traffic is null || traffic.Equals(before) ? []
        : traffic.Equals(RollbackTags.TrafficOf(endpoint)) ? RollbackTags.AfterTrafficRollback(before, endpoint.Tags)
        : RollbackTags.BeforeMove(before, deployments);

    private sealed record Change(EndpointResource Endpoint, TrafficMap? Traffic, IReadOnlyDictionary<string, string?> Tags);
}
