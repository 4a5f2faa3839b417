using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Deletes the deployments of the project's flows, with FlowConfirm=true only.</summary>
public sealed class DeleteFlowDeployment : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        settings.RequireConfirmation("DeleteFlowDeployment");
        return Deployer(settings, log).DeleteDeploymentAsync(cancellationToken);
    }
}
