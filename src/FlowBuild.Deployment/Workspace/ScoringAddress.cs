using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Where the callers of an endpoint send their key or token. A key opens the one endpoint that it belongs to; a Microsoft Entra token
/// opens every endpoint of the workspace, so it goes to Azure's own hosts only.
/// </summary>
internal static class ScoringAddress
{
    /// <summary>The endpoint's scoring URI, once a key or token may be sent there.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <exception cref="FlowDeploymentException">The endpoint has no scoring URI yet, or one that no key or token is sent to.</exception>
    public static Uri Of(MachineLearningWorkspace workspace, EndpointResource endpoint)
    {
        var (local, cloud) = (workspace.Address.IsLocal, workspace.Connection.Cloud);
        var uri = endpoint.ScoringUri ?? throw FlowDeploymentException.Of(
            WorkspaceRules.NotDeployed, $"The endpoint '{endpoint.Name}' has no scoring URI yet and", workspace.Address.Name);
        var problem = local && !(uri.IsLoopback && uri.Scheme is ("http" or "https")) ? "the local workspace answers on this machine only"
            : !local && uri.Scheme != Uri.UriSchemeHttps ? "it is not encrypted; only the local workspace answers with plain http"
            : !local && endpoint.AuthMode == "AADToken" && !cloud.HasInference(uri.Host)
                ? $"a Microsoft Entra token is sent to hosts that end with '{cloud.Inference}' only"
            : null;
        var server = uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return problem is null ? uri : throw FlowDeploymentException.Of(WorkspaceRules.ScoringUriRefused, endpoint.Name, server, problem);
    }
}
