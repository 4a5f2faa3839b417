using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Prints the container logs of the project's deployments.</summary>
public sealed class GetFlowLogs : FlowTask
{
    // What az ml shows when nothing is said.
    private const int DefaultLines = 5000;

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).PrintLogsAsync(settings.Text("Container"), settings.Number("LogTail", "lines") ?? DefaultLines, settings.DeploymentName, cancellationToken);
}
