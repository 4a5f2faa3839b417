using FlowBuild.Deployment;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Tasks;

/// <summary>Starts the local workspace where it does not run.</summary>
public sealed class StartLocalWorkspace : FlowTask
{
    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        await WorkspaceOpener.StartLocalAsync(settings.Local, log, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
