using FlowBuild.Deployment;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Tasks;

/// <summary>Stops the local workspace.</summary>
public sealed class StopLocalWorkspace : FlowTask
{
    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var ran = await WorkspaceOpener.StopLocalAsync(settings.Local, log, cancellationToken).ConfigureAwait(false);
        log.Result(ran ? "the local workspace is stopped; its state stays" : "the local workspace did not run");
        return true;
    }
}
