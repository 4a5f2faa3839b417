using System.Diagnostics;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <summary>
/// Deploys the flows of one project: validates, packages, plans, applies. Each call does what it needs of the calls before it, and
/// remembers it: a build calls them one after another, as targets of its own. The commands on a deployment are in the other part.
/// </summary>
public sealed partial class FlowDeployer
{
    private const int PlanAttempts = 5;

    private readonly FlowProject _project;
    private readonly WorkspaceSettings _workspaceSettings;
    private readonly DeploySettings _settings;
    private readonly DistinctLog _log;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private IReadOnlyList<FlowSources>? _sources;
    private List<FlowRun>? _runs;
    private MachineLearningWorkspace? _workspace;
    private bool _mayWrite;

    /// <summary>Makes a deployer; nothing is read yet.</summary>
    public FlowDeployer(FlowProject project, WorkspaceSettings workspace, DeploySettings settings, IFlowLog log)
    {
        _project = project;
        _workspaceSettings = workspace;
        _settings = settings;
        _log = new DistinctLog(log, DistinctLog.Scope.Warnings);
    }

    /// <summary>Every offline check of the flows, their folders, their deployment files, and the requests that verify a deployment.</summary>
    /// <param name="reportText">Reports what the compiler reports too.</param>
    /// <param name="reportFolder">Reports the warnings about the flows' folders that a build reports too.</param>
    /// <returns>Whether there is no error.</returns>
    public bool Validate(bool reportText, bool reportFolder = true)
    {
        var log = new DistinctLog(_log, DistinctLog.Scope.All);
        var isRead = FlowSourceReader.Read(_project, reportText, reportFolder, log, out var usable);
        _sources = isRead ? usable : null;
        return OfflineCheck.Run(_project, usable, _settings, _workspaceSettings, log) && isRead;
    }

    private bool Read(bool reportText)
    {
        _sources = FlowSourceReader.Read(_project, reportText, _log);
        return _sources is not null;
    }

    /// <summary>Connects to the workspace and names it, before anything is done there.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors in the files.</returns>
    public async Task<bool> NameWorkspaceAsync(CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return false;
        }

        if (_runs!.Count > 0)
        {
            await OpenAsync(writes: true, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Packages every flow that is deployed.</summary>
    /// <param name="manifestFolder">Where the manifests go, or null for none.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The packages; null when there are errors.</returns>
    public IReadOnlyList<FlowPackage>? Package(string? manifestFolder, CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return null;
        }

        foreach (var run in _runs!)
        {
            run.Package = PackageOf(run.Sources, cancellationToken);
            if (run.Package is { } package && manifestFolder is not null)
            {
                PackageManifest.Write(package, Path.Combine(manifestFolder, $"{run.Sources.EndpointName}.{run.Sources.DeploymentName}.package.json"));
                _log.Progress($"package {package.RootName}: {Sizes.Files(package.Files.Count)}, {Sizes.Text(package.Length)}, {package.LeftOut.Count} left out, hash {package.Hash}");
            }
        }

        return [.. _runs.Select(static run => run.Package).OfType<FlowPackage>()];
    }

    /// <summary>Compares the files with the workspace.</summary>
    /// <param name="writes">The plan will be applied: a running operation is waited for, and the workspace is named first.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The plans; null when there are errors.</returns>
    public Task<IReadOnlyList<DeploymentPlan>?> PlanAsync(bool writes, CancellationToken cancellationToken) =>
        PlanAsync(writes, modelOnly: false, cancellationToken);

    /// <summary>Packages, uploads and registers the models, and nothing more.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What was planned and done; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeploymentPlan>?> RegisterAsync(CancellationToken cancellationToken)
    {
        if (await PlanAsync(writes: true, modelOnly: true, cancellationToken).ConfigureAwait(false) is not { } plans)
        {
            return null;
        }

        foreach (var run in _runs!)
        {
            await ApplyAsync(run, FlowStage.Model, modelOnly: true, cancellationToken).ConfigureAwait(false);
        }

        return plans;
    }

    private async Task<IReadOnlyList<DeploymentPlan>?> PlanAsync(bool writes, bool modelOnly, CancellationToken cancellationToken)
    {
        if ((_runs is null || _runs.Exists(static run => run.Package is null)) && Package(null, cancellationToken) is null)
        {
            return null;
        }

        RequireDeploymentName();
        var runs = _runs!;
        foreach (var run in runs.Where(static run => run.Failure is null))
        {
            try
            {
                await PlanAsync(run, known: null, writes, modelOnly, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception raw) when (raw is not OperationCanceledException)
            {
                var e = FlowFailure.Of(raw, "PlanFlow");
                run.Failure = e.Diagnostic;
                if (e.Diagnostic.Rule == ConfigurationRules.InvalidProperty)
                {
                    // A property that cannot be used stops every flow.
                    runs.ForEach(other => other.Failure ??= e.Diagnostic);
                    throw;
                }

                if (runs.Count == 1)
                {
                    throw;
                }

                // Every flow is planned, so that all problems are known before anything is sent.
                _log.Report(e);
            }
        }

        var isStopped = runs.Exists(static run => run.Failure is not null) && !(writes && _settings.ContinueOnError);
        return isStopped ? throw FlowsFailed(writes ? "DeployFlow" : "PlanFlow") : [.. runs.Select(static run => run.Plan).OfType<DeploymentPlan>()];
    }

    // FlowDeploymentName is for targets that read, delete or roll back; a deployment is named by its file or its slots.
    private void RequireDeploymentName()
    {
        if (_settings.DeploymentName is { } name && (_settings.Slots.Count > 0 || _runs!.Exists(run => run.Sources.DeploymentName != name)))
        {
            var refused = FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowDeploymentName", name,
                $"the deployment that is planned or deployed is named by {(_settings.Slots.Count > 0 ? "FlowSlots" : "the deployment file")}; leave FlowDeploymentName out, or override the file's name with FlowSet=\"name={name}\"");
            _runs!.ForEach(run => run.Failure ??= refused.Diagnostic);
            throw refused;
        }
    }

    private async Task PlanAsync(FlowRun run, KnownStates? known, bool writes, bool modelOnly, CancellationToken cancellationToken)
    {
        var workspace = await OpenAsync(writes, cancellationToken).ConfigureAwait(false);
        var input = new PlanInput(run.Sources, run.Package, _settings, SiblingsOf(run), known);
        var plan = await DeploymentPlanner.PlanAsync(workspace, input, writes, modelOnly, cancellationToken).ConfigureAwait(false);
        run.Take(plan, new PlanApplier(workspace, plan, _settings, _log));
        if (writes)
        {
            foreach (var line in plan.ToLines())
            {
                _log.Result(_runs!.Count > 1 && plan is { HasChanges: false, IsWithoutTraffic: false } ? $"{plan.Target}: {line}" : line);
            }
        }
        else if (plan.IsWithoutTraffic)
        {
            _log.Report(FlowDiagnostic.At(WorkspaceRules.NoTraffic, null, null, plan.Endpoint, plan.Deployment ?? "NAME"));
        }
    }

    // The deployments of the project's other flows on the same endpoint, whether the property Flow names them or not. What deletes, takes
    // over or moves all traffic must know them all.
    private IReadOnlyList<string> SiblingsOf(FlowRun run)
    {
        var mustKnow = _settings.Slots.Count > 0 || _settings.Retire || (_settings.AllTraffic && _settings.Traffic is null);
        var others = mustKnow ? OtherFlows.All(_project) : OtherFlows.Readable(_project);
        return
        [
            .. _runs!.Where(other => other != run && other.Sources.EndpointName == run.Sources.EndpointName).Select(static other => other.Sources.DeploymentName).OfType<string>(),
            .. others.Where(other => other.Endpoint == run.Sources.EndpointName).Select(static other => other.Name),
        ];
    }

    private bool Prepare()
    {
        if (_runs is not null)
        {
            return true;
        }

        if ((_sources is null && !Read(reportText: false)) || FlowSourceReader.ForDeployment(_project, _sources!, _log) is not { } deployed)
        {
            return false;
        }

        _runs = [.. deployed.Select(static sources => new FlowRun(sources))];
        if (_project.OtherItems.Count > 0)
        {
            _log.Result($"Flow selects {string.Join(", ", _project.Items.Select(static item => $"'{item.Name}'"))}; left out: {string.Join(", ", _project.OtherItems.Select(static item => $"'{item.Name}'"))}");
        }

        return true;
    }

    private FlowPackage? PackageOf(FlowSources sources, CancellationToken cancellationToken) =>
        sources.PackageSource(_project) is { } source ? PackageBuilder.Build(source, _log, cancellationToken) : null;

    private async Task<MachineLearningWorkspace> OpenAsync(bool writes, CancellationToken cancellationToken)
    {
        // What is good enough to be read need not be what may be changed.
        if (_workspace is null || (writes && !_mayWrite))
        {
            _mayWrite = writes;
            _workspace = await WorkspaceOpener.OpenAsync(_workspaceSettings, writes, _log, cancellationToken).ConfigureAwait(false);
            var address = _workspace.Address;
            _log.Result($"workspace '{address.Name}' in resource group '{address.ResourceGroup}', subscription {address.Subscription} (from {address.Origin})");
        }

        return _workspace;
    }
}
