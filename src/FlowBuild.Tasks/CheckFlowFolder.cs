using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment;
using FlowBuild.Deployment.Sources;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>
/// Checks the folders of flows in a plain build, without the files of their deployments. A flow file alone is enough for a caller, so a
/// missing file is a warning, and nothing is said where the folder holds no other file of the flow.
/// </summary>
public sealed class CheckFlowFolder : Microsoft.Build.Utilities.Task
{
    /// <summary>The project's <c>PromptFlow</c> items.</summary>
    public ITaskItem[] Flows { get; set; } = [];

    /// <summary>Full path of the project file.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        var log = new TaskFlowLog(new TaskLog(Log), ProjectFile);
        var paths = ProjectPaths.Of(new FlowProject("", Path.GetDirectoryName(ProjectFile)!, []));
        foreach (var file in Flows.Select(flow => Path.GetFullPath(flow.ItemSpec.Replace('\\', '/'), Path.GetDirectoryName(ProjectFile)!)))
        {
            try
            {
                // What is wrong with the file itself is the compiler's to say.
                if (File.Exists(file) && Utf8Text.Decode(paths.ReadBytes(new NamedPath(file, file, null, null)), out _) is { } text && FlowReader.Read(file, text).Value is { } flow
                    && FlowFolderCheck.HasFolder(file, flow))
                {
                    foreach (var problem in FlowFolderCheck.Check(file, flow, paths).Select(InBuild).OfType<FlowDiagnostic>())
                    {
                        log.Report(problem);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FlowDeploymentException)
            {
                Log.LogMessage(MessageImportance.Low, e.ToString());
            }
        }

        return !Log.HasLoggedErrors;
    }

    // Only a flow that is deployed needs its files where the build runs; which paths it may name is asked then.
    private static FlowDiagnostic? InBuild(FlowDiagnostic problem) =>
        problem.Rule == PackageRules.FileNotFound ? problem with { Rule = PackageRules.SourceMissing }
        : problem.Rule == PackageRules.SourceOutside
            ? FlowDiagnostic.At(PackageRules.SourceMissing, problem.File, problem.Span, problem.Arguments[0], $"it lies outside the flow's folder, so list it under additional_includes and name it '{problem.Arguments[1]}'")
        : problem.Rule.Severity == RuleSeverity.Warning || problem.Rule == PackageRules.NotUtf8 ? problem
        : null;
}
