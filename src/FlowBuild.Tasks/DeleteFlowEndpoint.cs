using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Deletes the endpoints of the project's flows, with FlowConfirm=true only.</summary>
public sealed class DeleteFlowEndpoint : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        settings.RequireConfirmation("DeleteFlowEndpoint");
        return Deployer(settings, log).DeleteEndpointAsync(cancellationToken);
    }
}
