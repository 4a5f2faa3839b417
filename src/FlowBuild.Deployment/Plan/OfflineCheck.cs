using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>The checks of readable files that need no network: what packaging and planning would refuse later.</summary>
internal static class OfflineCheck
{
    /// <summary>Makes the checks of all items.</summary>
    /// <param name="project">The project.</param>
    /// <param name="sources">The items whose files can be read.</param>
    /// <param name="settings">How the deployment is to go.</param>
    /// <param name="workspace">What the build says about the workspace.</param>
    /// <param name="log">Where the problems go.</param>
    /// <returns>Whether there is no error.</returns>
    public static bool Run(FlowProject project, IReadOnlyList<FlowSources> sources, DeploySettings settings, WorkspaceSettings workspace, IFlowLog log)
    {
        var address = Named(workspace);
        List<FlowDiagnostic> problems =
        [
            .. FlowSourceReader.AcrossItems(sources),
            .. sources.SelectMany(item => RequestCheck.Check(item, settings.VerifyRequestFile)),
            .. sources.Where(static item => item.Deployment is not null).SelectMany(item => address is null ? [] : DeploymentVariables.Disagreements(item, address)),
            .. sources.SelectMany(item => PackagesOf(project, item)).SelectMany(PackageBuilder.Check),
        ];
        problems.ForEach(problem => log.Report(DocumentOverride.Place(problem, project.Overrides ?? [])));
        return problems.TrueForAll(static problem => problem.Rule.Severity != RuleSeverity.Error);
    }

    private static IEnumerable<PackageSource> PackagesOf(FlowProject project, FlowSources item)
    {
        if (item.PackageSource(project) is { } model && Path.Exists(model.Folder))
        {
            yield return model;
        }

        if (item.Deployment is not { } deployment)
        {
            yield break;
        }

        var folder = Path.GetDirectoryName(item.Item.DeploymentFile!)!;
        if (Local(folder, deployment.Code?.Code) is { } code)
        {
            yield return new PackageSource(code, null, null, [item.Item.DeploymentFile!], code, AllowOutsideFiles: false);
        }

        if (deployment.Environment?.Inline?.Build?.Path is { } written && !RemotePath.IsRemote(written.Value)
            && Local(folder, written) is { } context)
        {
            yield return new PackageSource(context, null, null, [], folder, AllowOutsideFiles: false);
        }
    }

    private static string? Local(string folder, Located<string>? path) =>
        path is null ? null
        : Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(folder, path.Value))) is var full && Directory.Exists(full) ? full
        : null;

    // Where the files do not say which workspace is meant, a target that needs one says so.
    private static WorkspaceAddress? Named(WorkspaceSettings settings)
    {
        var resolver = new WorkspaceResolver(
            settings, Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        try
        {
            return resolver.IsLocal ? null : resolver.Resolve(writes: true);
        }
        catch (FlowDeploymentException)
        {
            return null;
        }
    }
}
