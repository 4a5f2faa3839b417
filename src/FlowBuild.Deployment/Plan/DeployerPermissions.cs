using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>What the signed-in identity must be allowed for the steps of a plan.</summary>
internal static class DeployerPermissions
{
    private const string Workspace = "Microsoft.MachineLearningServices/workspaces";
    private const string Endpoints = Workspace + "/onlineEndpoints";

    /// <summary>The actions that the steps need and the identity may not do; none where the workspace does not say what it may.</summary>
    public static async Task<IReadOnlyList<string>> MissingAsync(
        MachineLearningWorkspace workspace, IReadOnlyList<PlanStep> steps, string authMode, CancellationToken cancellationToken)
    {
        return await workspace.FindPermissionsAsync(cancellationToken).ConfigureAwait(false) is { } permissions
            ? [.. steps.SelectMany(step => Needed(step, authMode)).Distinct().Where(action => !Permission.Allows(permissions, action))]
            : [];
    }

    private static string[] Needed(PlanStep step, string authMode) => step switch
    {
        VersionStep version => [$"{Workspace}/{version.Collection}/versions/write"],
        EndpointStep or RememberStep or TrafficStep => [$"{Endpoints}/write"],
        DeploymentStep => [$"{Endpoints}/deployments/write"],
        RetireStep => [$"{Endpoints}/deployments/delete"],
        VerificationStep => [authMode switch { "AMLToken" => $"{Endpoints}/token/action", "AADToken" => $"{Endpoints}/score/action", _ => $"{Endpoints}/listKeys/action" }],
        _ => [],
    };
}
