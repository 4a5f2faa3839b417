using FlowBuild.Definitions.Deployments;

namespace FlowBuild.Deployment.Sources;

/// <summary>Paths in az ml's files that are in no file system of this machine.</summary>
internal static class RemotePaths
{
    /// <inheritdoc cref="RemotePath.IsRemote"/>
    public static bool IsRemote(string path) => RemotePath.IsRemote(path);
}
