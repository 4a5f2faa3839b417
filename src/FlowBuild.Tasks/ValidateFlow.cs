using FlowBuild.Deployment;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Tasks;

/// <summary>Checks the flows, their folders and their deployment files, without a network.</summary>
public sealed class ValidateFlow : FlowTask
{
    /// <summary>This build has compiled: what the compiler reports is not reported again.</summary>
    public bool IsCompiled { get; set; }

    /// <summary>This build has checked the flows' folders: warnings about them are not reported again.</summary>
    public bool IsFolderChecked { get; set; }

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        foreach (var flow in Flows)
        {
            foreach (var problem in ItemMetadata.Check(flow.ItemSpec, flow.CloneCustomMetadata().Keys.Cast<string>()))
            {
                log.Report(problem);
            }
        }

        return Task.FromResult(Deployer(settings, log).Validate(reportText: !IsCompiled, reportFolder: !IsFolderChecked));
    }
}
