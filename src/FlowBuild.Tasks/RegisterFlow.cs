using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Packages, uploads and registers the flows' models, and nothing more.</summary>
public sealed class RegisterFlow : FlowTask
{
    /// <summary>The steps that were done: <c>endpoint/deployment</c>, with Stage, Kind, Subject and Why as metadata.</summary>
    [Output]
    public ITaskItem[] Steps { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var plans = await Deployer(settings, log).RegisterAsync(cancellationToken).ConfigureAwait(false);
        Steps = PlanFlow.ItemsOf(plans ?? []);
        log.Output([.. (plans ?? []).Select(static plan => $"model of {plan.Target}: {(plan.HasChanges ? "registered" : "already registered")}")]);
        return plans is not null;
    }
}
