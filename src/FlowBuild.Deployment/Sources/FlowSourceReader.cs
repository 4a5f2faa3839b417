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
    private readonly IFlowLog _log;
    private readonly HashSet<FlowDiagnostic> _placeless = [];
    private bool _failed;

    private FlowSourceReader(FlowProject project, bool reportText, IFlowLog log)
    {
        _project = project;
        _paths = ProjectPaths.Of(project);
        _reportText = reportText;
        _log = log;
    }

    /// <summary>Reads all items.</summary>
    /// <param name="project">The project.</param>
    /// <param name="reportText">Reports what the compiler reports too; false when this build has compiled already. Errors of files
    /// are then silent, since the compiler has stopped the build at them.</param>
    /// <param name="log">Where the problems go.</param>
    /// <returns>The sources, or null when there are errors.</returns>
    public static IReadOnlyList<FlowSources>? Read(FlowProject project, bool reportText, IFlowLog log)
    {
        var reader = new FlowSourceReader(project, reportText, log);
        var sources = project.Items.Select(reader.Read).ToList();
        return reader._failed ? null : [.. sources.OfType<FlowSources>()];
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

        var failed = false;
        var targets = new Dictionary<string, FlowSources>(StringComparer.Ordinal);
        foreach (var source in deployed)
        {
            var target = source.DeploymentName is { } name ? $"{source.EndpointName}/{name}" : source.EndpointName;
            if (!targets.TryAdd(target, source))
            {
                failed = true;
                log.Report(FlowDiagnostic.At(
                    ConfigurationRules.SameDeployment, source.Item.DeploymentFile ?? source.Item.EndpointFile, null,
                    Path.GetFileName(targets[target].Item.Folder), Path.GetFileName(source.Item.Folder), target));
            }

            if (source.Model is ModelChoice.Own { Spec.Path: { } path, RemotePath: null } own && source.Deployment?.Code is null
                && !PackageBuilder.IsWithin(own.Folder(source.Item.Folder), source.Item.Folder))
            {
                failed = true;
                log.Report(FlowDiagnostic.At(
                    ConfigurationRules.ModelPathOutside, own.File, path.Span, path.Value, source.Item.Folder,
                    Path.GetRelativePath(Path.GetDirectoryName(own.File)!, source.Item.Folder).Replace('\\', '/')));
            }
        }

        return failed ? null : deployed;
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
        var flow = ReadFile(item.FlowFile, "it is the flow itself", FlowReader.Read);
        var endpoint = ReadFile(item.EndpointFile, "the PromptFlow item names it as its endpoint file", DeploymentFileReader.ReadEndpoint);
        var deployment = ReadFile(item.DeploymentFile, "the PromptFlow item names it as its deployment file", ReadDeployment);
        var model = ReadFile(item.ModelFile, "the PromptFlow item names it as its model file", DeploymentFileReader.ReadModel);
        if (_failed)
        {
            return null;
        }

        var sources = new FlowSources(item, flow, endpoint, deployment, model, _paths);
        CheckFolder(item, flow);
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

        string text;
        try
        {
            text = _paths.ReadText(new NamedPath(file, Path.GetRelativePath(_project.Directory, file), file, null));
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

        var result = read(file, text);
        foreach (var diagnostic in result.Diagnostics)
        {
            // The compiler reports the errors of files too, and its build has ended well: a file changed since, or the compiler does
            // not read it. Overrides it does not know at all.
            if (_reportText || diagnostic.File is null || diagnostic.Rule.Severity == RuleSeverity.Error)
            {
                Report(diagnostic);
            }
        }

        _failed |= result.HasErrors;
        return result.Value;
    }

    private void CheckFolder(FlowItem item, FlowDefinition? flow)
    {
        foreach (var node in flow?.Nodes ?? EquatableArray.Empty<FlowNode>())
        {
            if (node.SourcePath is { } path)
            {
                CheckSource(item, flow!, path);
            }
        }

        if (flow is not null)
        {
            foreach (var problem in FlowTemplates.Check(flow, path => OpenTemplate(item, path)))
            {
                Report(problem);
            }
        }

        foreach (var include in flow?.AdditionalIncludes ?? EquatableArray.Empty<Located<string>>())
        {
            if (AdditionalInclude.Of(item.FlowFile, include, _paths).Fault is { } fault)
            {
                Report(fault);
            }
        }

        if (VerificationRequest.SamplesOf(item) is { } samples
            && _paths.Check(new NamedPath(samples, Path.GetFileName(samples), samples, null), PathKind.File) is { } unusable)
        {
            Report(unusable);
        }
    }

    private void CheckSource(FlowItem item, FlowDefinition flow, Located<string> path)
    {
        var named = NamedPath.Of(item.FlowFile, path);
        var isIncluded = flow.AdditionalIncludes.Any(include => Path.GetFileName(include.Value.TrimEnd('/')) == path.Value.Split('/')[0]);
        if (!PackageBuilder.IsWithin(named.Full, item.Folder))
        {
            Report(PackageRules.SourceOutside, item.FlowFile, path.Span, path.Value, Path.GetFileName(named.Full));
        }
        else if (_paths.Check(named, PathKind.Text) is { } fault)
        {
            Report(fault);
        }
        else if (!ProjectPaths.Exists(named) && !isIncluded)
        {
            Report(PackageRules.FileNotFound, item.FlowFile, path.Span, path.Value, "source.path is relative to the flow's folder");
        }
    }

    private FlowTemplate? OpenTemplate(FlowItem item, string path)
    {
        var named = NamedPath.Of(item.FlowFile, new Located<string>(path, default));
        try
        {
            return PackageBuilder.IsWithin(named.Full, item.Folder) && File.Exists(named.Full)
                ? new FlowTemplate(named.Full, _paths.ReadText(named))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FlowDeploymentException)
        {
            // What is wrong with the path has been reported.
            return null;
        }
    }

    private void CheckDeployment(FlowSources sources)
    {
        var item = sources.Item;
        if (sources is { Endpoint: { } endpoint, Deployment: { } deployment })
        {
            if (!string.Equals(endpoint.Name.Value, deployment.EndpointName.Value, StringComparison.OrdinalIgnoreCase))
            {
                Report(ConfigurationRules.EndpointNamesDiffer, item.DeploymentFile, deployment.EndpointName.Span, deployment.EndpointName.Value, endpoint.Name.Value);
            }

            if (endpoint.IsKubernetes != deployment.IsKubernetes)
            {
                Report(ConfigurationRules.KindsDiffer, item.DeploymentFile, deployment.Name.Span, Kind(endpoint.IsKubernetes), Kind(deployment.IsKubernetes));
            }
        }

        if (sources is { IsFlowServed: true, Flow: { } flow, Deployment: { } served })
        {
            foreach (var problem in ServedFlow.Check(flow, item.DeploymentFile!, served))
            {
                Report(problem);
            }
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

        if (sources.Model is ModelChoice.Own { RemotePath: null, Spec: { Path: { } path } model } own)
        {
            CheckModel(sources, own, path, model.Type);
        }

        if (sources.Deployment?.Environment?.Inline is { } environment)
        {
            CheckPath(item.DeploymentFile!, environment.CondaFile, PathKind.Text, "conda_file is relative to the deployment file");
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

    private void CheckBuildContext(string file, BuildContext? build)
    {
        var isUsable = CheckPath(file, build?.Path, PathKind.Folder, "build.path is relative to the deployment file");
        if (isUsable && build is { DockerfilePath: { } dockerfile, Path: var context } && !RemotePaths.IsRemote(context.Value))
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
        if (path is null || RemotePaths.IsRemote(path.Value))
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

    private static string Kind(bool isKubernetes) => isKubernetes ? "Kubernetes" : "managed";
}
