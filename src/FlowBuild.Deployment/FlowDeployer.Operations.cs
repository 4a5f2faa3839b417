using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <content>What is done to a deployment after it stands.</content>
public sealed partial class FlowDeployer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Prints the last lines of a container's log of each deployment.</summary>
    /// <param name="container"><c>inference-server</c> or <c>storage-initializer</c>, as az ml names them.</param>
    /// <param name="lines">How many lines.</param>
    /// <param name="named">The deployment, such as a slot; null: the one that the file names.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors.</returns>
    public async Task<bool> PrintLogsAsync(string container, int lines, string? named, CancellationToken cancellationToken)
    {
        var word = container.ToLowerInvariant() switch
        {
            "" or "inference-server" or "inferenceserver" => "InferenceServer",
            "storage-initializer" or "storageinitializer" => "StorageInitializer",
            _ => throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowContainer", container, "write inference-server or storage-initializer"),
        };
        return await ForEachAsync(writes: false, async (workspace, endpoint, work) =>
        {
            if ((named ?? work.Sources.DeploymentName) is not { } deployment)
            {
                return;
            }

            var text = await workspace.GetLogsAsync(endpoint.Name, deployment, word, lines, cancellationToken).ConfigureAwait(false);
            _log.Result($"--- {endpoint.Name}/{deployment}, {word}:");
            foreach (var line in text.TrimEnd().Split('\n'))
            {
                _log.Result(line.TrimEnd('\r'));
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets the traffic and nothing else.</summary>
    /// <returns>False when there are errors.</returns>
    public async Task<bool> SetTrafficAsync(CancellationToken cancellationToken)
    {
        if (!_settings.AllTraffic && _settings.Traffic is null && _settings.MirrorTraffic is null)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.PropertyMissing, "SetFlowTraffic", "FlowTraffic", "write FlowTraffic=\"blue=90 green=10\", FlowAllTraffic=true or FlowMirrorTraffic=\"green=10\"");
        }

        return await ForEachEndpointAsync(writes: true, async (workspace, endpoint, work) =>
        {
            if (_settings.Traffic is null && _settings.AllTraffic && _work!.Count(other => other.Sources.EndpointName == work.Sources.EndpointName) > 1)
            {
                throw FlowDeploymentException.Of(
                    ConfigurationRules.InvalidProperty, "FlowAllTraffic", "true",
                    $"several flows of the project are deployed to the endpoint '{endpoint.Name}'; write FlowTraffic=\"{work.Sources.DeploymentName}=100\", or the percentages of each");
            }

            var traffic = _settings.AskedTraffic(work.Sources.DeploymentName ?? "");
            var deployments = await workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
            var names = deployments.Select(static d => d.Name).ToList();
            traffic?.RequireDeployments(_settings.Traffic is null ? "FlowAllTraffic" : "FlowTraffic", names);
            _settings.MirrorTraffic?.RequireDeployments("FlowMirrorTraffic", names);
            var before = new TrafficMap(endpoint.Traffic);
            _settings.MirrorTraffic?.RequireMirror("FlowMirrorTraffic", traffic ?? before, endpoint.IsKubernetes);
            await MoveAsync(workspace, endpoint, traffic, _settings.MirrorTraffic, RollbackTags.BeforeMove(before, deployments), cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sets the traffic back to before the last move; where the deployment was changed in place and the traffic did not move, its
    /// model and environment.
    /// </summary>
    /// <returns>False when there are errors.</returns>
    public async Task<bool> RollbackAsync(CancellationToken cancellationToken)
    {
        var back = new HashSet<string>(StringComparer.Ordinal);
        FlowDeploymentException? refusal = null;
        var isDone = false;
        var isRead = await ForEachAsync(writes: true, async (workspace, endpoint, work) =>
        {
            // The traffic of an endpoint is set back once, however many flows of the project are deployed to it.
            if (back.Contains(endpoint.Name))
            {
                return;
            }

            try
            {
                if (await RollBackAsync(workspace, endpoint, work.Sources.DeploymentName, cancellationToken).ConfigureAwait(false))
                {
                    back.Add(endpoint.Name);
                }
            }
            catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.NoRollback && _work!.Count > 1)
            {
                // The last deployment may have changed another flow only.
                _log.Result(e.Message);
                refusal ??= e;
                return;
            }

            isDone = true;
        }, cancellationToken).ConfigureAwait(false);
        return refusal is null || isDone ? isRead : throw refusal;
    }

    // Returns whether the traffic was set back; false: the deployment's model and environment.
    private async Task<bool> RollBackAsync(MachineLearningWorkspace workspace, EndpointResource endpoint, string? name, CancellationToken cancellationToken)
    {
        var now = new TrafficMap(endpoint.Traffic);
        var before = RollbackTags.TrafficOf(endpoint)
            ?? throw FlowDeploymentException.Of(
                WorkspaceRules.NoRollback, endpoint.Name, $"its tag {RollbackTags.Traffic} is missing; set the traffic with SetFlowTraffic, or deploy the earlier version");
        if (!before.Equals(now))
        {
            if (before.Percentages.Count == 0)
            {
                throw FlowDeploymentException.Of(WorkspaceRules.NoRollback, endpoint.Name, "it had no traffic before its last deployment; delete it, or set the traffic with SetFlowTraffic");
            }

            var deployments = await workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
            foreach (var next in before.Percentages.Keys.Where(next => !now.Percentages.ContainsKey(next)))
            {
                RequireAsItWas(endpoint, next, deployments.FirstOrDefault(d => string.Equals(d.Name, next, StringComparison.OrdinalIgnoreCase)));
            }

            await MoveAsync(workspace, endpoint, before, null, RollbackTags.BeforeMove(now, deployments), cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (name is null || RollbackTags.DeploymentOf(endpoint, name) is not { } assets)
        {
            throw FlowDeploymentException.Of(WorkspaceRules.NoRollback, endpoint.Name, "neither its traffic nor its deployment has changed since it was made");
        }

        await RestoreAsync(workspace, endpoint, name, assets, cancellationToken).ConfigureAwait(false);
        return false;
    }

    // A slot without traffic may hold something else by now, such as a version that a run which was cut has not verified.
    private static void RequireAsItWas(EndpointResource endpoint, string name, DeploymentResource? deployment)
    {
        var then = RollbackTags.DeploymentOf(endpoint, name);
        var now = deployment is null ? null : RememberedDeployment.Of(deployment);
        var problem = now is null ? "is not there any more"
            : deployment!.State != "Succeeded" ? $"is in the state {deployment.State}"
            : then is null ? null
            : then.Model != now.Model ? $"ran {then.Model} then and runs {now.Model} now"
            : then.Environment != now.Environment ? $"ran in {then.Environment} then and runs in {now.Environment} now"
            : then.HasOtherSettingsThan(now) ? "has other environment variables or settings now than it had then"
            : null;
        if (problem is not null)
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.NoRollback, endpoint.Name,
                $"the deployment '{name}', which had traffic before the last deployment, {problem}; deploy the earlier version, or set the traffic with SetFlowTraffic");
        }
    }

    /// <summary>
    /// Writes what a caller needs to a file: JSON as <c>az ml online-endpoint get-credentials</c> prints it, readable by the owner
    /// only, and by endpoint where the project has several; or, for <c>GITHUB_ENV</c> and <c>GITHUB_OUTPUT</c>, lines for the file that this variable names. The log holds none of it.
    /// </summary>
    /// <param name="target">Full path of the file, or the name of one of the two variables.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False when there are errors.</returns>
    public Task<bool> WriteCredentialsAsync(string target, CancellationToken cancellationToken) =>
        target is "GITHUB_ENV" or "GITHUB_OUTPUT" ? AppendCredentialsAsync(target, cancellationToken) : WriteCredentialsFileAsync(target, cancellationToken);

    private Task<bool> AppendCredentialsAsync(string variable, CancellationToken cancellationToken) => ForEachAsync(writes: false, async (workspace, endpoint, work) =>
    {
        var file = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? path
            : throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowCredentialsFile", variable, "the environment variable of this name is not set; it is set in GitHub Actions");
        var section = work.Sources.Item.ClientName;
        var token = await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false);
        await GitHubFile.AppendConnectionAsync(file, section, ScoringAddress.Of(workspace, endpoint), token, cancellationToken).ConfigureAwait(false);
        _log.Result($"{section}__ScoringUri and {section}__Key are in the file of {variable}");
    }, cancellationToken);

    private async Task<bool> WriteCredentialsFileAsync(string file, CancellationToken cancellationToken)
    {
        var all = new JsonObject();
        var isRead = await ForEachEndpointAsync(
            writes: false,
            async (workspace, endpoint, _) => all[endpoint.Name] = await CredentialsAsync(workspace, endpoint, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        if (isRead && all.Count > 0)
        {
            var content = all.Count == 1 ? all.First().Value! : all;
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(content.ToJsonString(Indented)), isPrivate: true);
            _log.Result($"the credentials of {string.Join(", ", all.Select(static e => e.Key))} are in {file}");
        }

        return isRead;
    }

    private static async Task<JsonObject> CredentialsAsync(MachineLearningWorkspace workspace, EndpointResource endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.AuthMode != "Key")
        {
            return new JsonObject { ["accessToken"] = await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false), ["tokenType"] = "Bearer" };
        }

        var (primary, secondary) = await workspace.GetKeysAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        return new JsonObject { ["primaryKey"] = primary, ["secondaryKey"] = secondary };
    }

    /// <summary>Deletes the deployment of each flow; one that shares the traffic with others is refused, the traffic of one that has all of it ends.</summary>
    /// <returns>False when there are errors.</returns>
    public Task<bool> DeleteDeploymentAsync(CancellationToken cancellationToken) => ForEachAsync(writes: true, async (workspace, endpoint, work) =>
    {
        if (work.Sources.DeploymentName is not { } name || await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false) is null)
        {
            _log.Result($"{endpoint.Name}/{work.Sources.DeploymentName}: there is nothing to delete");
            return;
        }

        // The service refuses to delete what still has traffic; the only deployment's traffic goes with it.
        var traffic = new TrafficMap(endpoint.Traffic);
        if (traffic.Percentages.ContainsKey(name))
        {
            if (traffic.Percentages.Count > 1)
            {
                throw FlowDeploymentException.Of(
                    ConfigurationRules.InvalidProperty, "FlowConfirm", "true", $"{name} carries traffic ({traffic}); move it first with SetFlowTraffic");
            }

            await MoveAsync(workspace, endpoint, new TrafficMap([]), null, new Dictionary<string, string?>(), cancellationToken).ConfigureAwait(false);
        }

        var mirror = new TrafficMap(endpoint.MirrorTraffic);
        if (mirror.Percentages.ContainsKey(name))
        {
            await MoveAsync(workspace, endpoint, null, mirror.Beside(TrafficMap.All(name)), new Dictionary<string, string?>(), cancellationToken).ConfigureAwait(false);
        }

        var operation = await workspace.DeleteDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
        await operation.WaitAsync(_settings.Timeout, cancellationToken).ConfigureAwait(false);
        _log.Result($"{endpoint.Name}/{name}: deleted");
    }, cancellationToken);

    /// <summary>Deletes the endpoint of each flow with all its deployments.</summary>
    /// <returns>False when there are errors.</returns>
    public Task<bool> DeleteEndpointAsync(CancellationToken cancellationToken) => ForEachEndpointAsync(writes: true, async (workspace, endpoint, _) =>
    {
        var operation = await workspace.DeleteEndpointAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        await operation.WaitAsync(_settings.Timeout, cancellationToken).ConfigureAwait(false);
        _log.Result($"{endpoint.Name}: deleted with its deployments");
    }, cancellationToken);

    /// <summary>
    /// Where a person looks at the endpoint of each flow: its page in the studio; for the local workspace a link to its page that works
    /// once, so whoever is given it should be the one who asked.
    /// </summary>
    /// <returns>The addresses; null when there are errors.</returns>
    public async Task<IReadOnlyList<Uri>?> GetPagesAsync(CancellationToken cancellationToken)
    {
        var pages = new List<Uri>();
        return await ForEachAsync(
            writes: false,
            async (workspace, endpoint, _) => pages.Add(await workspace.GetPageAsync(endpoint, cancellationToken).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false)
            ? pages
            : null;
    }

    private Task<bool> ForEachAsync(bool writes, Func<MachineLearningWorkspace, EndpointResource, Work, Task> act, CancellationToken cancellationToken) =>
        ForEachAsync(static work => work, writes, act, cancellationToken);

    // Where the endpoint is meant, it is meant once, however many flows of the project are deployed to it.
    private Task<bool> ForEachEndpointAsync(bool writes, Func<MachineLearningWorkspace, EndpointResource, Work, Task> act, CancellationToken cancellationToken) =>
        ForEachAsync(static work => work.DistinctBy(static w => w.Sources.EndpointName), writes, act, cancellationToken);

    private async Task<bool> ForEachAsync(
        Func<IEnumerable<Work>, IEnumerable<Work>> choose, bool writes, Func<MachineLearningWorkspace, EndpointResource, Work, Task> act, CancellationToken cancellationToken)
    {
        if (!Prepare())
        {
            return false;
        }

        foreach (var work in choose(_work!))
        {
            var workspace = await OpenAsync(writes, cancellationToken).ConfigureAwait(false);
            var endpoint = await RequireEndpointAsync(workspace, work.Sources, cancellationToken).ConfigureAwait(false);
            await act(workspace, endpoint, work).ConfigureAwait(false);
        }

        return true;
    }

    private async Task MoveAsync(
        MachineLearningWorkspace workspace, EndpointResource endpoint, TrafficMap? traffic, TrafficMap? mirror, IReadOnlyDictionary<string, string?> tags,
        CancellationToken cancellationToken)
    {
        // A deployment that gets live traffic can keep no mirrored traffic.
        var mirrorNow = new TrafficMap(endpoint.MirrorTraffic);
        mirror ??= traffic is not null && !mirrorNow.Beside(traffic).Equals(mirrorNow) ? mirrorNow.Beside(traffic) : null;
        var step = new TrafficStep(endpoint.Name, traffic, mirror, tags, "", []);
        var plan = new DeploymentPlan(workspace.Address, endpoint.Name, null, null, [step], []);
        await new PlanApplier(workspace, plan, _settings, _log).ApplyAsync(FlowStage.Traffic, cancellationToken).ConfigureAwait(false);
    }

    private async Task RestoreAsync(
        MachineLearningWorkspace workspace, EndpointResource endpoint, string name, RememberedDeployment before, CancellationToken cancellationToken)
    {
        var live = await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The deployment '{name}'", workspace.Address.Name);
        var now = RememberedDeployment.Of(live);
        var hasOtherSettings = before.HasOtherSettingsThan(now);
        if (now.HasAssetsOf(before))
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.NoRollback, endpoint.Name,
                $"{name} already runs what it ran before ({before.Model})"
                + (hasOtherSettings ? "; its environment variables or other settings have changed since and are kept nowhere, deploy the earlier files" : ""));
        }

        var operation = await workspace.PutDeploymentAsync(endpoint.Name, name, BodyAsync, cancellationToken).ConfigureAwait(false);
        await operation.WaitAsync(_settings.Timeout, cancellationToken).ConfigureAwait(false);
        var tags = new Dictionary<string, string?> { [RollbackTags.Of(name)] = now.ToTag(), [RollbackTags.Unverified(name)] = null };
        await MoveAsync(workspace, endpoint, null, null, tags, cancellationToken).ConfigureAwait(false);
        _log.Result($"{name} runs {before.Model} again{(hasOtherSettings ? "; its environment variables or other settings are those of the last deployment" : "")}");

        // What another run has made of it while this one waited is not taken back, except by the change that is sent again.
        async Task<System.Text.Json.Nodes.JsonObject> BodyAsync()
        {
            var there = await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
            return there is not null && RememberedDeployment.Of(there) is var runs && (runs.Matches(now) || runs.HasAssetsOf(before))
                ? workspace.WithAssets(there, before.Model, before.Environment)
                : throw FlowDeploymentException.Of(WorkspaceRules.EndpointBusy, endpoint.Name, $"deployment {name} has changed in the meantime");
        }
    }
}
