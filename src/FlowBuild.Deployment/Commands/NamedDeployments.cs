using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>A deployment of an endpoint that a command acts on.</summary>
/// <param name="Flow">The flow whose endpoint it is.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Name">The deployment's name, in lower case.</param>
internal sealed record NamedDeployment(FlowSources Flow, EndpointResource Endpoint, string Name);

/// <summary>Finds the deployments that a command acts on, before it does anything.</summary>
internal static class NamedDeployments
{
    /// <summary>
    /// The flows that <c>FlowDeploymentName</c> leaves: those whose endpoint has a deployment of that name. Where a flow's own file
    /// names it, that flow stands for the endpoint. Without the property all flows of the command.
    /// </summary>
    /// <param name="context">The command.</param>
    /// <param name="writes">Whether the command changes the workspace: it must know all endpoints, and leaves the deployments of flows
    /// alone that the property Flow leaves out.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">No endpoint has the deployment, or it belongs to another flow.</exception>
    public static async Task<IReadOnlyList<FlowSources>> FlowsAsync(CommandContext context, bool writes, CancellationToken cancellationToken)
    {
        if (context.Settings.DeploymentName is not { } name)
        {
            return context.Flows;
        }

        var flows = new List<FlowSources>();
        var known = new List<string>();
        var unreadable = new List<FlowSources>();
        foreach (var group in context.Flows.GroupBy(static flow => flow.EndpointName))
        {
            try
            {
                var deployments = await context.Workspace.GetDeploymentsAsync(group.Key, cancellationToken).ConfigureAwait(false);
                known.AddRange(deployments.Select(deployment => $"{deployment.Name} ({group.Key})"));
                if (deployments.Any(deployment => string.Equals(deployment.Name, name, StringComparison.OrdinalIgnoreCase)))
                {
                    flows.Add(group.FirstOrDefault(flow => flow.DeploymentName == name) ?? Own(context, group.First(), name, writes));
                }
            }
            catch (FlowDeploymentException e) when (!writes && context.Flows.Count > 1 && e.Diagnostic.Rule != ConfigurationRules.FlowNotSelected)
            {
                // The command itself reports the endpoint that it cannot read.
                unreadable.Add(group.First());
            }
        }

        if (flows.Count == 0 && unreadable.Count == 0)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.DeploymentUnknown, name,
                known.Count > 0 ? string.Join(", ", known.Order(StringComparer.Ordinal)) : "none, the endpoints have no deployments");
        }

        return [.. context.Flows.Where(flow => flows.Contains(flow) || unreadable.Contains(flow))];
    }

    private static FlowSources Own(CommandContext context, FlowSources flow, string name, bool writes) =>
        writes && OtherFlows.All(context.Project).FirstOrDefault(other => other.Endpoint == flow.EndpointName && other.Name == name) is { } other
            ? throw FlowDeploymentException.Of(
                ConfigurationRules.FlowNotSelected, string.Join(' ', context.Flows.Select(static f => f.Item.Name)),
                $"leaves out the flow that the deployment '{other.Endpoint}/{name}' belongs to", $"'{other.Item.Name}'")
            : flow;

    /// <summary>The deployment that a command acts on for a flow: the named one, else the one that the flow's file names.</summary>
    public static string? Of(CommandContext context, FlowSources flow) => context.Settings.DeploymentName ?? flow.DeploymentName;
}
