using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>Compares the files of one flow with the workspace. It reads, and never writes.</summary>
internal sealed class DeploymentPlanner
{
    private readonly MachineLearningWorkspace _workspace;
    private readonly PlanInput _input;
    private readonly FlowSources _sources;
    private readonly DeploySettings _settings;
    private readonly List<PlanStep> _steps = [];
    private readonly List<string> _notes = [];

    // The plan counts only when the deployment holds already what the files say: what is checked before something is sent is then
    // checked, and said, once, by the plan that takes its place.
    private bool _isComparison;

    // Nothing would give a deployment of the endpoint its traffic.
    private bool _isWithoutTraffic;

    private DeploymentPlanner(MachineLearningWorkspace workspace, PlanInput input)
    {
        _workspace = workspace;
        _input = input;
        _sources = input.Sources;
        _settings = input.Settings;
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="input">The files and how they are to be deployed.</param>
    /// <param name="waits">Waits for an operation that is still running on the endpoint or deployment, so that a run continues where
    /// another one stopped.</param>
    /// <param name="modelOnly">Plans the model and nothing else.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">The files cannot be deployed, or the plan would undo another run's change.</exception>
    public static Task<DeploymentPlan> PlanAsync(
        MachineLearningWorkspace workspace, PlanInput input, bool waits, bool modelOnly, CancellationToken cancellationToken) =>
        modelOnly ? new DeploymentPlanner(workspace, input).PlanModelAsync(waits, cancellationToken)
        : input.Settings.Slots.Count > 0 && input.Sources.Deployment is not null ? PlanSlotAsync(workspace, input, waits, cancellationToken)
        : new DeploymentPlanner(workspace, input).PlanAsync(waits, cancellationToken);

    // The slot with traffic is compared first: when it equals the files there is nothing to do. Else the new version goes to the
    // other one, where callers do not see it before it is verified.
    private static async Task<DeploymentPlan> PlanSlotAsync(MachineLearningWorkspace workspace, PlanInput input, bool waits, CancellationToken cancellationToken)
    {
        var (sources, settings) = (input.Sources, input.Settings);
        RequireSlots(input);
        var endpoint = await workspace.GetEndpointAsync(sources.EndpointName, cancellationToken).ConfigureAwait(false);
        var live = settings.Slots.Where(slot => endpoint?.Traffic.ContainsKey(slot) == true).ToList();
        var allTraffic = settings with { AllTraffic = settings.Traffic is null };
        var rollout = InterruptedRollout.Of(endpoint);
        if (rollout is not null && live.Contains(rollout.Deployment))
        {
            // Finished where the slot still holds what the files say, else taken back by the plan of the next version.
            return await new DeploymentPlanner(workspace, input with { Sources = InSlot(sources, rollout.Deployment), Settings = allTraffic })
                .PlanAsync(waits, cancellationToken).ConfigureAwait(false);
        }

        if (live.Count > 1)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowSlots", string.Join(' ', settings.Slots),
                $"several of them carry traffic ({new TrafficMap(endpoint!.Traffic)}); give it all to one with SetFlowTraffic");
        }

        if (live is [var current])
        {
            var same = new DeploymentPlanner(workspace, input with { Sources = InSlot(sources, current) }) { _isComparison = true };
            var unchanged = await same.PlanAsync(waits, cancellationToken).ConfigureAwait(false);
            if (!unchanged.Steps.Any(IsNewContent))
            {
                return unchanged;
            }
        }

        var target = settings.Slots.First(slot => !live.Contains(slot));
        var other = new DeploymentPlanner(workspace, input with { Sources = InSlot(sources, target), Settings = allTraffic });
        other._notes.Add($"slot {target} takes the place of '{sources.DeploymentName}'{(live is [var old] ? $"; {old} keeps its traffic until {target} is verified" : "")}");
        return await other.PlanAsync(waits, cancellationToken).ConfigureAwait(false);
    }

    private static void RequireSlots(PlanInput input)
    {
        var slots = input.Settings.Slots;
        if (slots.Count < 2 || slots.Distinct().Count() != slots.Count)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowSlots", string.Join(' ', slots), "write two different names or more, such as 'blue green'");
        }

        if (input.Siblings.Count > 0)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowSlots", string.Join(' ', slots),
                $"several flows of the project are deployed to the endpoint '{input.Sources.EndpointName}', and slots hold one; give each flow an endpoint of its own, or leave FlowSlots out");
        }
    }

    private static FlowSources InSlot(FlowSources sources, string slot)
    {
        var deployment = sources.Deployment!;
        var variables = deployment.EnvironmentVariables.Select(variable => variable.Key == DeploymentVariables.Override
            ? KeyValuePair.Create(variable.Key, variable.Value with { Value = DeploymentVariables.WithDeployment(variable.Value.Value, sources.DeploymentName!, slot) })
            : variable);
        return sources with
        {
            Deployment = deployment with { Name = deployment.Name with { Value = slot }, EnvironmentVariables = variables.ToEquatableArray() },
        };
    }

    private async Task<DeploymentPlan> PlanModelAsync(bool writes, CancellationToken cancellationToken)
    {
        var assets = new AssetPlanner(_workspace, _sources, _input.Package, _settings, _steps, _notes);
        var modelId = _sources.Deployment is null ? null : await assets.PlanModelAsync(live: null, cancellationToken).ConfigureAwait(false);
        await CheckPermissionsAsync(null, writes, cancellationToken).ConfigureAwait(false);
        return Plan(modelId);
    }

    private async Task<DeploymentPlan> PlanAsync(bool waits, CancellationToken cancellationToken)
    {
        var location = await _workspace.GetLocationAsync(cancellationToken).ConfigureAwait(false);
        var read = await ReadEndpointAsync(waits, cancellationToken).ConfigureAwait(false);
        var endpoint = read;
        var deployments = endpoint is null ? [] : await ReadDeploymentsAsync(waits, cancellationToken).ConfigureAwait(false);
        var live = deployments.FirstOrDefault(d => string.Equals(d.Name, _sources.DeploymentName, StringComparison.OrdinalIgnoreCase));

        var assets = new DeploymentAssets(null, null, null, new Dictionary<string, string>());
        if (_sources.Deployment is not null)
        {
            var planner = new AssetPlanner(_workspace, _sources, _input.Package, _settings, _steps, _notes);
            assets = new DeploymentAssets(
                await planner.PlanModelAsync(live, cancellationToken).ConfigureAwait(false),
                await planner.PlanEnvironmentAsync(cancellationToken).ConfigureAwait(false),
                await planner.PlanCodeAsync(cancellationToken).ConfigureAwait(false),
                await planner.PlanDataAsync(live, cancellationToken).ConfigureAwait(false));
        }

        // The service refuses every change of an endpoint whose traffic goes to a deployment that failed: that one comes first then.
        var isStuck = endpoint is not null && deployments.Any(d => IsFailed(d) && endpoint.Traffic.ContainsKey(d.Name));
        PlanEndpoint(endpoint, location, isLate: isStuck && _sources.Deployment is not null);
        if (endpoint is null)
        {
            await Preflight.CheckNameAsync(_workspace, _sources, location, _notes, cancellationToken).ConfigureAwait(false);
        }

        if (_steps.OfType<EndpointStep>().Any())
        {
            await Preflight.CheckComputeAsync(_workspace, _sources, cancellationToken).ConfigureAwait(false);
        }

        if (_sources.Deployment is not null)
        {
            var identity = await ContainerIdentity.FindAsync(_workspace, _sources.Endpoint?.Identity, endpoint, cancellationToken).ConfigureAwait(false);
            endpoint = PlanDeployment(endpoint, live, location, assets, identity);
            if (!_isComparison && _settings.Traffic is null && InterruptedRollout.Of(endpoint)?.Start.Percentages.ContainsKey(_sources.DeploymentName!) == true)
            {
                endpoint = PlanRolloutReturn(endpoint);
            }

            if (_isComparison && _steps.Any(IsNewContent))
            {
                return Plan(assets.ModelId);
            }

            if (_settings.CheckImage && _steps.OfType<VersionStep>().Any(static s => s is { Stage: FlowStage.Environment, Collection: "environments" }))
            {
                await Preflight.CheckImageAsync(_workspace, _sources, _notes, cancellationToken).ConfigureAwait(false);
            }

            await PlanAccessAsync(identity, cancellationToken).ConfigureAwait(false);
            if (_steps.OfType<DeploymentStep>().Any())
            {
                await Preflight.CheckConnectionsAsync(_workspace, _sources, cancellationToken).ConfigureAwait(false);
            }

            if (_steps.OfType<DeploymentStep>().Any(static s => s.Previous is null || s.Differences.Any(static d => d.Path is "instance_type" or "instance_count")))
            {
                await Preflight.CheckAsync(_workspace, _sources, InstancesNow(live), location, cancellationToken).ConfigureAwait(false);
            }

            if (_steps.Count > 0)
            {
                await CheckContractAsync(endpoint, deployments, assets.ModelId, cancellationToken).ConfigureAwait(false);
            }

            var (traffic, mirror) = PlanTraffic(endpoint, deployments, live, isStuck);
            PlanRetirement(endpoint, deployments, traffic, mirror);
        }

        await CheckPermissionsAsync(endpoint, waits, cancellationToken).ConfigureAwait(false);
        var known = await ForeignChanges.RequireNoneAsync(_workspace, _input.Known, _steps, read, deployments, cancellationToken).ConfigureAwait(false);
        return Plan(assets.ModelId) with { Known = known, IsWithoutTraffic = _isWithoutTraffic };
    }

    private DeploymentPlan Plan(string? modelId) => new(_workspace.Address, _sources.EndpointName, _sources.DeploymentName, modelId, _steps, _notes);

    private async Task<EndpointResource?> ReadEndpointAsync(bool waits, CancellationToken cancellationToken)
    {
        var endpoint = await _workspace.GetEndpointAsync(_sources.EndpointName, cancellationToken).ConfigureAwait(false);
        if (endpoint is not { IsChanging: true })
        {
            return endpoint;
        }

        if (!waits)
        {
            _notes.Add($"the endpoint is being changed by another operation ({endpoint.State})");
            return endpoint;
        }

        await SettleAsync(_workspace.Attach(endpoint), cancellationToken).ConfigureAwait(false);
        return await _workspace.GetEndpointAsync(_sources.EndpointName, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<DeploymentResource>> ReadDeploymentsAsync(bool waits, CancellationToken cancellationToken)
    {
        var deployments = await _workspace.GetDeploymentsAsync(_sources.EndpointName, cancellationToken).ConfigureAwait(false);
        if (deployments.FirstOrDefault(static d => d.IsChanging) is not { } changing)
        {
            return deployments;
        }

        if (!waits)
        {
            _notes.Add($"the deployment {changing.Name} is being changed by another operation ({changing.State})");
            return deployments;
        }

        await SettleAsync(_workspace.Attach(_sources.EndpointName, changing), cancellationToken).ConfigureAwait(false);
        return await _workspace.GetDeploymentsAsync(_sources.EndpointName, cancellationToken).ConfigureAwait(false);
    }

    // How the other operation ended is no concern of this plan: what it left behind is compared with the files.
    private async Task SettleAsync(ResourceOperation operation, CancellationToken cancellationToken)
    {
        _workspace.Connection.Log.Progress($"{operation.What}: an operation of another run is in progress, waiting for it");
        try
        {
            await operation.WaitAsync(_settings.Timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.OperationFailed)
        {
            _workspace.Connection.Log.Progress(e.Message);
        }
    }

    private void PlanEndpoint(EndpointResource? existing, string location, bool isLate)
    {
        if (_sources.Endpoint is not { } spec)
        {
            if (existing is null)
            {
                throw FlowDeploymentException.At(
                    ConfigurationRules.EndpointFileMissing, _sources.Item.DeploymentFile, _sources.Deployment!.EndpointName.Span, _sources.EndpointName);
            }

            return;
        }

        var body = _workspace.EndpointBody(spec, location, existing);
        if (existing is null)
        {
            _steps.Add(new EndpointStep(_sources.EndpointName, body, true, $"new, {Word(body.TextAt("properties", "authMode") ?? "Key")}", []));
            return;
        }

        var differences = ResourceDifferences.OfEndpoint(body, existing.Document);
        if (differences.Count > 0 || existing.State is "Failed" or "Canceled")
        {
            _steps.Add(new EndpointStep(
                _sources.EndpointName, body, false, differences.Count > 0 ? "the file differs" : "its last change failed", differences, isLate) { Seen = existing });
        }
    }

    // Returns the endpoint as it is when the deployment changes: an interrupted rollout is taken back before that.
    private EndpointResource? PlanDeployment(
        EndpointResource? endpoint, DeploymentResource? live, string location, DeploymentAssets assets, ContainerIdentity? identity)
    {
        var spec = _sources.Deployment!;
        var variables = DeploymentVariables.Of(_sources, _workspace.Address, _notes);
        DeploymentVariables.FillClientId(variables, _sources, identity, _notes, _workspace.Connection.Log);
        var body = MachineLearningWorkspace.DeploymentBody(spec, variables, location, assets, live);
        if (!spec.IsKubernetes && spec.InstanceCount?.Value is < 3 and var count)
        {
            _notes.Add($"instance_count is {count}; three or more keep the deployment available while instances are replaced");
        }

        if (live is null)
        {
            endpoint = PlanRolloutReturn(endpoint);
            _steps.Add(new DeploymentStep(_sources.DeploymentName!, body, null, null, 0, $"new, {spec.InstanceType?.Value} x {spec.InstanceCount?.Value ?? 1}", []));
            return endpoint;
        }

        var differences = ResourceDifferences.OfDeployment(body, live);
        var failed = IsFailed(live);
        if (differences.Count == 0 && !failed)
        {
            return endpoint;
        }

        endpoint = PlanRolloutReturn(endpoint);
        var traffic = endpoint!.Traffic.GetValueOrDefault(live.Name);
        var reason = failed ? "its last change failed"
            : traffic > 0 ? $"in place, under {traffic} % traffic; not verified before traffic"
            : "in place, without traffic";
        _steps.Add(new DeploymentStep(
            live.Name, body, live, UnverifiedSince(endpoint, live) ?? (failed ? null : MachineLearningWorkspace.Restorable(live)), traffic, reason, differences));
        return endpoint;
    }

    // The version of an interrupted rollout is replaced, or another one is to be rolled out: callers return to the version before it first.
    private EndpointResource? PlanRolloutReturn(EndpointResource? endpoint)
    {
        if (endpoint is null || InterruptedRollout.Of(endpoint) is not { } rollout
            || (rollout.Deployment != _sources.DeploymentName && !rollout.Start.Percentages.ContainsKey(_sources.DeploymentName!) && _settings.Rollout.Count == 0))
        {
            return endpoint;
        }

        var now = new TrafficMap(endpoint.Traffic);
        _steps.Add(new RolloutReturnStep(endpoint.Name, rollout.Start, now, $"the interrupted rollout of {rollout.Deployment} is taken back"));
        return endpoint.WithTraffic(rollout.Start.Percentages);
    }

    // What ran before a change that an earlier run left unverified; null when there is no such change.
    private System.Text.Json.Nodes.JsonObject? UnverifiedSince(EndpointResource endpoint, DeploymentResource live) =>
        endpoint.Tags.ContainsKey(RollbackTags.Unverified(live.Name))
        && RollbackTags.DeploymentOf(endpoint, live.Name) is { } before && !before.HasAssetsOf(RememberedDeployment.Of(live))
            ? _workspace.WithAssets(live, before.Model, before.Environment)
            : null;

    // Roles are looked at when something is sent, and always when they are to be given: that is how they are given later.
    private async Task PlanAccessAsync(ContainerIdentity? identity, CancellationToken cancellationToken)
    {
        if (identity is null || (!_settings.GrantAccess && !_steps.Any(static s => s is EndpointStep or DeploymentStep)))
        {
            return;
        }

        var needs = await EndpointAccess.NeedsAsync(_workspace, _sources, identity, _notes, cancellationToken).ConfigureAwait(false);
        if (needs.Count == 0)
        {
            return;
        }

        if (identity is { UserAssigned: not null, Principal: null })
        {
            _notes.Add(EndpointAccess.Unread(needs, $"the identity '{identity.Name}' is not there, or must not be seen"));
            return;
        }

        var missing = needs;
        try
        {
            missing = identity.Principal is null ? needs : await EndpointAccess.MissingAsync(_workspace, identity.Principal, needs, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            _notes.Add(EndpointAccess.Unread(needs, e.Message.Split(':')[0]));
            missing = _settings.GrantAccess ? needs : [];
        }

        var made = _steps.FindIndex(static s => s is EndpointStep);
        if (_settings.GrantAccess)
        {
            var after = _steps.FindIndex(static s => s.Stage > FlowStage.Endpoint);
            _steps.InsertRange(after < 0 ? _steps.Count : after, missing.Select(need => new GrantStep(_sources.EndpointName, need, identity.Principal)));
        }
        else if (identity.Principal is { } principal)
        {
            EndpointAccess.Warn(_workspace.Connection.Log, _sources.EndpointName, principal, missing);
        }
        else if (made >= 0)
        {
            _steps[made] = (EndpointStep)_steps[made] with { Needs = missing };
            _notes.AddRange(missing.Select(static need => $"the endpoint's new identity needs the role '{need.Role.Name}' at '{need.ScopeName}'; FlowGrantAccess=true gives it"));
        }
    }

    private void PlanRetirement(EndpointResource? endpoint, IReadOnlyList<DeploymentResource> deployments, TrafficMap traffic, TrafficMap mirror)
    {
        // Where nothing has traffic, having none says nothing.
        if (!_settings.Retire || endpoint is null || traffic.Percentages.Count == 0)
        {
            return;
        }

        foreach (var name in deployments.Select(static d => d.Name.ToLowerInvariant()).Order(StringComparer.Ordinal))
        {
            if (name != _sources.DeploymentName && !traffic.Percentages.ContainsKey(name) && !mirror.Percentages.ContainsKey(name)
                && !_input.Siblings.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                _steps.Add(new RetireStep(_sources.EndpointName, name));
            }
        }

        if (_steps.Exists(static s => s is RetireStep))
        {
            _notes.Add("RollbackFlow cannot go back to a deployment that is deleted");
        }
    }

    // A plan may be made by somebody who may only read; it is carried out by somebody who may write.
    private async Task CheckPermissionsAsync(EndpointResource? endpoint, bool writes, CancellationToken cancellationToken)
    {
        if (_steps.Count == 0)
        {
            return;
        }

        var authMode = _steps.OfType<EndpointStep>().FirstOrDefault()?.Body.TextAt("properties", "authMode") ?? endpoint?.AuthMode ?? "Key";
        var missing = await DeployerPermissions.MissingAsync(_workspace, _steps, authMode, cancellationToken).ConfigureAwait(false);
        if (missing.Count > 0 && writes)
        {
            throw FlowDeploymentException.Of(WorkspaceRules.PermissionMissing, _workspace.Address.Name, string.Join(", ", missing), _workspace.Address.ArmId);
        }

        _notes.AddRange(missing.Select(static action => $"the signed-in identity may not carry this out: it lacks {action}"));
    }

    // Those of the same size, which the quota counts already.
    private int InstancesNow(DeploymentResource? live) => live is not null
        && string.Equals(live.Property("instanceType"), _sources.Deployment!.InstanceType?.Value, StringComparison.OrdinalIgnoreCase)
            ? live.InstanceCount
            : 0;

    // Callers know the contract of what carries traffic now.
    private async Task CheckContractAsync(
        EndpointResource? endpoint, IReadOnlyList<DeploymentResource> deployments, string? modelId, CancellationToken cancellationToken)
    {
        if (_settings.AllowBreakingChange || !_sources.IsFlowServed || _sources.Contract is not { } contract)
        {
            return;
        }

        foreach (var live in deployments.Where(d => endpoint?.Traffic.ContainsKey(d.Name) == true))
        {
            var fields = (live.Properties["environmentVariables"] as System.Text.Json.Nodes.JsonObject)?["PROMPTFLOW_RESPONSE_INCLUDED_FIELDS"]?.ToString();
            if (AssetNames.Parts(live.ModelId) is not { } model || (live.ModelId == modelId && fields is null && _sources.Deployment!.ResponseFields is null))
            {
                continue;
            }

            var version = await _workspace.GetModelVersionAsync(model.Name, model.Version, cancellationToken).ConfigureAwait(false);
            var breaks = version?.ModelProperties.TryGetValue(ModelProperties.Contract, out var before) == true
                ? ContractComparison.Breaks(before, fields, contract)
                : await CompareSwaggerAsync(endpoint!, live, contract, cancellationToken).ConfigureAwait(false);
            if (breaks.Count > 0)
            {
                throw FlowDeploymentException.At(
                    WorkspaceRules.BreakingContract, _sources.Item.FlowFile, null, $"{_sources.EndpointName}/{live.Name}", string.Join(", ", breaks));
            }
        }
    }

    // The model was registered by another tool, which kept no contract with it.
    private async Task<List<string>> CompareSwaggerAsync(
        EndpointResource endpoint, DeploymentResource live, Definitions.Flows.FlowContract contract, CancellationToken cancellationToken)
    {
        using var client = await ScoringClient.OpenAsync(_workspace, endpoint, cancellationToken).ConfigureAwait(false);
        if (await client.GetSwaggerAsync(live.Name, cancellationToken).ConfigureAwait(false) is not { } swagger)
        {
            _notes.Add($"the contract of {live.Name} is unknown, since its model was registered by another tool; callers may break");
            return [];
        }

        _notes.Add($"the contract of {live.Name} is read from its swagger, which does not tell optional inputs: optionality unknown");
        return ContractComparison.BreaksSwagger(swagger, contract);
    }

    private static bool IsNewContent(PlanStep step) => step is VersionStep or DeploymentStep or UploadStep;

    private static bool IsFailed(DeploymentResource deployment) => deployment.State is "Failed" or "Canceled";

    private (TrafficMap Traffic, TrafficMap Mirror) PlanTraffic(EndpointResource? endpoint, IReadOnlyList<DeploymentResource> deployments, DeploymentResource? live, bool isStuck)
    {
        var name = _sources.DeploymentName!;
        string[] names = [name, .. deployments.Select(static d => d.Name)];
        _settings.Traffic?.RequireDeployments("FlowTraffic", _sources.EndpointName, names);
        _settings.MirrorTraffic?.RequireDeployments("FlowMirrorTraffic", _sources.EndpointName, names);
        var seen = new TrafficMap(endpoint?.Traffic ?? new Dictionary<string, int>());

        // Traffic of a deployment that is gone reaches nobody.
        var now = seen.Percentages.Keys.Where(name => !deployments.Any(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase)))
            .Aggregate(seen, static (rest, gone) => rest.Without(gone));
        var rollout = _steps.OfType<RolloutReturnStep>().Any() ? null : InterruptedRollout.Of(endpoint);
        var wanted = DesiredTraffic(now, endpoint, deployments, rollout);
        _isWithoutTraffic = (wanted ?? now).Percentages.Count == 0 && endpoint is not null && !_settings.NoWait;
        var mirrorNow = new TrafficMap(endpoint?.MirrorTraffic ?? new Dictionary<string, int>());
        var mirror = WantedMirror(mirrorNow, wanted ?? now, endpoint, names);

        var movesTraffic = wanted is not null && !wanted.Equals(seen);
        var movesMirror = !mirror.Equals(mirrorNow);
        var mark = RollbackTags.Unverified(name);
        var isMarked = endpoint?.Tags.ContainsKey(mark) == true;
        var changes = _steps.OfType<DeploymentStep>().Any();
        if (live is null || movesTraffic || changes || isMarked)
        {
            PlanVerification(name, now.Percentages.ContainsKey(name));
        }

        // Where no traffic moves afterwards, nothing else would tell a run after a crash that the change is not verified, or a
        // rollback what was there: it is written before the change. What an unverified change replaced is still what counts.
        var inPlace = live is not null && changes ? live : null;
        var isRemembered = changes && !isStuck && (!movesTraffic || now.Percentages.ContainsKey(name));
        var verification = _steps.FindIndex(static s => s is VerificationStep);
        if (verification >= 0 && (isRemembered || isMarked))
        {
            _steps[verification] = (VerificationStep)_steps[verification] with
            {
                MarkTag = mark, Previous = !changes && live is not null ? UnverifiedSince(endpoint!, live) : null,
            };
        }

        if (isRemembered)
        {
            var tags = inPlace is null ? [] : RollbackTags.Before(now, isMarked ? [] : [inPlace]);
            NoteRollbackUnavailable(tags);
            if (verification >= 0)
            {
                tags[mark] = AssetNames.Short(live?.ModelId ?? "") is { Length: > 0 and <= 200 } model ? $"was {model}" : "new";
            }

            if (tags.Count > 0)
            {
                _steps.Insert(
                    _steps.FindIndex(static s => s is DeploymentStep),
                    new RememberStep(
                        _sources.EndpointName, tags, tags.Keys.ToDictionary(static key => key, key => endpoint?.Tags.GetValueOrDefault(key)),
                        inPlace is null ? $"{name} is marked until it is verified" : $"what {name} runs now is remembered for a rollback"));
            }
        }

        var last = (wanted ?? now, mirror);
        var way = movesTraffic ? Rollout(now, wanted!) : [];
        if (_settings.Rollout.Count > 0 && (movesTraffic ? now.Percentages.Count == 0 : changes))
        {
            _notes.Add(
                movesTraffic ? $"no version has traffic to move step by step (FlowRollout): it is {wanted} at once"
                : now.Percentages.ContainsKey(name)
                    ? $"{name} changes in place and serves its traffic with the change at once; FlowRollout moves traffic from one deployment to another, as with FlowSlots"
                    : $"no traffic moves to {name}; FlowRollout goes with FlowSlots, or with FlowAllTraffic=true");
        }

        if (!movesTraffic && !movesMirror)
        {
            return last;
        }

        List<PlanChange> moves = [];
        if (movesTraffic)
        {
            moves.Add(new PlanChange("traffic", now.ToString(), way.Count > 0 ? string.Join(", then ", way) : wanted!.ToString()));
        }

        if (movesMirror)
        {
            moves.Add(new PlanChange("mirror_traffic", mirrorNow.ToString(), mirror.ToString()));
        }

        // What the deployment ran before its change in place is remembered already.
        // From within a rollout, a rollback leads to where the rollout began.
        var goesBackTo = movesTraffic && rollout is not null && !rollout.Start.Equals(wanted) ? rollout.Start : now;
        var remembered = movesTraffic ? RollbackTags.BeforeMove(goesBackTo, deployments.Where(d => d != live || !(isRemembered || isMarked))) : [];
        NoteRollbackUnavailable(remembered);
        _steps.Add(new TrafficStep(_sources.EndpointName, movesTraffic ? wanted : null, movesMirror ? mirror : null, remembered, Reason(now), moves)
        {
            Rollout = way, Seen = seen, GoesBackTo = goesBackTo,
        });
        return last;

        string Reason(TrafficMap before) => _settings.Slots.Count > 0 && before.Percentages.Count > 0 ? "the new slot takes over" : _settings.Traffic is not null || _settings.AllTraffic || _settings.MirrorTraffic is not null ? "as the properties say"
            : _sources.Endpoint is { Traffic.Count: > 0 } or { MirrorTraffic.Count: > 0 } ? "as the endpoint file says"
            : before.Percentages.Count == 0 ? "the endpoint's only deployment" : "";
    }

    private void NoteRollbackUnavailable(Dictionary<string, string?> tags)
    {
        const string Note = "RollbackFlow will not be available: what it needs to know is longer than the 256 characters of a tag";
        if (RollbackTags.IsIncomplete(tags) && !_notes.Contains(Note))
        {
            _notes.Add(Note);
        }
    }

    private TrafficMap WantedMirror(TrafficMap now, TrafficMap live, EndpointResource? endpoint, IReadOnlyList<string> names)
    {
        if (_settings.MirrorTraffic is { } named)
        {
            named.RequireMirror("FlowMirrorTraffic", live, endpoint?.IsKubernetes ?? _sources.Deployment!.IsKubernetes);
            return named;
        }

        if (_sources.Endpoint is not { MirrorTraffic.Count: > 0 } file)
        {
            return now.Beside(live);
        }

        var wanted = new TrafficMap(file.MirrorTraffic.Select(static t => KeyValuePair.Create(t.Key, t.Value.Value)));
        if (wanted.Percentages.Keys.All(k => names.Contains(k, StringComparer.OrdinalIgnoreCase)) && wanted.Beside(live).Equals(wanted))
        {
            return wanted;
        }

        _notes.Add($"the mirrored traffic of the endpoint file ({wanted}) names a deployment that does not exist yet or has live traffic, and is left out");
        return now.Beside(live);
    }

    private TrafficMap? DesiredTraffic(
        TrafficMap now, EndpointResource? endpoint, IReadOnlyList<DeploymentResource> deployments, InterruptedRollout? rollout)
    {
        var name = _sources.DeploymentName!;
        var requestedTraffic = _settings.RequestedTraffic(name);
        if (rollout?.Deployment == name && requestedTraffic?.Equals(TrafficMap.All(name)) != false)
        {
            _notes.Add($"the interrupted rollout of {name} is finished; it began at {rollout.Start}");
            return TrafficMap.All(name);
        }

        if (requestedTraffic is { } requested)
        {
            return _settings.Traffic is not null || _input.Siblings.Count == 0 ? requested : throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowAllTraffic", "true",
                $"several flows of the project are deployed to the endpoint '{_sources.EndpointName}'; write FlowTraffic=\"{name}=100\", or the percentages of each");
        }

        var others = deployments.Where(d => !string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase)).Select(static d => d.Name.ToLowerInvariant()).ToList();
        if (_sources.Endpoint is { Traffic.Count: > 0 } described)
        {
            var file = new TrafficMap(described.Traffic.Select(static t => KeyValuePair.Create(t.Key, t.Value.Value)));
            if (file.Percentages.Keys.All(k => k == name || others.Contains(k)))
            {
                return file;
            }

            _notes.Add($"the traffic of the endpoint file ({file}) names deployments that do not exist yet and is left out");
        }

        if (now.Percentages.Count > 0)
        {
            return now;
        }

        // Nobody serves callers. Where this deployment is the only good one it does; of several good ones the user chooses.
        var isOnlyGood = deployments.All(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase)
            || d.State != "Succeeded" || endpoint?.Tags.ContainsKey(RollbackTags.Unverified(d.Name)) == true);
        return isOnlyGood ? TrafficMap.All(name) : null;
    }

    // From all traffic on one deployment to all on another, by the percentages asked for.
    private IReadOnlyList<TrafficMap> Rollout(TrafficMap now, TrafficMap wanted)
    {
        if (_settings.Rollout.Count == 0 || now.Percentages.Count == 0 || wanted.Percentages.Count == 0)
        {
            return [];
        }

        // An interrupted rollout continues where it stopped.
        var next = wanted.Percentages.Keys.First();
        var others = now.Percentages.Keys.Where(k => k != next).ToList();
        if (others is not [var old] || wanted.Percentages.Count != 1)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowRollout", string.Join(' ', _settings.Rollout),
                $"it leads from one deployment to another, and the traffic is {now} now and {wanted} then");
        }

        var reached = now.Percentages.GetValueOrDefault(next);
        return [.. _settings.Rollout.Append(100).Distinct().Order().Where(p => p > reached).Select(p => new TrafficMap([KeyValuePair.Create(next, p), KeyValuePair.Create(old, 100 - p)]))];
    }

    private void PlanVerification(string name, bool hasTraffic)
    {
        if (VerificationRequest.Find(_sources, _settings.VerifyRequestFile, _workspace.Address.IsLocal) is { } request)
        {
            _steps.Add(new VerificationStep(name, request.Body, request.Source, hasTraffic));
        }
        else
        {
            _notes.Add("the deployment is not verified: there is no request at hand; name one with FlowVerifyRequest, or put samples.json into the flow's folder");
        }
    }

    private static string Word(string authMode) => authMode switch { "AMLToken" => "aml_token", "AADToken" => "aad_token", _ => "key" };
}
