using System.Collections;
using FlowBuild.Deployment;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Tasks;

/// <summary>Warns of properties whose name is nearly one of FlowBuild's, which would have no effect.</summary>
public sealed class CheckFlowProperties : FlowTask
{
    /// <summary>The project file and the files that it imports by convention.</summary>
    public string[] ProjectFiles { get; set; } = [];

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(static variable => (string)variable.Key);
        foreach (var problem in FlowProperties.Check(BuildEngine6.GetGlobalProperties().Keys, environment, ProjectFiles))
        {
            log.Report(problem);
        }

        return Task.FromResult(true);
    }
}
