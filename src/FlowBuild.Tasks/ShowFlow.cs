using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Shows the project's endpoints with their deployments, states, traffic and addresses.</summary>
public sealed class ShowFlow : FlowTask
{
    /// <summary>The deployments: <c>endpoint/deployment</c> with everything else as metadata.</summary>
    [Output]
    public ITaskItem[] Deployed { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var flows = await Deployer(settings, log).ShowAsync(cancellationToken).ConfigureAwait(false);
        Deployed = ReportFlow.ItemsOf(flows ?? []);
        return flows is not null;
    }
}
