namespace FlowBuild.Deployment.Workspace;

/// <summary>What the build says about the workspace. Empty text means: not said.</summary>
/// <param name="ProjectDirectory">Full path of the project's folder; a config.json is looked for from here upwards.</param>
/// <param name="Subscription">FlowSubscriptionId.</param>
/// <param name="ResourceGroup">FlowResourceGroup.</param>
/// <param name="Name">FlowWorkspace; <c>local</c> is the local workspace.</param>
/// <param name="Credential">FlowCredential; default <c>Default</c>.</param>
/// <param name="ApiVersion">FlowApiVersion; default 2026-09-01.</param>
/// <param name="UseAzureCliDefaults">Lets a target that writes use the defaults of the Azure CLI.</param>
/// <param name="Local">How the local workspace is started.</param>
public sealed record WorkspaceSettings(
    string ProjectDirectory,
    string Subscription,
    string ResourceGroup,
    string Name,
    string Credential,
    string ApiVersion,
    bool UseAzureCliDefaults,
    LocalWorkspaceSettings Local)
{
    /// <summary>FlowCloud: the Azure cloud that the workspace is in, as <c>az cloud list</c> names it.</summary>
    public string Cloud { get; init; } = "";

    /// <summary>How long a deployment waits; null for what suits the workspace.</summary>
    public Patience? Patience { get; init; }
}

/// <summary>How the local workspace is started.</summary>
/// <param name="Assembly">Full path of FlowBuild.LocalWorkspace.dll.</param>
/// <param name="DotNetHost">Full path of the <c>dotnet</c> that runs it.</param>
/// <param name="StateFolder">Its folder, or empty: <c>FLOWBUILD_LOCAL_WORKSPACE</c>, else <c>.flowbuild/local</c> in the user's home.</param>
/// <param name="IdleMinutes">Minutes without a request until it stops, or null for its own default, 60.</param>
/// <param name="ServeCommand">The process that answers for flows (FlowServeCommand), or empty.</param>
public sealed record LocalWorkspaceSettings(
    string Assembly, string DotNetHost, string StateFolder, int? IdleMinutes, string ServeCommand);

/// <summary>A workspace by its name, and who named it.</summary>
/// <param name="Subscription">The subscription's id.</param>
/// <param name="ResourceGroup">The resource group.</param>
/// <param name="Name">The workspace.</param>
/// <param name="Origin">Where the names come from, for the log.</param>
/// <param name="IsLocal">The local workspace.</param>
public sealed record WorkspaceAddress(string Subscription, string ResourceGroup, string Name, string Origin, bool IsLocal)
{
    /// <summary>The workspace's ARM id.</summary>
    public string ArmId => $"/subscriptions/{Subscription}/resourceGroups/{ResourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/{Name}";
}
