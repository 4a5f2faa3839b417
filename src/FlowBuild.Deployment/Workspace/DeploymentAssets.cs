namespace FlowBuild.Deployment.Workspace;

/// <summary>The versions of assets that a deployment runs.</summary>
/// <param name="ModelId">Id of the model version, or null.</param>
/// <param name="EnvironmentId">Id of the environment version, or null.</param>
/// <param name="CodeId">Id of the code version, or null.</param>
/// <param name="DataIds">Ids of the data assets by the collection that goes into them.</param>
public sealed record DeploymentAssets(string? ModelId, string? EnvironmentId, string? CodeId, IReadOnlyDictionary<string, string> DataIds);
