using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Shows what is deployed now: a line for each deployment, items, a JSON file, and the connection of local programs.</summary>
public sealed class ReportFlow : FlowTask
{
    /// <summary>Full path of the JSON file.</summary>
    [Required]
    public string OutputFile { get; set; } = "";

    /// <summary>The deployments: <c>endpoint/deployment</c> with everything else as metadata.</summary>
    [Output]
    public ITaskItem[] Deployed { get; set; } = [];

    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var deployer = Deployer(settings, log);
        if (await deployer.GetDeployedAsync(cancellationToken).ConfigureAwait(false) is not { } flows)
        {
            return false;
        }

        if (flows.Count == 0)
        {
            return true;
        }

        try
        {
            DeployedFlow.Write(flows, OutputFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Report(FlowDiagnostic.At(ConfigurationRules.ResultNotWritten, null, null, e.Message.TrimEnd('.')));
        }

        Deployed = ItemsOf(flows);
        log.Output([.. flows.Select(flow => Line(flow, isNamed: flows.Count > 1))]);
        return true;
    }

    internal static ITaskItem[] ItemsOf(IEnumerable<DeployedFlow> flows) =>
        [.. flows.Select(static flow => new TaskItem(flow.Identity, flow.Metadata.ToDictionary(static m => m.Key, static m => m.Value)))];

    private static string Line(DeployedFlow flow, bool isNamed) =>
        $"{(isNamed ? flow.Identity : flow.Deployment ?? flow.Endpoint)} {flow.TrafficPercent} % at {flow.ScoringUri}"
        + (flow.Outcome == FlowOutcome.Started ? " (started, not verified)" : "");
}
