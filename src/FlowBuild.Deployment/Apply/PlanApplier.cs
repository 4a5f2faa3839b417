using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Apply;

/// <summary>
/// Carries out a plan, stage by stage. Every step can be done again: a run that is cut leaves something that the next plan sees.
/// Traffic moves last, and only to a deployment that answered.
/// </summary>
internal sealed partial class PlanApplier(MachineLearningWorkspace workspace, DeploymentPlan plan, DeploySettings settings, IFlowLog log)
{
    private const int LogLines = 50;
    private const int TellingLines = 3;
    private const int LongestLine = 300;

    private static readonly int[] TransientStatusCodes = [404, 408, 424, 429, 500, 502, 503, 504];

    private EndpointResource? _endpoint;
    private RememberedDeployment? _appliedSnapshot;
    private TrafficMap? _writtenTraffic;
    private bool _detached;

    /// <summary>The states of the endpoint that are this run's own, for a plan that is made again.</summary>
    public KnownStates? Known { get; private set; } = plan.Known;

    /// <summary>Whether a step has changed the workspace.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether the deployment was started and is not waited for.</summary>
    public bool IsDetached => _detached;

    /// <summary>Files sent so far.</summary>
    public int FilesSent { get; private set; }

    /// <summary>The answer to the test request, or null.</summary>
    public ScoringAnswer? Answer { get; private set; }

    /// <summary>Does the steps of a stage.</summary>
    /// <exception cref="FlowDeploymentException">A step failed; the steps after it are not done.</exception>
    public async Task ApplyAsync(FlowStage stage, CancellationToken cancellationToken)
    {
        foreach (var step in plan.Steps.Where(s => s.Stage == stage))
        {
            if (_detached)
            {
                log.Progress($"{step.Kind} {step.Subject}: skipped (FlowNoWait); run DeployFlow again to continue");
                continue;
            }

            switch (step)
            {
                case UploadStep upload:
                    await UploadAsync(upload, cancellationToken).ConfigureAwait(false);
                    break;
                case VersionStep version:
                    await RegisterAsync(version, cancellationToken).ConfigureAwait(false);
                    break;
                case EndpointStep endpoint:
                    var operation = await workspace.PutEndpointAsync(endpoint.Name, () => BodyAsync(endpoint, cancellationToken), cancellationToken).ConfigureAwait(false);
                    IsChanged = true;
                    _endpoint = new EndpointResource(await operation.WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false));
                    await WarnOfRolesAsync(_endpoint, endpoint.Needs, cancellationToken).ConfigureAwait(false);
                    break;
                case GrantStep grant:
                    await GrantAsync(grant, cancellationToken).ConfigureAwait(false);
                    break;
                case RetireStep retire:
                    await RetireAsync(retire, cancellationToken).ConfigureAwait(false);
                    break;
                case RememberStep remember:
                    // Looks whether the deployment could be sent; what is remembered would be wrong otherwise.
                    await BodyAsync(plan.Steps.OfType<DeploymentStep>().Single(), cancellationToken).ConfigureAwait(false);
                    await SetTrafficAsync(null, null, remember.Tags, cancellationToken, tagsNow: remember.TagsNow).ConfigureAwait(false);
                    break;
                case DeploymentStep deployment:
                    await DeployAsync(deployment, cancellationToken).ConfigureAwait(false);
                    break;
                case VerificationStep verification:
                    await VerifyAsync(verification, pinned: true, GoBackFromRollout(cancellationToken), cancellationToken).ConfigureAwait(false);
                    if (verification.MarkTag is { } mark)
                    {
                        await SetTrafficAsync(null, null, new Dictionary<string, string?> { [mark] = null }, cancellationToken).ConfigureAwait(false);
                    }

                    // A run that fails while the mark stands takes the change back, so only now it is known to be there.
                    await EnsureHealthyAndUnchangedAsync(verification.Name, cancellationToken).ConfigureAwait(false);
                    break;
                case RolloutReturnStep rollout:
                    await SetTrafficAsync(
                        rollout.Traffic, null, new Dictionary<string, string?> { [InterruptedRollout.Tag] = null }, cancellationToken, rollout.Seen).ConfigureAwait(false);
                    break;
                case TrafficStep traffic:
                    await MoveTrafficAsync(traffic, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw new InvalidOperationException($"A step of the kind {step.Kind} is not known.");
            }
        }
    }

    private async Task UploadAsync(UploadStep step, CancellationToken cancellationToken)
    {
        var store = await ArtifactStore.OpenAsync(workspace, step.Package.Datastore, cancellationToken).ConfigureAwait(false);
        var result = await store.UploadAsync(step.Package, step.Asset, step.Version, cancellationToken).ConfigureAwait(false);
        FilesSent += result.Sent;
        IsChanged |= result.Sent > 0;
        log.Progress(result.Sent == 0
            ? $"upload: nothing to send, {Sizes.Files(result.Present)} there already"
            : $"upload: {Sizes.Files(result.Sent)} sent ({Sizes.Text(result.SentBytes)}), {result.Present} {(result.Present == 1 ? "was" : "were")} there");
    }

    private async Task RegisterAsync(VersionStep step, CancellationToken cancellationToken)
    {
        try
        {
            await workspace.PutVersionAsync(step.Collection, step.Name, step.Version, Copy(step.Body), cancellationToken).ConfigureAwait(false);
        }
        catch (FlowDeploymentException e) when (step.IsNew && e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            // The service refuses to change what a version holds, in several words; that the version is there now says it surely.
            throw await workspace.GetVersionAsync(step.Collection, step.Name, step.Version, cancellationToken).ConfigureAwait(false) is null ? e
                : new StalePlanException($"{step.Kind} {step.Subject} was registered by another run in the meantime", e);
        }

        IsChanged = true;
        log.Progress($"{step.Kind} {step.Subject}: {(step.IsNew ? "registered" : "updated")}");
    }

    // A body is written over what the plan saw. Whatever another run has changed since would be taken back by it, and a change that was
    // planned for a deployment without callers would hit one that has them now.
    private async Task<JsonObject> BodyAsync(EndpointStep step, CancellationToken cancellationToken)
    {
        var now = await workspace.GetEndpointAsync(plan.Endpoint, cancellationToken).ConfigureAwait(false);
        return PreconditionHolds(step.Seen, now, () => ResourceDifferences.OfEndpoint(step.Body, now!.Document)) ? Copy(step.Body) : throw StalePlan($"endpoint {plan.Endpoint}");
    }

    private async Task<JsonObject> BodyAsync(DeploymentStep step, CancellationToken cancellationToken)
    {
        var traffic = (await workspace.GetEndpointAsync(plan.Endpoint, cancellationToken).ConfigureAwait(false))?.Traffic.GetValueOrDefault(step.Name) ?? 0;
        var now = await workspace.GetDeploymentAsync(plan.Endpoint, step.Name, cancellationToken).ConfigureAwait(false);
        return traffic == step.TrafficNow && PreconditionHolds(step.Seen, now, () => ResourceDifferences.OfDeployment(step.Body, now!))
            ? Copy(step.Body)
            : throw StalePlan($"deployment {plan.Endpoint}/{step.Name}");
    }

    // What the plan saw, or what is left of this very change when the service gave it up; in the map of properties the service notes
    // its operations down.
    private static bool PreconditionHolds(WorkspaceResource? seen, WorkspaceResource? now, Func<List<PlanChange>> differences) =>
        now is not { IsChanging: true } && (MachineLearningWorkspace.IsSame(seen, now)
            || (now is { State: "Failed" or "Canceled" } && differences().TrueForAll(static d => d.Path.StartsWith("properties.", StringComparison.Ordinal))));

    private StalePlanException StalePlan(string what) => new(
        $"{what} has changed in the meantime",
        FlowDeploymentException.Of(WorkspaceRules.EndpointBusy, plan.Endpoint, $"{what} changes again and again"));

    // Azure may have given the new identity its roles by itself.
    private async Task WarnOfRolesAsync(EndpointResource endpoint, IReadOnlyList<RoleNeed> needs, CancellationToken cancellationToken)
    {
        if (needs.Count == 0 || endpoint.PrincipalId is not { } principal)
        {
            return;
        }

        try
        {
            EndpointAccess.Warn(log, endpoint.Name, principal, await EndpointAccess.MissingAsync(workspace, principal, needs, cancellationToken).ConfigureAwait(false));
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            log.Result(EndpointAccess.Unread(needs, e.Message.Split(':')[0]));
        }
    }

    private async Task GrantAsync(GrantStep step, CancellationToken cancellationToken)
    {
        if ((step.Principal ?? (await EndpointAsync(cancellationToken).ConfigureAwait(false)).PrincipalId) is not { } principal)
        {
            log.Result($"role {step.Subject}: not given, since {plan.Endpoint} has no identity of its own");
            return;
        }

        await workspace.GiveRoleAsync(principal, step.Need, cancellationToken).ConfigureAwait(false);
        IsChanged = true;
        log.Progress($"role {step.Subject}: given to the identity of {plan.Endpoint}; it can take some minutes until it holds");
    }

    // Traffic that somebody gave it in the meantime keeps a deployment. What a rollback is told goes first: it must not lead to
    // a deployment that is gone.
    private async Task RetireAsync(RetireStep step, CancellationToken cancellationToken)
    {
        var now = await workspace.GetEndpointAsync(plan.Endpoint, cancellationToken).ConfigureAwait(false);
        if (now is null || now.Traffic.ContainsKey(step.Name) || now.MirrorTraffic.ContainsKey(step.Name))
        {
            log.Result($"{plan.Endpoint}/{step.Name}: kept, since it has traffic now");
            return;
        }

        var tags = RollbackTags.Naming(step.Name, now.Tags).ToDictionary(static tag => tag, static _ => (string?)null);
        if (tags.Count > 0)
        {
            await SetTrafficAsync(null, null, tags, cancellationToken).ConfigureAwait(false);
        }

        var operation = await workspace.DeleteDeploymentAsync(plan.Endpoint, step.Name, cancellationToken).ConfigureAwait(false);
        await operation.WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false);
        IsChanged = true;
        log.Result($"{plan.Endpoint}/{step.Name}: deleted, since it had no traffic");
    }

    private async Task DeployAsync(DeploymentStep step, CancellationToken cancellationToken)
    {
        try
        {
            var operation = await workspace.PutDeploymentAsync(plan.Endpoint, step.Name, () => BodyAsync(step, cancellationToken), cancellationToken).ConfigureAwait(false);
            IsChanged = true;
            if (settings.NoWait)
            {
                _detached = true;
                log.Result($"{operation.What}: started and not waited for; run DeployFlow again to wait for it, verify it and move traffic");
                return;
            }

            // Another run may have changed it between the end of the operation and the look at what it made.
            var made = new DeploymentResource(await operation.WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false));
            _appliedSnapshot = ResourceDifferences.HasAssetsOf(step.Body, made) ? RememberedDeployment.Of(made) : throw StalePlan($"deployment {plan.Endpoint}/{step.Name}");
            Known = Known?.With(step.Name, _appliedSnapshot);
        }
        catch (Exception e) when (IsNotApplied(e))
        {
            await RemoveTagsAsync(step, cancellationToken).ConfigureAwait(false);
            throw;
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.OperationFailed)
        {
            throw await WithAftermathAsync(e, step.Previous, $"{Unmoved} and is replaced by the next run.", cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsNotApplied(Exception e) => e is StalePlanException
        || (e is FlowDeploymentException { Diagnostic.Rule: var rule } && (rule == WorkspaceRules.RequestFailed || rule == WorkspaceRules.EndpointBusy));

    // What was noted for a change that was not made. Where the deployment is another one by now, the notes are that change's.
    private async Task RemoveTagsAsync(DeploymentStep step, CancellationToken cancellationToken)
    {
        if (plan.Steps.OfType<RememberStep>().FirstOrDefault() is not { } remember
            || !MachineLearningWorkspace.IsSame(step.Seen, await workspace.GetDeploymentAsync(plan.Endpoint, step.Name, cancellationToken).ConfigureAwait(false)))
        {
            return;
        }

        await RestoreTagsAsync(remember, cancellationToken).ConfigureAwait(false);
    }

    // Only where they are still this run's own.
    private async Task RestoreTagsAsync(RememberStep remember, CancellationToken cancellationToken)
    {
        var tags = (await EndpointAsync(cancellationToken, fresh: true).ConfigureAwait(false)).Tags;
        var own = remember.Tags.Where(tag => tags.GetValueOrDefault(tag.Key) == tag.Value).ToDictionary(static tag => tag.Key, tag => remember.TagsNow[tag.Key]);
        if (own.Any(tag => tags.GetValueOrDefault(tag.Key) != tag.Value))
        {
            await SetTrafficAsync(null, null, own, cancellationToken).ConfigureAwait(false);
        }
    }

    // Whatever keeps the deployment from answering, no answer included, undoes what was done: first the traffic, where it moved,
    // then a deployment that was changed in place.
    private async Task VerifyAsync(VerificationStep step, bool pinned, Func<Task<string>>? goBack, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(step, pinned, goBack is not null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = e as FlowDeploymentException ?? NotVerified(step, e.Message, goBack is not null, e);
            string[] lines = goBack is null ? [] : [await goBack().ConfigureAwait(false)];
            if (failure.Diagnostic.Rule == LocalWorkspaceRules.WentAway || failure.Diagnostic.Rule == WorkspaceRules.Unreachable)
            {
                throw new FlowDeploymentException(failure.Diagnostic, lines, e);
            }

            var previous = goBack is not null && !step.HasTraffic ? null
                : plan.Steps.OfType<DeploymentStep>().FirstOrDefault() is { } deployment ? deployment.Previous : step.Previous;
            failure = await WithAftermathAsync(
                failure, previous, goBack is null ? $"{Unmoved} and is asked again by the next run." : null, cancellationToken).ConfigureAwait(false);
            throw new FlowDeploymentException(failure.Diagnostic, [.. failure.Details, .. lines], e);
        }
    }

    private async Task AskAsync(VerificationStep step, bool pinned, bool isMoved, CancellationToken cancellationToken)
    {
        using var client = await ScoringClient.OpenAsync(workspace, await EndpointAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var limit = workspace.Connection.Patience.Verification;
        var clock = Stopwatch.StartNew();
        for (var pause = workspace.Connection.Patience.VerificationDelay; ; pause *= 2)
        {
            var sent = clock.Elapsed;
            ScoringAnswer answer;
            try
            {
                answer = await client.SendAsync(step.Request, pinned ? step.Name : null, cancellationToken).ConfigureAwait(false);
            }
            catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.InvocationFailed)
            {
                if (clock.Elapsed + pause < limit)
                {
                    log.Progress($"{step.Name}: {e.Message}, trying again");
                    await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                // A local workspace that is gone as a whole says so here; the deployment is not to blame.
                await workspace.GetEndpointAsync(plan.Endpoint, cancellationToken).ConfigureAwait(false);
                throw NotVerified(step, $"no answer ({e.InnerException?.Message ?? e.Message})", isMoved, e);
            }

            if (answer.Status is >= 200 and < 300)
            {
                Answer = answer;
                var made = answer.Origin is { } origin ? $" ({origin})" : "";
                log.Result($"{(pinned ? $"{plan.Endpoint}/{step.Name} answers" : $"{plan.Endpoint} answers")} in {ResourceOperation.Elapsed(clock.Elapsed - sent)}{made}: {answer.Excerpt}");
                return;
            }

            // 404, 424 and 5xx can be transient while the container starts; a container's 400 is final.
            if (TransientStatusCodes.Contains(answer.Status) && answer.ModelStatus != "400" && clock.Elapsed + pause < limit)
            {
                log.Progress($"{step.Name}: {answer.StatusText}, trying again");
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
                continue;
            }

            throw NotVerified(step, $"{answer.StatusText}, {answer.Excerpt}", isMoved, null);
        }
    }

    private static FlowDeploymentException NotVerified(VerificationStep step, string problem, bool isMoved, Exception? inner) => new(
        FlowDiagnostic.At(WorkspaceRules.VerificationFailed, null, null, step.Name, problem, isMoved ? "the traffic goes back" : "the traffic is unchanged"), null, inner);

    private async Task MoveTrafficAsync(TrafficStep step, CancellationToken cancellationToken)
    {
        if (plan.Deployment is { } name && step.Traffic?.Percentages.ContainsKey(name) == true)
        {
            await EnsureHealthyAndUnchangedAsync(name, cancellationToken).ConfigureAwait(false);
        }

        // Another run, or another flow of this one, may have given the traffic to its own deployment since.
        var before = await EndpointAsync(cancellationToken, fresh: true).ConfigureAwait(false);
        if (step.Seen?.Equals(new TrafficMap(before.Traffic)) == false)
        {
            throw StalePlan($"the traffic of {plan.Endpoint}");
        }

        var verification = step.Traffic is null ? null : plan.Steps.OfType<VerificationStep>().FirstOrDefault();
        var seen = step.Seen;
        foreach (var traffic in step.Rollout.Count > 0 ? step.Rollout : (IReadOnlyList<TrafficMap?>)[step.Traffic])
        {
            // The endpoint shows that a rollout is under way until its last step.
            var tags = traffic is null ? step.Tags
                : new Dictionary<string, string?>(step.Tags) { [InterruptedRollout.Tag] = traffic.Equals(step.Traffic) ? null : plan.Deployment };
            await SetTrafficAsync(traffic, step.Mirror, tags, cancellationToken, seen).ConfigureAwait(false);
            seen = seen is null ? null : traffic ?? seen;
            if (verification is not null)
            {
                await VerifyAsync(verification, pinned: false, GoBackAsync, cancellationToken).ConfigureAwait(false);
            }

            if (traffic is not null && !traffic.Equals(step.Traffic))
            {
                await ObserveAsync(traffic, verification, GoBackAsync, cancellationToken).ConfigureAwait(false);
            }
        }

        Task<string> GoBackAsync() => SetBackAsync(before, step, cancellationToken);
    }

    // A run that goes on with a rollout of an earlier one goes back as that one would have: the deployment has callers already.
    private Func<Task<string>>? GoBackFromRollout(CancellationToken cancellationToken) =>
        plan.Steps.OfType<TrafficStep>().FirstOrDefault() is { Seen: { } seen, GoesBackTo: { } start } step && !start.Equals(seen)
            ? async () => await SetBackAsync(await EndpointAsync(cancellationToken).ConfigureAwait(false), step, cancellationToken).ConfigureAwait(false)
            : null;

    // What answers, and what then gets traffic, is what this run has made, and not what another run has made of it since.
    private async Task EnsureHealthyAndUnchangedAsync(string name, CancellationToken cancellationToken)
    {
        var now = await workspace.GetDeploymentAsync(plan.Endpoint, name, cancellationToken).ConfigureAwait(false);
        if (now is null or { IsChanging: true } or { State: "Failed" or "Canceled" } || !IsMade(now))
        {
            throw StalePlan($"deployment {plan.Endpoint}/{name}");
        }
    }

    // How the service shows the settings of what this run makes is known only when it is made; a run that makes none takes any.
    private bool IsMade(DeploymentResource now) => _appliedSnapshot?.Matches(RememberedDeployment.Of(now)) ?? IsWanted(now);

    private bool IsWanted(DeploymentResource now) =>
        plan.Steps.OfType<DeploymentStep>().FirstOrDefault() is not { } step || ResourceDifferences.HasAssetsOf(step.Body, now);

    // Traffic, mirror and what a rollback is told are as they were before the move.
    private async Task<string> SetBackAsync(EndpointResource before, TrafficStep step, CancellationToken cancellationToken)
    {
        var traffic = step.GoesBackTo ?? new TrafficMap(before.Traffic);
        try
        {
            await SetTrafficAsync(
                traffic, step.Mirror is null ? null : new TrafficMap(before.MirrorTraffic),
                step.Tags.Keys.Where(static key => key != InterruptedRollout.Tag).ToDictionary(static key => key, key => before.Tags.GetValueOrDefault(key))
                    .Append(KeyValuePair.Create(InterruptedRollout.Tag, (string?)null)).ToDictionary(),
                cancellationToken, seen: _writtenTraffic ?? step.Seen).ConfigureAwait(false);
            return $"The traffic of {plan.Endpoint} is back at {traffic}.";
        }
        catch (StalePlanException)
        {
            return $"The traffic of {plan.Endpoint} was changed by another run in the meantime and is left as it is.";
        }
        catch (FlowDeploymentException e)
        {
            return $"The traffic of {plan.Endpoint} could not be set back to {traffic}: {e.Message}";
        }
    }

    // A step of a rollout stands for a while; at its end the new deployment must still answer.
    private async Task ObserveAsync(TrafficMap traffic, VerificationStep? verification, Func<Task<string>> goBack, CancellationToken cancellationToken)
    {
        log.Progress($"rollout: {traffic}, observed for {ResourceOperation.Elapsed(settings.RolloutInterval)}");
        try
        {
            await Task.Delay(settings.RolloutInterval, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            log.Report(FlowDiagnostic.At(
                WorkspaceRules.Stopped, null, null,
                $"the rollout of {plan.Endpoint} stands at {traffic}; run the same command again to finish it, or RollbackFlow to return the traffic"));
            throw;
        }

        if (verification is not null)
        {
            await VerifyAsync(verification, pinned: true, goBack, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SetTrafficAsync(
        TrafficMap? traffic, TrafficMap? mirror, IReadOnlyDictionary<string, string?> tags, CancellationToken cancellationToken,
        TrafficMap? seen = null, IReadOnlyDictionary<string, string?>? tagsNow = null)
    {
        _endpoint = await EndpointUpdate.SendAsync(workspace, plan.Endpoint, BodyAsync, traffic, settings.Timeout, cancellationToken).ConfigureAwait(false);
        IsChanged = true;
        if (traffic is not null)
        {
            Known = Known?.With(traffic);
            _writtenTraffic = traffic;
        }

        if (traffic is not null || mirror is not null)
        {
            log.Progress($"traffic of {plan.Endpoint}: {new TrafficMap(_endpoint.Traffic)}");
        }

        Task<JsonObject> BodyAsync(EndpointResource current)
        {
            var now = new TrafficMap(current.Traffic);
            if ((seen is not null && !now.Equals(seen) && !now.Equals(traffic))
                || tagsNow?.Any(tag => current.Tags.GetValueOrDefault(tag.Key) != tag.Value) == true)
            {
                throw StalePlan(seen is null ? $"endpoint {plan.Endpoint}" : $"the traffic of {plan.Endpoint}");
            }

            return Task.FromResult(MachineLearningWorkspace.WithTraffic(current, traffic?.Percentages, mirror?.Percentages, tags));
        }
    }

    private string Unmoved => $"The traffic of {plan.Endpoint} is unchanged; the failed deployment stays for inspection";

    // What a user needs after a failure: both containers' logs; and the deployment as it was before, or how it stands.
    private async Task<FlowDeploymentException> WithAftermathAsync(
        FlowDeploymentException failure, JsonObject? previous, string? otherwise, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        string? last = null;
        if (plan.Deployment is { } name)
        {
            foreach (var container in (string[])["StorageInitializer", "InferenceServer"])
            {
                var (shown, end) = await LogAsync(name, container, cancellationToken).ConfigureAwait(false);
                lines.AddRange(shown);
                last = end ?? last;
            }

            otherwise = previous is null ? otherwise : await RestoreAsync(name, previous, hasMoved: otherwise is null, cancellationToken).ConfigureAwait(false);
        }

        lines.AddRange(otherwise is null ? [] : [otherwise]);
        lines.AddRange(workspace.Address.IsLocal ? [] : [$"{plan.Endpoint} in the studio: {workspace.StudioPageOf(plan.Endpoint)}"]);
        var outcome = previous is not null ? otherwise?.TrimEnd('.') : failure.Diagnostic.Rule == WorkspaceRules.OperationFailed ? $"the traffic of {plan.Endpoint} is unchanged" : null;
        return new FlowDeploymentException(WithEnd(failure.Diagnostic, last is null ? null : $"the container's log says: {last}", outcome), lines, failure);
    }

    // A terminal shows the error and hides the lines after it, so what says why, and how things stand now, goes into the error.
    private static FlowDiagnostic WithEnd(FlowDiagnostic diagnostic, params string?[] parts) =>
        diagnostic.Rule != WorkspaceRules.OperationFailed && diagnostic.Rule != WorkspaceRules.VerificationFailed ? diagnostic : diagnostic with
        {
            Arguments = diagnostic.Arguments.Select((argument, i) => i < diagnostic.Arguments.Count - 1 ? argument
                : string.Join("; ", parts.OfType<string>().Prepend(argument))).ToEquatableArray(),
        };

    // What a container printed last is often its farewell; the exception above it says why, and the lines before that where.
    private static string Telling(List<string> log)
    {
        var exception = log.FindLastIndex(static l => Exception().IsMatch(l));
        var end = exception < 0 ? log.Count : exception + 1;
        var lines = string.Join(" | ", log[Math.Max(0, end - TellingLines)..end].Select(static l => l.Trim()));
        return lines.Length > LongestLine ? "…" + lines[^LongestLine..] : lines;
    }

    [GeneratedRegex(@"^\s*[\w.]*(Error|Exception)\b")]
    private static partial Regex Exception();

    private async Task<(IEnumerable<string> Lines, string? Last)> LogAsync(string deployment, string container, CancellationToken cancellationToken)
    {
        try
        {
            var text = await workspace.GetLogsAsync(plan.Endpoint, deployment, container, LogLines, cancellationToken).ConfigureAwait(false);
            var log = text.TrimEnd().Split('\n').Select(static l => l.TrimEnd('\r')).ToList();
            return text.Trim().Length == 0
                ? ([$"--- {container}: no log, the container has not started"], null)
                : ([$"--- {container}, the last {LogLines} lines:", .. log], Telling(log));
        }
        catch (FlowDeploymentException e)
        {
            return ([$"--- {container}: the log cannot be read: {e.Message}"], null);
        }
    }

    private async Task<string> RestoreAsync(string name, JsonObject previous, bool hasMoved, CancellationToken cancellationToken)
    {
        var model = AssetNames.Short(previous["properties"]?["model"]?.ToString() ?? "none");
        try
        {
            log.Progress($"{plan.Endpoint}/{name}: failed; putting it back as it was before (model {model})");
            var operation = await workspace.PutDeploymentAsync(plan.Endpoint, name, BodyAsync, cancellationToken).ConfigureAwait(false);
            await operation.WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false);

            // What runs now was verified when it was made, and a rollback leads to where it led before.
            if (plan.Steps.OfType<RememberStep>().FirstOrDefault() is { } remember)
            {
                await RestoreTagsAsync(remember, cancellationToken).ConfigureAwait(false);
            }
            else if (plan.Steps.OfType<VerificationStep>().FirstOrDefault()?.MarkTag is { } mark)
            {
                await SetTrafficAsync(null, null, new Dictionary<string, string?> { [mark] = null }, cancellationToken).ConfigureAwait(false);
            }

            return $"{name} was put back as it was before (model {model}){(hasMoved ? "" : "; the traffic is unchanged")}.";
        }
        catch (StalePlanException)
        {
            var now = await workspace.GetDeploymentAsync(plan.Endpoint, name, cancellationToken).ConfigureAwait(false);
            return $"{name} was changed by another run in the meantime and is left as it is (model {AssetNames.Short(now?.ModelId ?? "none")}).";
        }
        catch (FlowDeploymentException e)
        {
            // The remedy stands above already.
            var reason = e.Diagnostic.Rule == WorkspaceRules.OperationFailed ? $"{e.Diagnostic.Arguments[1]}: {e.Diagnostic.Arguments[2]}" : e.Message;
            return $"{name} could not be put back as it was before ({reason.TrimEnd('.')}); run the target again.";
        }

        async Task<JsonObject> BodyAsync() =>
            await workspace.GetDeploymentAsync(plan.Endpoint, name, cancellationToken).ConfigureAwait(false) is { } now && !IsMade(now)
                ? throw StalePlan($"deployment {plan.Endpoint}/{name}")
                : Copy(previous);
    }

    private async Task<EndpointResource> EndpointAsync(CancellationToken cancellationToken, bool fresh = false) =>
        _endpoint = (fresh ? null : _endpoint) ?? await workspace.GetEndpointAsync(plan.Endpoint, cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The endpoint '{plan.Endpoint}'", workspace.Address.Name);

    // A plan is data and may be applied again: what is sent is a copy.
    private static JsonObject Copy(JsonObject body) => (JsonObject)body.DeepClone();
}
