using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Says which workspace will be changed, before anything else happens.</summary>
public sealed class NameFlowWorkspace : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).NameWorkspaceAsync(cancellationToken);
}
