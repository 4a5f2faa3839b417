using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>Keeps a plan that is made again from undoing what another run has done since this run planned first.</summary>
internal static class ForeignChanges
{
    /// <summary>Checks the steps of a plan against the states that the run knows.</summary>
    /// <returns>The known states, for the next plan of the run.</returns>
    /// <exception cref="FlowDeploymentException">A step would replace another run's change.</exception>
    public static async Task<KnownStates> RequireNoneAsync(
        MachineLearningWorkspace workspace, KnownStates? known, IReadOnlyList<PlanStep> steps, EndpointResource? endpoint,
        IReadOnlyList<DeploymentResource> deployments, CancellationToken cancellationToken)
    {
        if (known is null)
        {
            return KnownStates.Of(endpoint, deployments, steps.OfType<EndpointStep>().SelectMany(static step => step.Differences));
        }

        foreach (var step in steps.OfType<DeploymentStep>())
        {
            // What failed serves nobody: replacing it undoes nothing.
            var now = deployments.FirstOrDefault(d => string.Equals(d.Name, step.Name, StringComparison.OrdinalIgnoreCase));
            if (now?.State is not ("Failed" or "Canceled") && !known.Has(step.Name, now))
            {
                throw Changed($"The deployment '{endpoint?.Name}/{step.Name}'", await DescribeAsync(workspace, now, cancellationToken).ConfigureAwait(false));
            }
        }

        if (endpoint is not null && new TrafficMap(endpoint.Traffic) is var traffic && !known.Has(traffic)
            && steps.Any(static step => step is TrafficStep { Traffic: not null } or RolloutReturnStep))
        {
            var live = deployments.FirstOrDefault(d => traffic.Percentages.ContainsKey(d.Name.ToLowerInvariant()));
            throw Changed($"The traffic of '{endpoint.Name}'", $"it is {traffic}; {live?.Name}: {await DescribeAsync(workspace, live, cancellationToken).ConfigureAwait(false)}");
        }

        if (endpoint is not null && steps.OfType<EndpointStep>().Any(step => !known.Has(step.Differences)))
        {
            throw Changed($"The endpoint '{endpoint.Name}'", $"its last change was {TimeOf(endpoint)}");
        }

        return known;
    }

    private static FlowDeploymentException Changed(string what, string found) => FlowDeploymentException.Of(WorkspaceRules.ChangedByAnotherRun, what, found);

    private static async Task<string> DescribeAsync(MachineLearningWorkspace workspace, DeploymentResource? deployment, CancellationToken cancellationToken)
    {
        if (deployment is null)
        {
            return "it does not exist any more";
        }

        var model = AssetNames.Parts(deployment.ModelId);
        var version = model is { } asset ? await workspace.GetModelVersionAsync(asset.Name, asset.Version, cancellationToken).ConfigureAwait(false) : null;
        var commit = version?.VersionTags.GetValueOrDefault("flowbuild.commit") is { Length: > 0 } tag ? $" of commit {tag}" : "";
        return $"it runs model {AssetNames.Short(deployment.ModelId ?? "none")}{commit}, deployed {TimeOf(deployment)}";
    }

    private static string TimeOf(WorkspaceResource resource) =>
        resource.Document["systemData"]?["lastModifiedAt"]?.ToString() ?? resource.Document["systemData"]?["createdAt"]?.ToString() ?? "at an unknown time";
}
