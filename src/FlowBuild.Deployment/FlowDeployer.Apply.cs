using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <content>
/// Each flow is deployed, verified and given its traffic as one unit, in the project's order. A build calls the stages of the first flow
/// one by one, as targets that a terminal shows, and then all stages of the other flows.
/// </content>
public sealed partial class FlowDeployer
{
    private static readonly FlowStage[] Stages = Enum.GetValues<FlowStage>();

    /// <summary>Applies one stage of the first flow's plan.</summary>
    /// <returns>False when there are errors, which have been reported.</returns>
    /// <exception cref="FlowDeploymentException">A step failed, and no other flow is deployed after it.</exception>
    public async Task<bool> ApplyAsync(FlowStage stage, CancellationToken cancellationToken)
    {
        if (!await EnsurePlannedAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        return _runs is not [{ Failure: null } first, ..] || await TryAsync(first, () => ApplyAsync(first, stage, modelOnly: false, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Applies all stages of the flows after the first one, each flow as a unit, and looks at what is deployed then.</summary>
    /// <returns>False when there are errors, which have been reported.</returns>
    /// <exception cref="FlowDeploymentException">A flow failed; the message names it, those that are deployed and those that are not begun.</exception>
    public async Task<bool> ApplyRemainingAsync(CancellationToken cancellationToken)
    {
        if (!await EnsurePlannedAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        foreach (var run in _runs!.Where(static run => run.Failure is null))
        {
            await TryAsync(run, () => FinishAsync(run, cancellationToken)).ConfigureAwait(false);
        }

        return _runs!.Exists(static run => run.Failure is not null) ? throw FlowsFailed("DeployFlow") : true;
    }

    private async Task FinishAsync(FlowRun run, CancellationToken cancellationToken)
    {
        if (run != _runs![0])
        {
            // The flows before it on the same endpoint have changed what its plan was made for.
            var before = _runs.TakeWhile(other => other != run).Where(other => other.Sources.EndpointName == run.Sources.EndpointName && other.IsBegun).ToList();
            if (before.Count > 0)
            {
                var known = before.Select(static other => other.Known).OfType<KnownStates>().Aggregate(run.Known, static (all, next) => all?.With(next) ?? next);
                await PlanAsync(run, known, writes: true, modelOnly: false, cancellationToken).ConfigureAwait(false);
            }

            foreach (var stage in Stages)
            {
                await ApplyAsync(run, stage, modelOnly: false, cancellationToken).ConfigureAwait(false);
            }
        }

        await CompleteAsync(run, cancellationToken).ConfigureAwait(false);
    }

    // Runs a part of a flow's deployment. With several flows its error is reported here, and the run ends with one that names them all.
    private async Task<bool> TryAsync(FlowRun run, Func<Task> part)
    {
        try
        {
            await part().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var failure = FlowFailure.Of(e, "DeployFlow");
            run.Failure = failure.Diagnostic;
            if (_runs!.Count == 1)
            {
                throw;
            }

            _log.Report(failure);
            return _settings.ContinueOnError ? false : throw FlowsFailed("DeployFlow");
        }
    }

    private FlowDeploymentException FlowsFailed(string target)
    {
        var failed = string.Join(", ", _runs!.Where(static run => run.Failure is not null).Select(static run => $"{run.Name} with {run.Failure!.Rule.Id}"));
        return FlowDeploymentException.Of(
            WorkspaceRules.FlowsFailed, target, failed,
            Part("live", _runs!.Where(static run => run.Deployed is not null).Select(static run => $"{run.Name} {run.Deployed!.Deployment} {run.Deployed.TrafficPercent} %"))
            + Part("not begun", _runs!.Where(static run => run.Outcome == FlowOutcome.NotBegun).Select(static run => run.Name)));

        static string Part(string title, IEnumerable<string> flows) => string.Join(", ", flows) is { Length: > 0 } text ? $"; {title}: {text}" : "";
    }

    private async Task<bool> EnsurePlannedAsync(CancellationToken cancellationToken) =>
        _runs?.Exists(static run => run is { Plan: null, Failure: null }) == false
        || await PlanAsync(writes: true, cancellationToken).ConfigureAwait(false) is not null;

    private async Task ApplyAsync(FlowRun run, FlowStage stage, bool modelOnly, CancellationToken cancellationToken)
    {
        run.IsBegun = true;
        IEnumerable<FlowStage> stages = [stage];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                foreach (var each in stages)
                {
                    await run.Applier!.ApplyAsync(each, cancellationToken).ConfigureAwait(false);
                }

                return;
            }
            catch (StalePlanException e) when (attempt < PlanAttempts)
            {
                // The new plan holds what is left to do of the stages before this one, too. It undoes nothing that another run has done.
                _log.Progress($"{e.Message}; planning again");
                await PlanAsync(run, run.Known, writes: true, modelOnly, cancellationToken).ConfigureAwait(false);
                stages = Stages.Where(s => s <= stage);
            }
            catch (StalePlanException e)
            {
                throw e.Problem;
            }
        }
    }

    /// <summary>The deployments as they are now, with how each flow's deployment ended.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>One for each flow that is deployed; null when there are errors.</returns>
    public async Task<IReadOnlyList<DeployedFlow>?> GetDeployedAsync(CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return null;
        }

        foreach (var run in _runs!.Where(static run => run is { Deployed: null, Failure: null }))
        {
            await CompleteAsync(run, cancellationToken).ConfigureAwait(false);
        }

        return [.. _runs!.Select(DeployedOf)];
    }

    /// <summary>How each flow's deployment ended, as far as this run knows; nothing is read from the workspace.</summary>
    /// <param name="errors">The errors that were reported, for flows that ended before they were planned.</param>
    public IReadOnlyList<DeployedFlow> GetOutcomes(IReadOnlyList<FlowDiagnostic> errors) =>
        _runs is not null
            ? [.. _runs.Select(run => run.Deployed is null && run.Failure is null && (run.IsBegun || !_runs.Exists(static r => r.IsBegun || r.Failure is not null))
                ? NotDeployed(run, errors is [var error, ..] ? error : null)
                : DeployedOf(run))]
            : [.. _project.Items.Where(static item => item.IsDeployed).Select(item => DeployedFlow.NotDeployed(item.Name, "", null, ErrorOf(item, errors)))];

    // An error in a file of the flow is the flow's own; one in no file of a flow concerns them all.
    private FlowDiagnostic? ErrorOf(FlowItem item, IReadOnlyList<FlowDiagnostic> errors) =>
        errors.FirstOrDefault(error => IsIn(error, item)) ?? errors.FirstOrDefault(error => !_project.Items.Any(other => IsIn(error, other)));

    private static bool IsIn(FlowDiagnostic error, FlowItem item) => error.File is { } file
        && (file == item.EndpointFile || file == item.DeploymentFile || file == item.ModelFile || PackageBuilder.IsWithin(file, item.Folder));

    private DeployedFlow DeployedOf(FlowRun run) =>
        run.Deployed is { } deployed ? deployed with { Outcome = run.Outcome, Failure = run.Failure } : NotDeployed(run, run.Failure);

    private DeployedFlow NotDeployed(FlowRun run, FlowDiagnostic? failure) =>
        DeployedFlow.NotDeployed(run.Sources.Item.Name, run.Sources.EndpointName, run.Plan?.Deployment ?? run.Sources.DeploymentName, failure) with
        {
            Outcome = failure is null ? run.Outcome : FlowOutcome.Failed,
            Changed = run.IsChanged,
            FilesSent = run.FilesSent,
            Elapsed = _clock.Elapsed,
        };

    private async Task CompleteAsync(FlowRun run, CancellationToken cancellationToken)
    {
        var workspace = await OpenAsync(writes: false, cancellationToken).ConfigureAwait(false);
        var endpoint = await workspace.GetEndpointAsync(run.Sources.EndpointName, cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The endpoint '{run.Sources.EndpointName}'", workspace.Address.Name);

        // A slot has taken the place of the file's own name.
        var name = run.Plan?.Deployment ?? run.Sources.DeploymentName;
        var deployment = name is null ? null : await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
        run.Deployed = Describe(workspace, endpoint, deployment, name, run);
        await WriteUserSecretsAsync(workspace, run, cancellationToken).ConfigureAwait(false);
        if (name is not null && run.Applier?.IsDetached != true && _settings.Traffic is null
            && !await ReachesCallersAsync(workspace, endpoint, name, cancellationToken).ConfigureAwait(false))
        {
            _log.Report(FlowDiagnostic.At(WorkspaceRules.NoTraffic, null, null, endpoint.Name, name));
        }
    }

    // Traffic of a deployment that is gone reaches nobody.
    private static async Task<bool> ReachesCallersAsync(
        MachineLearningWorkspace workspace, EndpointResource endpoint, string deployment, CancellationToken cancellationToken) =>
        endpoint.Traffic.ContainsKey(deployment)
        || (endpoint.Traffic.Count > 0
            && (await workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false)).Any(d => endpoint.Traffic.ContainsKey(d.Name)));

    private DeployedFlow Describe(MachineLearningWorkspace workspace, EndpointResource endpoint, DeploymentResource? deployment, string? name, FlowRun run) => new(
        endpoint.Name, name, workspace.Address.ArmId, $"{endpoint.ScoringUri}", $"{endpoint.SwaggerUri}", endpoint.AuthMode,
        deployment?.ModelId ?? "", endpoint.State, deployment?.State ?? "", name is null ? 0 : endpoint.Traffic.GetValueOrDefault(name),
        new TrafficMap(endpoint.Traffic).ToString(), run.IsChanged, run.FilesSent, _clock.Elapsed)
    {
        Flow = run.Sources.Item.Name,
    };

    // Connects programs to a local deployment, and disconnects them from it when the deployment is in Azure. Done for each flow that is
    // deployed, so that one that is live has its connection also when a later flow fails.
    private async Task WriteUserSecretsAsync(MachineLearningWorkspace workspace, FlowRun run, CancellationToken cancellationToken)
    {
        if (_settings.UserSecretsId.Length == 0 || !_settings.WriteUserSecrets)
        {
            return;
        }

        try
        {
            await WriteUserSecretsAsync(
                workspace, run, UserSecrets.PathOf(_settings.UserSecretsId, Environment.GetEnvironmentVariable), cancellationToken).ConfigureAwait(false);
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == ConfigurationRules.UserSecretsNotWritten)
        {
            _log.Report(e.Diagnostic);
        }
    }

    private async Task WriteUserSecretsAsync(MachineLearningWorkspace workspace, FlowRun run, string file, CancellationToken cancellationToken)
    {
        var section = run.Sources.Item.ClientName;
        if (!workspace.Address.IsLocal)
        {
            if (UserSecrets.RemoveLoopback(file, section))
            {
                _log.Progress($"{section}: the connection to the local workspace is removed from the user secrets");
            }

            return;
        }

        if (await workspace.GetEndpointAsync(run.Sources.EndpointName, cancellationToken).ConfigureAwait(false) is { } endpoint
            && UserSecrets.Set(file, section, ScoringAddress.Of(workspace, endpoint), await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false)))
        {
            _log.Progress($"{section}:ScoringUri and {section}:Key are in the project's user secrets");
        }
    }
}
