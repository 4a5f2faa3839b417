using FlowBuild.Deployment.Commands;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <content>What is done with a deployment that exists.</content>
public sealed partial class FlowDeployer
{
    /// <summary>Shows the selected endpoints with their deployments.</summary>
    /// <returns>The deployments; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeployedFlow>?> ShowAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DeployedFlow> shown = [];
        return await RunAsync("ShowFlow", writes: false, async context => shown = await ShowCommand.RunAsync(
            context,
            (flow, endpoint, deployment) => Describe(context.Workspace, endpoint, deployment, deployment.Name, _runs!.Find(run => run.Sources == flow)!),
            cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false) ? shown : null;
    }

    /// <summary>Sends one request for each selected flow and shows the answers.</summary>
    /// <param name="requestFile">Full path of the file with the request, or null for the flow's sample.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> InvokeAsync(string? requestFile, CancellationToken cancellationToken) =>
        RunAsync("InvokeFlow", writes: false, context => InvokeCommand.RunAsync(context, requestFile, cancellationToken), cancellationToken);

    /// <summary>Shows the last lines of a container's log of each deployment.</summary>
    /// <param name="container"><c>inference-server</c> (the default, for empty) or <c>storage-initializer</c>, as az ml names them.</param>
    /// <param name="tail">How many lines.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> ShowLogsAsync(string container, int tail, CancellationToken cancellationToken) =>
        RunAsync("GetFlowLogs", writes: false, context => LogsCommand.RunAsync(context, container, tail, cancellationToken), cancellationToken);

    /// <summary>Sets the traffic and nothing else.</summary>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> SetTrafficAsync(CancellationToken cancellationToken) =>
        RunAsync("SetFlowTraffic", writes: true, context => TrafficCommand.RunAsync(context, cancellationToken), cancellationToken);

    /// <summary>
    /// Sets the traffic back to before the last move; where a deployment was changed in place and the traffic did not move, its model and
    /// environment. Once rolled back, it changes nothing until the next deployment.
    /// </summary>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> RollbackAsync(CancellationToken cancellationToken) =>
        RunAsync("RollbackFlow", writes: true, context => RollbackCommand.RunAsync(context, cancellationToken), cancellationToken);

    /// <summary>Writes what a caller needs to a file; the log holds none of it.</summary>
    /// <param name="target">Full path of the file, or <c>GITHUB_ENV</c> or <c>GITHUB_OUTPUT</c> for the file that this variable names.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> WriteCredentialsAsync(string target, CancellationToken cancellationToken) =>
        RunAsync("GetFlowCredentials", writes: false, context => CredentialsCommand.RunAsync(context, target, cancellationToken), cancellationToken);

    /// <summary>Deletes the named deployment, or the one that each flow's file names; one with traffic only with FlowForce.</summary>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> DeleteDeploymentAsync(CancellationToken cancellationToken) =>
        RunAsync("DeleteFlowDeployment", writes: true, context => DeleteCommand.DeleteDeploymentsAsync(context, cancellationToken), cancellationToken);

    /// <summary>Deletes the selected endpoints with all their deployments.</summary>
    /// <returns>False when there are errors in the files.</returns>
    public Task<bool> DeleteEndpointAsync(CancellationToken cancellationToken) =>
        RunAsync("DeleteFlowEndpoint", writes: true, context => DeleteCommand.DeleteEndpointsAsync(context, cancellationToken), cancellationToken);

    /// <summary>
    /// Shows where a person looks at each selected endpoint: its page in the studio, or a link to the local workspace's page, which works
    /// once.
    /// </summary>
    /// <param name="openBrowser">Opens an address in a browser and returns whether there is one; null: nothing is opened.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The addresses; null when there are errors in the files.</returns>
    public async Task<IReadOnlyList<Uri>?> OpenAsync(Func<Uri, bool>? openBrowser, CancellationToken cancellationToken)
    {
        IReadOnlyList<Uri> pages = [];
        return await RunAsync(
            "OpenFlow", writes: false, async context => pages = await OpenCommand.RunAsync(context, openBrowser, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) ? pages : null;
    }

    private async Task<bool> RunAsync(string target, bool writes, Func<CommandContext, Task> command, CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return false;
        }

        if (_runs!.Count > 0)
        {
            MachineLearningWorkspace workspace = await OpenAsync(writes, cancellationToken).ConfigureAwait(false);
            await command(new CommandContext(target, _project, [.. _runs.Select(static run => run.Sources)], workspace, _settings, _log)).ConfigureAwait(false);
        }

        return true;
    }
}
