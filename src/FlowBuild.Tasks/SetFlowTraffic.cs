using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Sets the traffic of the project's endpoints and nothing else.</summary>
public sealed class SetFlowTraffic : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).SetTrafficAsync(cancellationToken);
}
