using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>
/// Writes the record of a deployment whose build has begun: no flow's deployment has. A build that fails leaves it; a deployment that
/// begins replaces it.
/// </summary>
public sealed class RecordUnfinishedBuild : Microsoft.Build.Utilities.Task
{
    /// <summary>The project's <c>PromptFlow</c> items.</summary>
    public ITaskItem[] Flows { get; set; } = [];

    /// <summary>Full path of the JSON file.</summary>
    [Required]
    public string RecordFile { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            DeployedFlow.Write(
                Flows.Where(static flow => flow.GetMetadata("Deployment").Length > 0 || flow.GetMetadata("Endpoint").Length > 0)
                    .Select(static flow => DeployedFlow.NotDeployed(Path.GetFileName(Path.GetDirectoryName(flow.GetMetadata("FullPath")))!, "", null, null)),
                RecordFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The deployment itself reports a folder that it cannot write to.
            Log.LogMessage(MessageImportance.Low, e.Message);
        }

        return true;
    }
}
