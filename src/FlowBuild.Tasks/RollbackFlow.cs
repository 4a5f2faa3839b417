using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Sets the project's endpoints back to before the last deployment.</summary>
public sealed class RollbackFlow : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).RollbackAsync(cancellationToken);
}
