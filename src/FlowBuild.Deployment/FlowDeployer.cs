using System.Diagnostics;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <summary>
/// Deploys the flows of one project: validates, packages, plans, applies, shows. Each call does what it needs of the calls before
/// it, and remembers it: a build calls them one after another, as targets of its own.
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
    private List<Work>? _work;
    private MachineLearningWorkspace? _workspace;
    private bool _modelOnly;
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

    /// <summary>Connects to the workspace and says which one it is, before anything is done there.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors in the files.</returns>
    public async Task<bool> NameWorkspaceAsync(CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return false;
        }

        if (_work!.Count > 0)
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

        foreach (var work in _work!)
        {
            work.Package = PackageOf(work.Sources, cancellationToken);
            if (work.Package is { } package && manifestFolder is not null)
            {
                PackageManifest.Write(package, Path.Combine(manifestFolder, $"{work.Sources.EndpointName}.{work.Sources.DeploymentName}.package.json"));
                _log.Progress($"package {package.RootName}: {Sizes.Files(package.Files.Count)}, {Sizes.Text(package.Length)}, {package.LeftOut.Count} left out, hash {package.Hash}");
            }
        }

        return [.. _work.Select(static w => w.Package).OfType<FlowPackage>()];
    }

    /// <summary>Compares the files with the workspace.</summary>
    /// <param name="writes">The plan will be applied: a running operation is waited for, and the workspace's name is said first.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The plans; null when there are errors.</returns>
    public Task<IReadOnlyList<DeploymentPlan>?> PlanAsync(bool writes, CancellationToken cancellationToken) =>
        PlanAsync(writes, modelOnly: false, cancellationToken);

    /// <summary>Compares the files with the workspace, the whole deployment or the model alone.</summary>
    /// <param name="writes">The plan will be applied: a running operation is waited for, and the workspace's name is said first.</param>
    /// <param name="modelOnly">Only the model is planned.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The plans; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeploymentPlan>?> PlanAsync(bool writes, bool modelOnly, CancellationToken cancellationToken)
    {
        if ((_work is null || _work.Exists(static w => w.Package is null)) && Package(null, cancellationToken) is null)
        {
            return null;
        }

        if (_work!.Count == 0)
        {
            return [];
        }

        _modelOnly = modelOnly;
        foreach (var work in _work)
        {
            await PlanAsync(work, writes, modelOnly, cancellationToken).ConfigureAwait(false);
        }

        return [.. _work.Select(static w => w.Plan!)];
    }

    private async Task PlanAsync(Work work, bool writes, bool modelOnly, CancellationToken cancellationToken)
    {
        var workspace = await OpenAsync(writes, cancellationToken).ConfigureAwait(false);
        var settings = _settings with
        {
            Kept = [.. _work!.Where(other => other != work && other.Sources.EndpointName == work.Sources.EndpointName).Select(static other => other.Sources.DeploymentName).OfType<string>()],
        };
        var plan = await DeploymentPlanner.PlanAsync(workspace, work.Sources, work.Package, settings, writes, modelOnly, cancellationToken).ConfigureAwait(false);
        work.Take(plan, new PlanApplier(workspace, plan, _settings, _log));
        foreach (var line in plan.ToLines())
        {
            _log.Result(line);
        }
    }

    /// <summary>Applies one stage of the plans.</summary>
    /// <exception cref="FlowDeploymentException">A step failed.</exception>
    public async Task<bool> ApplyAsync(FlowStage stage, CancellationToken cancellationToken)
    {
        if (_work?.Exists(static w => w.Plan is null) != false && await PlanAsync(writes: true, cancellationToken).ConfigureAwait(false) is null)
        {
            return false;
        }

        foreach (var work in _work!)
        {
            await ApplyAsync(work, stage, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async Task ApplyAsync(Work work, FlowStage stage, CancellationToken cancellationToken)
    {
        IEnumerable<FlowStage> stages = [stage];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                foreach (var each in stages)
                {
                    await work.Applier!.ApplyAsync(each, cancellationToken).ConfigureAwait(false);
                }

                return;
            }
            catch (OvertakenException e) when (attempt < PlanAttempts)
            {
                // The new plan holds what is left to do of the stages before this one, too.
                _log.Progress($"{e.Message}; planning again");
                await PlanAsync(work, writes: true, _modelOnly, cancellationToken).ConfigureAwait(false);
                stages = Enum.GetValues<FlowStage>().Where(s => s <= stage);
            }
            catch (OvertakenException e)
            {
                throw e.Problem;
            }
        }
    }

    /// <summary>The deployments as they stand now.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>One for each flow that is deployed; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeployedFlow>?> GetDeployedAsync(CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return null;
        }

        var flows = new List<DeployedFlow>();
        foreach (var work in _work!)
        {
            var workspace = await OpenAsync(writes: false, cancellationToken).ConfigureAwait(false);
            var endpoint = await RequireEndpointAsync(workspace, work.Sources, cancellationToken).ConfigureAwait(false);
            // A slot has taken the place of the file's own name.
            var name = work.Plan?.Deployment ?? work.Sources.DeploymentName;
            var deployment = name is null ? null : await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
            flows.Add(Describe(workspace, endpoint, deployment, name, work));
        }

        return flows;
    }

    /// <summary>Connects programs to a local deployment, and disconnects them from it when the deployment is in Azure.</summary>
    /// <param name="userSecretsId">The project's UserSecretsId, or empty.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task WriteUserSecretsAsync(string userSecretsId, CancellationToken cancellationToken)
    {
        if (userSecretsId.Length == 0 || _work is null)
        {
            return;
        }

        var file = UserSecrets.PathOf(userSecretsId, Environment.GetEnvironmentVariable);
        foreach (var work in _work)
        {
            var workspace = await OpenAsync(writes: false, cancellationToken).ConfigureAwait(false);
            try
            {
                await WriteUserSecretsAsync(workspace, work, file, cancellationToken).ConfigureAwait(false);
            }
            catch (FlowDeploymentException e) when (e.Diagnostic.Rule == ConfigurationRules.UserSecretsNotWritten)
            {
                _log.Report(e.Diagnostic);
            }
        }
    }

    private async Task WriteUserSecretsAsync(MachineLearningWorkspace workspace, Work work, string file, CancellationToken cancellationToken)
    {
        var section = work.Sources.Item.ClientName;
        if (!workspace.Address.IsLocal)
        {
            if (UserSecrets.RemoveLoopback(file, section))
            {
                _log.Progress($"{section}: the connection to the local workspace is removed from the user secrets");
            }

            return;
        }

        var endpoint = await RequireEndpointAsync(workspace, work.Sources, cancellationToken).ConfigureAwait(false);
        var token = await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false);
        if (endpoint.ScoringUri is { } uri && UserSecrets.Set(file, section, uri, token))
        {
            _log.Progress($"{section}:ScoringUri and {section}:Key are in the project's user secrets");
        }
    }

    /// <summary>Prints endpoints with all their deployments as a table.</summary>
    /// <returns>All deployments of the project's endpoints; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeployedFlow>?> ShowAsync(CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return null;
        }

        var flows = new List<DeployedFlow>();
        foreach (var work in _work!.DistinctBy(static w => w.Sources.EndpointName))
        {
            var workspace = await OpenAsync(writes: false, cancellationToken).ConfigureAwait(false);
            var endpoint = await RequireEndpointAsync(workspace, work.Sources, cancellationToken).ConfigureAwait(false);
            var deployments = await workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
            _log.Result($"{endpoint.Name}  {endpoint.State}  {endpoint.AuthMode}  {endpoint.ScoringUri}");
            foreach (var deployment in deployments)
            {
                var flow = Describe(workspace, endpoint, deployment, deployment.Name, work);
                _log.Result($"  {deployment.Name,-12} {deployment.State,-10} {flow.TrafficPercent,3} %  {AssetNames.Short(flow.ModelId)}");
                flows.Add(flow);
            }
        }

        return flows;
    }

    /// <summary>Sends one request to each endpoint and prints the answer; where the flow streams, the whole of it at its end.</summary>
    /// <param name="requestFile">Full path of the file with the request, or null for the flow's sample.</param>
    /// <param name="deployment">The deployment that must answer, or null: the traffic decides.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Whether all answered well; false also when there are errors.</returns>
    public async Task<bool> InvokeAsync(string? requestFile, string? deployment, CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return false;
        }

        foreach (var work in _work!)
        {
            var workspace = await OpenAsync(writes: false, cancellationToken).ConfigureAwait(false);
            var endpoint = await RequireEndpointAsync(workspace, work.Sources, cancellationToken).ConfigureAwait(false);
            var request = VerificationRequest.Find(work.Sources, requestFile, workspace.Address.IsLocal)
                ?? throw FlowDeploymentException.Of(
                    ConfigurationRules.InvalidRequestFile, requestFile ?? "", "there is none; name one with FlowRequestFile, or put samples.json into the flow's folder");
            using var client = await ScoringClient.OpenAsync(workspace, endpoint, cancellationToken).ConfigureAwait(false);
            if (_work.Count > 1)
            {
                _log.Result($"--- {endpoint.Name}:");
            }

            var answer = work.Sources.Contract is { CanStream: true }
                ? await client.StreamAsync(request.Body, deployment, cancellationToken).ConfigureAwait(false)
                : await client.SendAsync(request.Body, deployment, cancellationToken).ConfigureAwait(false);
            if (answer.Status is < 200 or >= 300)
            {
                throw FlowDeploymentException.Of(WorkspaceRules.InvocationFailed, endpoint.Name, $"{answer.StatusText}: {answer.Excerpt}");
            }

            _log.Result(answer.Body);
            if (answer.Origin is { } origin)
            {
                _log.Result($"({origin})");
            }
        }

        return true;
    }

    private bool Prepare()
    {
        if (_work is not null)
        {
            return true;
        }

        if ((_sources is null && !Read(reportText: false)) || FlowSourceReader.ForDeployment(_project, _sources!, _log) is not { } deployed)
        {
            return false;
        }

        _work = [.. deployed.Select(static sources => new Work(sources))];
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

    private static async Task<EndpointResource> RequireEndpointAsync(MachineLearningWorkspace workspace, FlowSources sources, CancellationToken cancellationToken) =>
        await workspace.GetEndpointAsync(sources.EndpointName, cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The endpoint '{sources.EndpointName}'", workspace.Address.Name);

    private DeployedFlow Describe(MachineLearningWorkspace workspace, EndpointResource endpoint, DeploymentResource? deployment, string? name, Work work) => new(
        endpoint.Name, name, workspace.Address.ArmId, $"{endpoint.ScoringUri}", $"{endpoint.SwaggerUri}", endpoint.AuthMode,
        deployment?.ModelId ?? "", endpoint.State, deployment?.State ?? "", name is null ? 0 : endpoint.Traffic.GetValueOrDefault(name),
        new TrafficMap(endpoint.Traffic).ToString(), work.IsChanged, work.FilesSent, _clock.Elapsed);

    private sealed class Work(FlowSources sources)
    {
        private int _filesSent;

        public FlowSources Sources { get; } = sources;

        public FlowPackage? Package { get; set; }

        public DeploymentPlan? Plan { get; private set; }

        public PlanApplier? Applier { get; private set; }

        /// <summary>Whether a plan of this run held anything to do.</summary>
        public bool IsChanged { get; private set; }

        public int FilesSent => _filesSent + (Applier?.FilesSent ?? 0);

        /// <summary>Goes on with a plan, the first one or one that takes the place of one that is out of date.</summary>
        public void Take(DeploymentPlan plan, PlanApplier applier)
        {
            _filesSent = FilesSent;
            IsChanged |= plan.HasChanges;
            (Plan, Applier) = (plan, applier);
        }
    }
}
