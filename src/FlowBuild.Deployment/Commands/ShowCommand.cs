using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>Shows endpoints with their deployments, states, traffic and models.</summary>
internal static class ShowCommand
{
    public static async Task<IReadOnlyList<DeployedFlow>> RunAsync(
        CommandContext context, Func<FlowSources, EndpointResource, DeploymentResource, DeployedFlow> describe, CancellationToken cancellationToken)
    {
        var shown = new List<DeployedFlow>();
        var lines = new List<OutputLine>();
        var flows = await NamedDeployments.FlowsAsync(context, writes: false, cancellationToken).ConfigureAwait(false);
        var outcomes = await context.ForEachAsync([.. flows.DistinctBy(static flow => flow.EndpointName)], writes: false, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            var deployments = await context.Workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
            var names = string.Join(", ", context.Flows.Where(other => other.EndpointName == flow.EndpointName).Select(static other => $"'{other.Item.Name}'"));
            lines.Add($"{endpoint.Name}  {endpoint.State}  {endpoint.AuthMode}  {endpoint.ScoringUri}  (flow {names})");
            foreach (var deployment in deployments.Where(IsShown))
            {
                var row = describe(flow, endpoint, deployment);
                lines.Add($"  {deployment.Name,-12} {deployment.State,-10} {row.TrafficPercent,3} %  {AssetNames.Short(row.ModelId)}");
                shown.Add(row);
            }
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
        return shown;

        bool IsShown(DeploymentResource deployment) =>
            context.Settings.DeploymentName is not { } name || string.Equals(deployment.Name, name, StringComparison.OrdinalIgnoreCase);
    }
}
