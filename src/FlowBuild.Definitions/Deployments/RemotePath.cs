namespace FlowBuild.Definitions.Deployments;

/// <summary>Paths in az ml's files that are in no file system of this machine.</summary>
public static class RemotePath
{
    /// <summary>Whether a path is used as it is, such as <c>azureml://…</c>, <c>https://…</c> or <c>runs:/…</c>; nothing is uploaded then.</summary>
    public static bool IsRemote(string path) =>
        path.IndexOf("://", StringComparison.Ordinal) >= 0 || path.StartsWith("runs:/", StringComparison.Ordinal);
}
