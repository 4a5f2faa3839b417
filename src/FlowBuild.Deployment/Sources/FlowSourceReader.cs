using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Sources;

/// <summary>
/// Reads the files of a project's flows with the readers that the compiler uses, and adds the checks that need the folder.
/// All problems are reported; a caller goes on only when none is an error.
/// </summary>
public sealed class FlowSourceReader
{
    private readonly FlowProject _project;
    private readonly ProjectPaths _paths;
    private readonly bool _reportText;
    private readonly bool _reportFolder;
    private readonly IFlowLog _log;
    private readonly HashSet<FlowDiagnostic> _placeless = [];
    private bool _failed;
    private bool _itemFailed;

    private FlowSourceReader(FlowProject project, bool reportText, bool reportFolder, IFlowLog log)
    {
        _project = project;
        _paths = ProjectPaths.Of(project);
        _reportText = reportText;
        _reportFolder = reportFolder;
        _log = log;
    }

    /// <summary>Reads all items.</summary>
    /// <param name="project">The project.</param>
    /// <param name="reportText">Reports what the compiler reports too; false when this build has compiled already. Errors of files
    /// are then silent, since the compiler has stopped the build at them.</param>
    /// <param name="log">Where the problems go.</param>
    /// <returns>The sources, or null when there are errors.</returns>
    public static IReadOnlyList<FlowSources>? Read(FlowProject project, bool reportText, IFlowLog log) =>
        Read(project, reportText, reportFolder: true, log, out var usable) ? usable : null;

    /// <summary>Reads all items, also those after one with errors.</summary>
    /// <param name="project">The project.</param>
    /// <param name="reportText">Reports what the compiler reports too.</param>
    /// <param name="reportFolder">Reports the warnings about the flows' folders that a build reports too.</param>
    /// <param name="log">Where the problems go.</param>
    /// <param name="usable">The items whose files could be read.</param>
    /// <returns>Whether there is no error.</returns>
    public static bool Read(FlowProject project, bool reportText, bool reportFolder, IFlowLog log, out IReadOnlyList<FlowSources> usable)
    {
        var reader = new FlowSourceReader(project, reportText, reportFolder, log);
        usable = [.. project.Items.Select(reader.Read).OfType<FlowSources>()];
        return !reader._failed;
    }

    /// <summary>The checks across items and files that stand between the files and a deployment.</summary>
    /// <param name="project">The project.</param>
    /// <param name="sources">What was read.</param>
    /// <param name="log">Where the problems go.</param>
    /// <returns>The sources that are deployed, or null when there are errors.</returns>
    public static IReadOnlyList<FlowSources>? ForDeployment(FlowProject project, IReadOnlyList<FlowSources> sources, IFlowLog log)
    {
        var deployed = sources.Where(static s => s.Item.IsDeployed).ToList();
        if (deployed.Count == 0)
        {
            var rule = sources.Count == 0 ? ConfigurationRules.NoFlow : ConfigurationRules.NoDeployment;
            var names = string.Join(", ", sources.Select(static s => $"'{Path.GetFileName(s.Item.Folder)}'"));
            log.Report(FlowDiagnostic.At(rule, null, null, sources.Count == 0 ? [] : [names, Advice(project)]));
            return sources.Count == 0 ? [] : null;
        }

        var problems = AcrossItems(deployed).Concat(
            from source in deployed
            from other in OtherFlows.Readable(project)
            where other.Endpoint == source.EndpointName && other.Name == source.DeploymentName
            select FlowDiagnostic.At(
                ConfigurationRules.SameDeployment, source.Item.DeploymentFile, null, other.Item.Name, source.Item.Name, $"{other.Endpoint}/{other.Name}")).ToList();
        problems.ForEach(log.Report);
        return problems.Count > 0 ? null : deployed;
    }

    /// <summary>What keeps items from being deployed that may each be right for itself.</summary>
    /// <param name="sources">The items; those that are not deployed are passed over.</param>
    /// <returns>Errors.</returns>
    internal static IEnumerable<FlowDiagnostic> AcrossItems(IEnumerable<FlowSources> sources)
    {
        var targets = new Dictionary<string, FlowSources>(StringComparer.Ordinal);
        foreach (var source in sources.Where(static s => s.Deployment is not null || s.Endpoint is not null))
        {
            var target = source.DeploymentName is { } name ? $"{source.EndpointName}/{name}" : source.EndpointName;
            if (!targets.TryAdd(target, source))
            {
                yield return FlowDiagnostic.At(
                    ConfigurationRules.SameDeployment, source.Item.DeploymentFile ?? source.Item.EndpointFile, null,
                    Path.GetFileName(targets[target].Item.Folder), Path.GetFileName(source.Item.Folder), target);
            }

            if (source.Model is ModelChoice.Own { Spec.Path: { } path, RemoteUri: null } own && source.Deployment?.Code is null
                && !PackageBuilder.IsWithin(own.Folder(source.Item.Folder), source.Item.Folder))
            {
                yield return FlowDiagnostic.At(
                    ConfigurationRules.ModelPathOutside, own.File, path.Span, path.Value, source.Item.Folder,
                    Path.GetRelativePath(Path.GetDirectoryName(own.File)!, source.Item.Folder).Replace('\\', '/'));
            }
        }
    }

    // The files beside the project are the only flow's; of several flows each item names its own.
    private static string Advice(FlowProject project)
    {
        const string Files = "Endpoint=\"endpoint.yml\" Deployment=\"deployment.yml\"";
        var update = Path.GetRelativePath(project.Directory, project.Items[0].FlowFile).Replace('\\', '/');
        return project.Items.Count == 1
            ? $"put endpoint.yml and deployment.yml beside the project, or name them in its item: <PromptFlow Update=\"{update}\" {Files} />"
            : $"with several flows each item names its own files; write into the project file, in an ItemGroup: <PromptFlow Update=\"{update}\" {Files} />";
    }

    private FlowSources? Read(FlowItem item)
    {
        _itemFailed = false;
        var flow = ReadFile(item.FlowFile, "it is the flow itself", FlowReader.Read);
        var endpoint = ReadFile(item.EndpointFile, "the PromptFlow item names it as its endpoint file", DeploymentFileReader.ReadEndpoint);
        var deployment = ReadFile(item.DeploymentFile, "the PromptFlow item names it as its deployment file", ReadDeployment);
        var model = ReadFile(item.ModelFile, "the PromptFlow item names it as its model file", DeploymentFileReader.ReadModel);
        var isUsable = !_itemFailed;
        CheckFolder(item, flow);
        if (!isUsable)
        {
            return null;
        }

        var sources = new FlowSources(item, flow, endpoint, deployment, model, _paths);
        if (item.IsDeployed)
        {
            CheckDeployment(sources);
        }

        return sources;
    }

    private ReadResult<DeploymentSpec> ReadDeployment(string file, string text) =>
        DeploymentFileReader.ReadDeployment(file, text, _project.Overrides ?? []);

    private T? ReadFile<T>(string? file, string role, Func<string, string, ReadResult<T>> read)
        where T : class
    {
        if (file is null)
        {
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = _paths.ReadBytes(new NamedPath(file, Path.GetRelativePath(_project.Directory, file), file, null));
        }
        catch (FlowDeploymentException e)
        {
            Report(e.Diagnostic);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report(PackageRules.FileNotFound, file, null, file, File.Exists(file) ? $"or it cannot be read: {e.Message}" : role);
            return null;
        }

        if (Utf8Text.Decode(bytes, out var fault) is not { } text)
        {
            Report(typeof(T) == typeof(FlowDefinition) ? FlowRules.NotUtf8 : DeploymentRules.NotUtf8, file, fault!.Span, fault.Value);
            return null;
        }

        var result = read(file, text);
        foreach (var diagnostic in result.Diagnostics)
        {
            ReportText(diagnostic);
        }

        _itemFailed |= result.HasErrors;
        return result.Value;
    }

    // The compiler reports the errors of files too, and its build has ended well: a file changed since, or the compiler does not read it.
    private void ReportText(FlowDiagnostic problem)
    {
        if (_reportText || problem.Rule.Severity == RuleSeverity.Error)
        {
            Report(problem);
        }
    }

    private void CheckFolder(FlowItem item, FlowDefinition? flow)
    {
        foreach (var problem in flow is null ? [] : FlowFolderCheck.Check(item.FlowFile, flow, _paths))
        {
            if (_reportFolder || problem.Rule.Severity == RuleSeverity.Error)
            {
                Report(problem);
            }
        }

        if (VerificationRequest.SamplesOf(item) is { } samples
            && _paths.Check(new NamedPath(samples, Path.GetFileName(samples), samples, null), PathKind.File) is { } unusable)
        {
            Report(unusable);
        }
    }

    private void CheckDeployment(FlowSources sources)
    {
        var item = sources.Item;
        foreach (var problem in sources.Files.Check(_project.HasSlots))
        {
            ReportText(problem);
        }

        if (RequestTimeout.Fault(sources, modelIsFlow: null) is { } tooLong)
        {
            Report(tooLong);
        }

        if (sources.Deployment is null)
        {
            Report(ConfigurationRules.EndpointOnly, item.EndpointFile, null, Path.GetFileName(item.Folder));
        }

        if (sources is { Model: ModelChoice.Foreign foreign, Deployment.Code: null })
        {
            Report(ConfigurationRules.FlowNotDeployed, item.DeploymentFile, foreign.Span, NameOf(foreign.Reference), Path.GetFileName(item.Folder));
        }

        if (sources.Model is ModelChoice.Own { RemoteUri: null, Spec: { Path: { } path } model } own)
        {
            CheckModel(sources, own, path, model.Type);
        }

        if (sources.Deployment?.Environment?.Inline is { } environment)
        {
            CheckConda(item.DeploymentFile!, environment.CondaFile);
            CheckBuildContext(item.DeploymentFile!, environment.Build);
            if (sources.IsFlowServed && environment.Image is { } image && RetiredImages.IsRetired(image.Value)
                && File.Exists(Path.Combine(item.Folder, "requirements.txt")))
            {
                Report(PackageRules.RequirementsNotInstalled, item.DeploymentFile, image.Span, image.Value);
            }
        }

        if (sources.Deployment?.Code is { Code: { } code } configuration
            && CheckPath(item.DeploymentFile!, code, PathKind.FileOrFolder, "code is relative to the deployment file"))
        {
            CheckPath(
                item.DeploymentFile!, new Located<string>(Path.Combine(code.Value, configuration.ScoringScript.Value), configuration.ScoringScript.Span),
                PathKind.File, "scoring_script is relative to code", code);
        }
    }

    private void CheckModel(FlowSources sources, ModelChoice.Own own, Located<string> path, string type)
    {
        var full = own.Folder(sources.Item.Folder);
        var named = NamedPath.Of(own.File, path);
        if (_paths.Check(named, PathKind.FileOrFolder) is { } fault)
        {
            Report(fault);
        }
        else if (!ProjectPaths.Exists(named))
        {
            Report(PackageRules.FileNotFound, own.File, path.Span, path.Value, "model.path is relative to the file that names it");
        }
        else if (type == "mlflow_model" && !File.Exists(Path.Combine(full, "MLmodel")))
        {
            Report(PackageRules.FileNotFound, own.File, path.Span, path.Value.TrimEnd('/') + "/MLmodel", "a model of type mlflow_model is a folder with this file");
        }
        else if (sources is { Deployment: { Code: null }, IsFlowServed: false } && type != "mlflow_model")
        {
            Report(ConfigurationRules.FlowNotDeployed, own.File, path.Span, path.Value, Path.GetFileName(sources.Item.Folder));
        }
    }

    private void CheckConda(string file, Located<string>? path)
    {
        if (CheckPath(file, path, PathKind.Text, "conda_file is relative to the deployment file") && path is not null)
        {
            ReadFile(NamedPath.Of(file, path).Full, "", static (conda, text) => new ReadResult<object>(null, CondaFile.Check(conda, text)));
        }
    }

    private void CheckBuildContext(string file, BuildContext? build)
    {
        if (build is not null && RemotePath.IsRemote(build.Path.Value))
        {
            return;
        }

        var isUsable = CheckPath(file, build?.Path, PathKind.Folder, "build.path is relative to the deployment file");
        if (isUsable && build is { DockerfilePath: { } dockerfile, Path: var context })
        {
            // The service says whether it is there; a build may make it.
            var named = NamedPath.Of(file, new Located<string>(Path.Combine(context.Value, dockerfile.Value), dockerfile.Span));
            if (_paths.Check(named, PathKind.File, NamedPath.Of(file, context).Full) is { } fault)
            {
                Report(fault);
            }
        }
    }

    // The path, where it is relative to a folder, must not leave that folder either: nothing outside is uploaded with it.
    private bool CheckPath(string file, Located<string>? path, PathKind kind, string advice, Located<string>? folder = null)
    {
        if (path is null)
        {
            return true;
        }

        var named = NamedPath.Of(file, path);
        if (_paths.Check(named, kind, folder is null ? null : NamedPath.Of(file, folder).Full) is { } fault)
        {
            Report(fault);
            return false;
        }

        if (!ProjectPaths.Exists(named))
        {
            Report(PackageRules.FileNotFound, file, path.Span, path.Value, advice);
            return false;
        }

        return true;
    }

    private void Report(DiagnosticRule rule, string? file, SourceSpan? span, params string[] arguments) =>
        Report(FlowDiagnostic.At(rule, file, span, arguments));

    private void Report(FlowDiagnostic problem)
    {
        _failed |= problem.Rule.Severity == RuleSeverity.Error;
        _itemFailed |= problem.Rule.Severity == RuleSeverity.Error;
        problem = DocumentOverride.Place(problem, _project.Overrides ?? []);

        // The overrides are those of all items.
        if (problem.File is not null || _placeless.Add(problem))
        {
            _log.Report(problem);
        }
    }

    private static string NameOf(AssetReference reference) => reference switch
    {
        AssetReference.Version version => $"{version.Name}:{version.Value}",
        AssetReference.Label label => $"{label.Name}@{label.Value}",
        AssetReference.ArmId arm => arm.Id,
        AssetReference.Registry registry => registry.Id,
        _ => reference.ToString(),
    };
}
