using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>A deployment of a flow that the property <c>Flow</c> leaves out.</summary>
/// <param name="Item">The flow.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Name">The deployment, in lower case.</param>
internal sealed record OtherDeployment(FlowItem Item, string Endpoint, string Name);

/// <summary>The deployments of the flows that the property <c>Flow</c> leaves out. Nothing may be done to them.</summary>
internal static class OtherFlows
{
    /// <summary>Those that can be read; for checks that only add safety.</summary>
    public static IReadOnlyList<OtherDeployment> Readable(FlowProject project) =>
    [
        .. from item in project.OtherItems
           let deployment = FlowSelection.DeploymentOf(item, project)
           where deployment is not null
           select new OtherDeployment(item, deployment.EndpointName.Value.ToLowerInvariant(), deployment.Name.Value.ToLowerInvariant()),
    ];

    /// <summary>All of them, where not to know one could cost it.</summary>
    /// <exception cref="FlowDeploymentException">The deployment file of one cannot be read.</exception>
    public static IReadOnlyList<OtherDeployment> All(FlowProject project)
    {
        var unreadable = project.OtherItems.FirstOrDefault(item => item.DeploymentFile is not null && FlowSelection.DeploymentOf(item, project) is null);
        return unreadable is null ? Readable(project) : throw FlowDeploymentException.At(
            ConfigurationRules.OtherFlowUnreadable, unreadable.DeploymentFile, null, unreadable.Name);
    }
}
