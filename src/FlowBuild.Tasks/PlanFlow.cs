using FlowBuild.Deployment;
using FlowBuild.Deployment.Plan;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Compares the files with the workspace and prints what differs.</summary>
public sealed class PlanFlow : FlowTask
{
    /// <summary>The plan is applied next: running operations are waited for.</summary>
    public bool WillApply { get; set; }

    /// <summary>Full path of a JSON file with the plans, or empty for none.</summary>
    public string OutputFile { get; set; } = "";

    /// <summary>Only the model is planned.</summary>
    public bool ModelOnly { get; set; }

    /// <summary>The planned steps: <c>endpoint/deployment</c>, with Stage, Kind, Subject and Why as metadata.</summary>
    [Output]
    public ITaskItem[] Steps { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var plans = await Deployer(settings, log).PlanAsync(WillApply, ModelOnly, cancellationToken).ConfigureAwait(false);
        Steps = [.. (plans ?? []).SelectMany(static plan => plan.Steps.Select(step => new TaskItem(plan.Target, new Dictionary<string, string>
        {
            ["Stage"] = step.Stage.ToString(),
            ["Kind"] = step.Kind,
            ["Subject"] = step.Subject,
            ["Why"] = step.Why,
        })))];
        if (plans is not null && OutputFile.Length > 0)
        {
            DeploymentPlan.Write(plans, OutputFile);
        }

        if (plans is not null && !WillApply)
        {
            // This very form is what the terminal logger shows as the project's result; it hides every other message.
            Log.LogMessage(MessageImportance.High, $"{settings.ProjectName} -> {Summary(plans)}");
        }

        return plans is not null;
    }

    private static string Summary(IReadOnlyList<DeploymentPlan> plans) => plans.Any(static plan => plan.HasChanges)
        ? "Plan: " + string.Join("; ", plans.SelectMany(static plan => plan.Steps.Select(static step => $"{step.Kind} {step.Subject}")))
        : "Plan: no changes";
}
