namespace FlowBuild.Deployment.Sources;

/// <summary>Paths in az ml's files that are in no file system of this machine.</summary>
internal static class RemotePaths
{
    /// <summary>Whether a path is used as it is, such as <c>azureml://…</c>, <c>https://…</c> or <c>runs:/…</c>; nothing is uploaded then.</summary>
    public static bool IsRemote(string path) =>
        path.Contains("://", StringComparison.Ordinal) || path.StartsWith("runs:/", StringComparison.Ordinal);
}
