using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Sends one request to each endpoint of the project and shows the answers.</summary>
public sealed class InvokeFlow : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).InvokeAsync(settings.FilePath("RequestFile"), cancellationToken);
}
