using FlowBuild.Deployment;
using FlowBuild.Deployment.Plan;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Applies one stage of the first flow's plan.</summary>
public sealed class ApplyFlow : FlowTask
{
    /// <summary><c>Model</c>, <c>Environment</c>, <c>Endpoint</c>, <c>Deployment</c>, <c>Verification</c>, <c>Traffic</c> or <c>Retirement</c>.</summary>
    [Required]
    public string Stage { get; set; } = "";

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).ApplyAsync(Enum.Parse<FlowStage>(Stage), cancellationToken);
}
