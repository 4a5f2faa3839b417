using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>What a command works with.</summary>
/// <param name="Target">The MSBuild target, for messages.</param>
/// <param name="Project">The project.</param>
/// <param name="Flows">The selected flows that are deployed.</param>
/// <param name="Workspace">The workspace.</param>
/// <param name="Settings">The build's settings.</param>
/// <param name="Log">Where the command writes.</param>
internal sealed record CommandContext(
    string Target, FlowProject Project, IReadOnlyList<FlowSources> Flows, MachineLearningWorkspace Workspace, DeploySettings Settings, IFlowLog Log)
{
    /// <summary>One flow for each endpoint.</summary>
    public IReadOnlyList<FlowSources> Endpoints => [.. Flows.DistinctBy(static flow => flow.EndpointName)];

    /// <summary>The endpoint of a flow.</summary>
    /// <exception cref="FlowDeploymentException">The workspace does not have it.</exception>
    public async Task<EndpointResource> RequireEndpointAsync(FlowSources flow, CancellationToken cancellationToken) =>
        await Workspace.GetEndpointAsync(flow.EndpointName, cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The endpoint '{flow.EndpointName}' (flow '{flow.Item.Name}')", Workspace.Address.Name);

    /// <summary>
    /// Runs a command for each of some flows. A target that reads goes on after a flow that failed; one that writes stops there, unless
    /// FlowContinueOnError is set. With a single flow its own error ends the command.
    /// </summary>
    /// <param name="flows">The flows.</param>
    /// <param name="writes">Whether the command changes the workspace.</param>
    /// <param name="run">The command for one flow.</param>
    /// <returns>How it ended for each flow; the errors have been reported.</returns>
    public async Task<FlowOutcomes> ForEachAsync(IReadOnlyList<FlowSources> flows, bool writes, Func<FlowSources, Task> run)
    {
        var succeeded = new List<FlowSources>();
        var failed = new List<(FlowSources Flow, DiagnosticRule Rule)>();
        foreach (var flow in flows)
        {
            try
            {
                await run(flow).ConfigureAwait(false);
                succeeded.Add(flow);
            }
            catch (Exception e) when (flows.Count > 1 && e is not OperationCanceledException)
            {
                var failure = FlowFailure.Of(e, Target);
                Log.Report(failure);
                failed.Add((flow, failure.Diagnostic.Rule));
                if (writes && !Settings.ContinueOnError)
                {
                    break;
                }
            }
        }

        return new FlowOutcomes(Target, succeeded, failed, [.. flows.Skip(succeeded.Count + failed.Count)]);
    }
}

/// <summary>How a command ended for each of its flows.</summary>
/// <param name="Target">The MSBuild target.</param>
/// <param name="Succeeded">The flows that it succeeded for.</param>
/// <param name="Failed">The flows that failed, with the rule of the error.</param>
/// <param name="NotBegun">The flows after a failure that stopped the command.</param>
internal sealed record FlowOutcomes(
    string Target, IReadOnlyList<FlowSources> Succeeded, IReadOnlyList<(FlowSources Flow, DiagnosticRule Rule)> Failed, IReadOnlyList<FlowSources> NotBegun)
{
    /// <summary>Ends the command with an error that names the flows that failed, if there are any.</summary>
    /// <exception cref="FlowDeploymentException">There are.</exception>
    public void ThrowIfAnyFailed()
    {
        if (Failed.Count > 0)
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.FlowsFailed, Target, string.Join(", ", Failed.Select(static f => $"{Name(f.Flow)} with {f.Rule.Id}")),
                Part("succeeded", Succeeded) + Part("not begun", NotBegun));
        }
    }

    private static string Part(string title, IReadOnlyList<FlowSources> flows) =>
        flows.Count == 0 ? "" : $"; {title}: {string.Join(", ", flows.Select(Name))}";

    private static string Name(FlowSources flow) => $"'{flow.Item.Name}' (endpoint {flow.EndpointName})";
}
