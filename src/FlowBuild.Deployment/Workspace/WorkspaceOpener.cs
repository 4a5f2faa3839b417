using FlowBuild.Deployment.LocalWorkspace;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Opens the workspace that the build names.</summary>
public static class WorkspaceOpener
{
    /// <summary>Finds out which workspace is meant and connects to it; the local one is started where it does not run.</summary>
    /// <param name="settings">What the build says.</param>
    /// <param name="writes">The target changes the workspace.</param>
    /// <param name="log">Where the connection is said.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">No workspace is configured, or it cannot be reached.</exception>
    public static async Task<MachineLearningWorkspace> OpenAsync(
        WorkspaceSettings settings, bool writes, IFlowLog log, CancellationToken cancellationToken)
    {
        var resolver = new WorkspaceResolver(
            settings, Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        if (!resolver.IsLocal)
        {
            return WorkspaceConnection.ToAzure(resolver.Resolve(writes), resolver.ResolveCloud(), settings, log).Open();
        }

        var state = await new LocalWorkspaceProcess(settings.Local, log).StartAsync(cancellationToken).ConfigureAwait(false);
        var address = new WorkspaceAddress(state.Subscription, state.ResourceGroup, state.Workspace, "FlowWorkspace=local", IsLocal: true);
        return WorkspaceConnection.ToLocal(address, state.ControlPlane, state.Token, state.Certificate, settings, log).Open();
    }

    /// <summary>Starts the local workspace where it does not run.</summary>
    public static async Task StartLocalAsync(LocalWorkspaceSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var state = await new LocalWorkspaceProcess(settings, log).StartAsync(cancellationToken).ConfigureAwait(false);
        log.Result($"the local workspace runs (process {state.ProcessId}); {(state.ServeCommandHash is null ? "it answers by contract" : "a real server answers (FlowServeCommand)")}");
    }

    /// <summary>Stops the local workspace; says whether one ran.</summary>
    public static Task<bool> StopLocalAsync(LocalWorkspaceSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        new LocalWorkspaceProcess(settings, log).StopAsync(cancellationToken);
}
