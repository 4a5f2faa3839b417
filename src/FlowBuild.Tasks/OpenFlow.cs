using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Prints where a person looks at the project's endpoints.</summary>
public sealed class OpenFlow : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).PrintLinkAsync(cancellationToken);
}
