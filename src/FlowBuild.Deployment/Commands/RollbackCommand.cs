using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>
/// Sets endpoints back to before their last deployment: the traffic or, where a deployment was changed in place, its model and
/// environment. A second rollback changes nothing.
/// </summary>
internal static class RollbackCommand
{
    public static async Task RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var lines = new List<OutputLine>();
        var restored = new HashSet<string>(StringComparer.Ordinal);
        FlowDeploymentException? refused = null;
        var isDone = false;
        var flows = await NamedDeployments.FlowsAsync(context, writes: true, cancellationToken).ConfigureAwait(false);
        var outcomes = await context.ForEachAsync(flows, writes: true, async flow =>
        {
            // The traffic of an endpoint is set back once, however many flows of the project are deployed to it.
            if (restored.Contains(flow.EndpointName))
            {
                return;
            }

            try
            {
                var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
                var (line, isTraffic) = await RollBackAsync(context, endpoint, NamedDeployments.Of(context, flow), cancellationToken).ConfigureAwait(false);
                lines.Add($"{line} (flow '{flow.Item.Name}')");
                isDone = true;
                if (isTraffic)
                {
                    restored.Add(flow.EndpointName);
                }
            }
            catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.NoRollback && flows.Count > 1 && !context.Project.IsSelected)
            {
                // The last deployment may have changed another flow only. A flow that is named is meant.
                lines.Add($"{e.Message} (flow '{flow.Item.Name}')");
                refused ??= e;
            }
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
        if (refused is not null && !isDone)
        {
            throw refused;
        }
    }

    private static async Task<(string Line, bool IsTraffic)> RollBackAsync(
        CommandContext context, EndpointResource endpoint, string? name, CancellationToken cancellationToken)
    {
        var now = new TrafficMap(endpoint.Traffic);
        if (endpoint.Tags.TryGetValue(RollbackTags.RolledBack, out var replaced))
        {
            return replaced == now.ToString() ? throw FlowDeploymentException.Of(
                WorkspaceRules.NoRollback, endpoint.Name, $"its traffic was rolled back and has been set to {now} again since; set it with SetFlowTraffic") : ($"{endpoint.Name}: already rolled back, nothing was changed; the traffic is {now}", true);
        }

        var before = RollbackTags.TrafficOf(endpoint);
        if (before is not null && !before.Equals(now))
        {
            await RestoreTrafficAsync(context, endpoint, before, cancellationToken).ConfigureAwait(false);
            return ($"{endpoint.Name}: rolled back, the traffic is {before} (it was {now})", true);
        }

        if (name is not null && RollbackTags.DeploymentOf(endpoint, name) is { } assets)
        {
            return (await RestoreDeploymentAsync(context, endpoint, name, assets, cancellationToken).ConfigureAwait(false), false);
        }

        if (name is not null && endpoint.Tags.ContainsKey(RollbackTags.RolledBackOf(name)))
        {
            return ($"{endpoint.Name}/{name}: already rolled back, nothing was changed", false);
        }

        throw FlowDeploymentException.Of(
            WorkspaceRules.NoRollback, endpoint.Name, before is null
                ? $"its tag {RollbackTags.Traffic} is missing; set the traffic with SetFlowTraffic, or deploy the earlier version"
                : "neither its traffic nor its deployment has changed since it was made");
    }

    private static async Task RestoreTrafficAsync(CommandContext context, EndpointResource endpoint, TrafficMap before, CancellationToken cancellationToken)
    {
        var now = new TrafficMap(endpoint.Traffic);
        if (context.Settings.DeploymentName is { } named)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowDeploymentName", named,
                $"the last deployment of '{endpoint.Name}' moved the traffic ({before} to {now}), which belongs to no single deployment; leave FlowDeploymentName out");
        }

        if (before.Percentages.Count == 0)
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.NoRollback, endpoint.Name, "it had no traffic before its last deployment; delete it, or set the traffic with SetFlowTraffic");
        }

        var deployments = await context.Workspace.GetDeploymentsAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        foreach (var next in before.Percentages.Keys.Where(next => !now.Percentages.ContainsKey(next)))
        {
            RequireUnchanged(endpoint, next, deployments.FirstOrDefault(d => string.Equals(d.Name, next, StringComparison.OrdinalIgnoreCase)));
        }

        RequireOwnTraffic(context, endpoint, before, now);
        await EndpointChange.SetAsync(
            context, endpoint, before, null, RollbackTags.AfterTrafficRollback(now, endpoint.Tags), cancellationToken,
            async () =>
            {
                foreach (var next in before.Percentages.Keys.Where(next => !now.Percentages.ContainsKey(next)))
                {
                    RequireUnchanged(endpoint, next, await context.Workspace.GetDeploymentAsync(endpoint.Name, next, cancellationToken).ConfigureAwait(false));
                }
            }).ConfigureAwait(false);
    }

    // The traffic of an endpoint belongs to all its flows.
    private static void RequireOwnTraffic(CommandContext context, EndpointResource endpoint, TrafficMap before, TrafficMap now)
    {
        var other = OtherFlows.All(context.Project).FirstOrDefault(
            other => other.Endpoint == endpoint.Name && before.Percentages.GetValueOrDefault(other.Name) != now.Percentages.GetValueOrDefault(other.Name));
        if (other is not null)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.FlowNotSelected, string.Join(' ', context.Flows.Select(static f => f.Item.Name)),
                $"leaves out a flow whose traffic the rollback would change ({now} to {before})", $"'{endpoint.Name}'");
        }
    }

    // A slot without traffic may hold something else by now, such as a version that an interrupted run has not verified.
    private static void RequireUnchanged(EndpointResource endpoint, string name, DeploymentResource? deployment)
    {
        var then = RollbackTags.DeploymentOf(endpoint, name);
        var now = deployment is null ? null : RememberedDeployment.Of(deployment);
        var problem = now is null ? "does not exist any more"
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

    private static async Task<string> RestoreDeploymentAsync(
        CommandContext context, EndpointResource endpoint, string name, RememberedDeployment before, CancellationToken cancellationToken)
    {
        var workspace = context.Workspace;
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
        await operation.WaitAsync(context.Settings.Timeout, cancellationToken).ConfigureAwait(false);
        await EndpointChange.SetAsync(context, endpoint, null, null, RollbackTags.AfterDeploymentRollback(name, now), cancellationToken).ConfigureAwait(false);
        return $"{endpoint.Name}/{name}: rolled back, runs {before.Model} again"
            + (hasOtherSettings ? "; its environment variables or other settings are those of the last deployment" : "");

        // What another run has made of it while this one waited is not undone.
        async Task<JsonObject> BodyAsync()
        {
            var current = await workspace.GetDeploymentAsync(endpoint.Name, name, cancellationToken).ConfigureAwait(false);
            return current is not null && RememberedDeployment.Of(current) is var runs && (runs.Matches(now) || runs.HasAssetsOf(before))
                ? workspace.WithAssets(current, before.Model, before.Environment)
                : throw FlowDeploymentException.Of(WorkspaceRules.EndpointBusy, endpoint.Name, $"deployment {name} has changed in the meantime");
        }
    }
}
