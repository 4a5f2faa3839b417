using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>
/// Replaces the outputs of an earlier run when a build or a deployment begins: no flow's deployment has begun. What fails before the first
/// step leaves this record; the first step deletes it.
/// </summary>
public sealed class RecordUnfinishedBuild : Microsoft.Build.Utilities.Task
{
    private const string FirstProject = "FlowBuild.FirstProject";

    /// <summary>The project's <c>PromptFlow</c> items.</summary>
    public ITaskItem[] Flows { get; set; } = [];

    /// <summary>Full path of the project file.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>Full path of the plan's JSON file, which is deleted, or empty.</summary>
    public string PlanFile { get; set; } = "";

    /// <summary>Full path of the deployment's JSON file.</summary>
    [Required]
    public string RecordFile { get; set; } = "";

    /// <summary>Whether a deployment was called, so that its record is replaced.</summary>
    public bool WritesRecord { get; set; }

    /// <summary>Does nothing in a project that another one of the build references.</summary>
    public bool IsFirstProjectOnly { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        if (IsFirstProjectOnly && !IsFirst())
        {
            return true;
        }

        try
        {
            if (PlanFile.Length > 0)
            {
                File.Delete(PlanFile);
            }

            if (WritesRecord)
            {
                DeployedFlow.Write(
                    Flows.Where(static flow => flow.GetMetadata("Deployment").Length > 0 || flow.GetMetadata("Endpoint").Length > 0)
                        .Select(static flow => DeployedFlow.NotDeployed(Path.GetFileName(Path.GetDirectoryName(flow.GetMetadata("FullPath")))!, "", null, null)),
                    RecordFile);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The deployment itself reports a folder that it cannot write to.
            Log.LogMessage(MessageImportance.Low, e.Message);
        }

        return true;
    }

    // The project that was called prepares its build before those that it references.
    private bool IsFirst()
    {
        if (BuildEngine4.GetRegisteredTaskObject(FirstProject, RegisteredTaskObjectLifetime.Build) is string first)
        {
            return first == ProjectFile;
        }

        BuildEngine4.RegisterTaskObject(FirstProject, ProjectFile, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        return true;
    }
}
