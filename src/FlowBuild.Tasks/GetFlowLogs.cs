using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Shows the container logs of the project's deployments.</summary>
public sealed class GetFlowLogs : FlowTask
{
    // az ml's default.
    private const int DefaultLines = 5000;

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Deployer(settings, log).ShowLogsAsync(settings.Text("Container"), settings.Number("LogTail", "lines") ?? DefaultLines, cancellationToken);
}
