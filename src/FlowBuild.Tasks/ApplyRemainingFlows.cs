using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Applies the plans of the flows after the first one, each flow as a unit, and fails when a flow of the run failed.</summary>
public sealed class ApplyRemainingFlows : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).ApplyRemainingAsync(cancellationToken);
}
