namespace FlowBuild.Definitions.Deployments;

/// <summary>Paths in az ml's files that are in no file system of this machine.</summary>
public static class RemotePath
{
    private static readonly string[] Schemes =
        ["azureml://", "https://", "http://", "wasbs://", "wasb://", "abfss://", "abfs://", "adl://", "runs:/"];

    /// <summary>Whether a path is used as it is, such as <c>azureml://…</c>, <c>https://…</c> or <c>runs:/…</c>; nothing is uploaded then.</summary>
    public static bool IsRemote(string path) =>
        Array.Exists(Schemes, scheme => path.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
}
