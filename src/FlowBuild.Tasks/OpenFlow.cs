using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Prints where a person looks at the project's endpoints.</summary>
public sealed class OpenFlow : FlowTask
{
    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        if (await Deployer(settings, log).GetPagesAsync(cancellationToken).ConfigureAwait(false) is not { } pages)
        {
            return false;
        }

        foreach (var page in pages)
        {
            // The form that the terminal logger shows. A link of the local workspace works once and not for long.
            Log.LogMessage(MessageImportance.High, $"{settings.ProjectName} -> {page}");
        }

        return true;
    }
}
