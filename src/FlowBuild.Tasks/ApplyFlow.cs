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

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var stage = Enum.Parse<FlowStage>(Stage);
        if (stage == FlowStage.Model && RecordFile.Length > 0)
        {
            // From here on the record that says that nothing has begun is wrong.
            File.Delete(RecordFile);
        }

        return Deployer(settings, log).ApplyAsync(stage, cancellationToken);
    }
}
