using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Resolves the workspace that will be changed, and names it in the log before anything else happens.</summary>
public sealed class ResolveFlowWorkspace : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).NameWorkspaceAsync(cancellationToken);
}
