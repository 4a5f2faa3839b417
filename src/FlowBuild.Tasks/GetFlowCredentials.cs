using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Writes the credentials of the project's endpoints to a file, never to the log.</summary>
public sealed class GetFlowCredentials : FlowTask
{
    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var target = settings.Text("CredentialsFile") switch
        {
            "" => throw new FlowDeploymentException(FlowDiagnostic.At(
                ConfigurationRules.PropertyMissing, null, null, "GetFlowCredentials", "FlowCredentialsFile", "name a file, or GITHUB_ENV or GITHUB_OUTPUT")),
            "GITHUB_ENV" or "GITHUB_OUTPUT" => settings.Text("CredentialsFile"),
            _ => settings.FilePath("CredentialsFile")!,
        };
        return Deployer(settings, log).WriteCredentialsAsync(target, cancellationToken);
    }
}
