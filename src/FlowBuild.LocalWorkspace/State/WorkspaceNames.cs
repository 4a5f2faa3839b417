namespace FlowBuild.LocalWorkspace.State;

/// <summary>The fixed names of a local workspace.</summary>
internal static class WorkspaceNames
{
    public const string ResourceGroup = "local";
    public const string Workspace = "local";
    public const string Location = "local";
    public const string StorageAccount = "flowbuildlocal";
    public const string ContainerRegistry = "flowbuildlocal";
    public const string Container = "azureml-blobstore-local";
    public const string Datastore = "workspaceblobstore";
    public const string Provider = "Microsoft.MachineLearningServices";
}
