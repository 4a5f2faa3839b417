using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Prints the project's endpoints with their deployments, states, traffic and addresses.</summary>
public sealed class ShowFlow : FlowTask
{
    /// <summary>The deployments: <c>endpoint/deployment</c> with everything else as metadata.</summary>
    [Output]
    public ITaskItem[] Deployed { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var flows = await Deployer(settings, log).ShowAsync(cancellationToken).ConfigureAwait(false);
        Deployed = ReportFlow.Items(flows ?? []);
        if (flows is { Count: > 0 })
        {
            // This very form is what the terminal logger shows as the project's result; it hides every other message.
            Log.LogMessage(MessageImportance.High, $"{settings.ProjectName} -> {string.Join("; ", flows.Select(static f => $"{f.Identity} {f.DeploymentState} {f.TrafficPercent} % at {f.ScoringUri}"))}");
        }

        return flows is not null;
    }
}
