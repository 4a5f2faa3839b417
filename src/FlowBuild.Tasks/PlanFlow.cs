using FlowBuild.Deployment;
using FlowBuild.Deployment.Plan;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Compares the files with the workspace and shows what differs.</summary>
public sealed class PlanFlow : FlowTask
{
    /// <summary>The plan is applied next: running operations are waited for.</summary>
    public bool WillApply { get; set; }

    /// <summary>Full path of a JSON file with the plans, or empty for none.</summary>
    public string OutputFile { get; set; } = "";

    /// <summary>The planned steps: <c>endpoint/deployment</c>, with Stage, Kind, Subject and Why as metadata.</summary>
    [Output]
    public ITaskItem[] Steps { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        if (await Deployer(settings, log).PlanAsync(WillApply, cancellationToken).ConfigureAwait(false) is not { } plans)
        {
            return false;
        }

        Steps = ItemsOf(plans);
        if (OutputFile.Length > 0)
        {
            DeploymentPlan.Write(plans, OutputFile);
        }

        if (!WillApply)
        {
            log.Output([.. plans.SelectMany(plan => plans.Count > 1 && plan is { HasChanges: false, IsWithoutTraffic: false } ? plan.ToLines().Select(line => $"{plan.Target}: {line}") : plan.ToLines())]);
        }

        return true;
    }

    internal static ITaskItem[] ItemsOf(IReadOnlyList<DeploymentPlan> plans) =>
        [.. plans.SelectMany(static plan => plan.Steps.Select(step => new TaskItem(plan.Target, new Dictionary<string, string>
        {
            ["Stage"] = step.Stage.ToString(),
            ["Kind"] = step.Kind,
            ["Subject"] = step.Subject,
            ["Why"] = step.Why,
        })))];
}
