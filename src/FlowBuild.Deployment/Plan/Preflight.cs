using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>What the workspace can tell before anything is sent: whether the machine exists and whether there is quota for it.</summary>
internal static class Preflight
{
    // Managed endpoints reserve a fifth more for upgrades, except on these sizes.
    private static readonly string[] WithoutReserve =
    [
        "Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4", "Standard_NC96ads_A100_v4", "Standard_NC40ads_H100_v5", "Standard_NC80adis_H100_v5",
        "Standard_ND96amsr_A100_v4", "Standard_ND96asr_v4", "Standard_ND40rs_v2", "Standard_ND96is_H100_v5", "Standard_ND96isr_H100_v5",
    ];

    /// <summary>Checks a managed deployment that is to be made or to grow.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="sources">The files.</param>
    /// <param name="instancesNow">Instances that run now.</param>
    /// <param name="location">The region.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">The size does not exist or cannot serve endpoints, or the quota does not suffice.</exception>
    public static async Task CheckAsync(
        MachineLearningWorkspace workspace, FlowSources sources, int instancesNow, string location, CancellationToken cancellationToken)
    {
        var spec = sources.Deployment!;
        if (spec.IsKubernetes || spec.InstanceType is not { } type)
        {
            return;
        }

        var sizes = await workspace.GetVmSizesAsync(location, cancellationToken).ConfigureAwait(false);
        if (sizes.Count == 0)
        {
            return;
        }

        var size = sizes.FirstOrDefault(s => Is(s, "name", type.Value));
        if (size is null || !CanServe(size))
        {
            var hint = Suggestion.DidYouMean(type.Value, sizes.Where(CanServe).Select(static s => s.TextAt("name") ?? ""), "; Standard_DS3_v2 is a usual one");
            throw FlowDeploymentException.At(
                WorkspaceRules.InstanceTypeUnusable, sources.Item.DeploymentFile, type.Span, type.Value, size is null ? "does not exist" : "cannot serve online endpoints", location, hint);
        }

        await CheckQuotaAsync(workspace, sources, spec, size, instancesNow, location, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks the compute that a Kubernetes endpoint names.</summary>
    /// <exception cref="FlowDeploymentException">The workspace has no such compute.</exception>
    public static async Task CheckComputeAsync(MachineLearningWorkspace workspace, FlowSources sources, CancellationToken cancellationToken)
    {
        if (sources.Endpoint?.Compute is not { } compute || compute.Value.Contains('/', StringComparison.Ordinal))
        {
            return;
        }

        var name = compute.Value.StartsWith("azureml:", StringComparison.Ordinal) ? compute.Value["azureml:".Length..] : compute.Value;
        if (!await workspace.HasComputeAsync(name, cancellationToken).ConfigureAwait(false))
        {
            throw FlowDeploymentException.At(
                WorkspaceRules.AssetNotFound, sources.Item.EndpointFile, compute.Span, "compute", name, workspace.Address.Name, "attach the cluster, or name another compute");
        }
    }

    /// <summary>Checks that the image of an environment that is to be made is in its registry. The local workspace runs no images.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="sources">The files.</param>
    /// <param name="notes">Takes what cannot be checked.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">The registry does not have it.</exception>
    public static async Task CheckImageAsync(MachineLearningWorkspace workspace, FlowSources sources, List<string> notes, CancellationToken cancellationToken)
    {
        if (workspace.Address.IsLocal || sources.Deployment!.Environment?.Inline?.Image is not { } image)
        {
            return;
        }

        if (ContainerImage.Parse(image.Value) is not { } parsed)
        {
            notes.Add($"whether the image '{image.Value}' exists cannot be checked (its name has another form than registry/repository:tag)");
            return;
        }

        var (exists, reason) = await new ContainerRegistry(workspace).FindAsync(parsed, cancellationToken).ConfigureAwait(false);
        if (exists is null)
        {
            notes.Add($"whether the image '{image.Value}' exists cannot be checked ({parsed.Registry}: {reason})");
        }
        else if (exists == false)
        {
            throw FlowDeploymentException.At(
                WorkspaceRules.ImageNotFound, sources.Item.DeploymentFile, image.Span, $"{parsed.Repository}{(parsed.Reference.Contains(':', StringComparison.Ordinal) ? '@' : ':')}{parsed.Reference}", parsed.Registry, reason);
        }
    }

    /// <summary>Checks that no other workspace of the subscription has the name of a new endpoint; names are unique in a region.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="sources">The files.</param>
    /// <param name="location">The region.</param>
    /// <param name="notes">Takes what cannot be checked.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">The name is taken.</exception>
    public static async Task CheckNameAsync(
        MachineLearningWorkspace workspace, FlowSources sources, string location, List<string> notes, CancellationToken cancellationToken)
    {
        string? other;
        try
        {
            other = await workspace.FindEndpointElsewhereAsync(sources.EndpointName, location, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            notes.Add($"whether another workspace has an endpoint '{sources.EndpointName}' cannot be checked ({e.Message.Split(':')[0]})");
            return;
        }

        if (other?.Split('/') is [_, _, _, _, var group, _, _, _, var name, ..])
        {
            throw FlowDeploymentException.At(
                WorkspaceRules.EndpointNameTaken, sources.Item.EndpointFile, sources.Endpoint!.Name.Span, sources.EndpointName, name, group, location);
        }
    }

    /// <summary>Warns of connections that the flow's nodes name and the workspace lacks.</summary>
    public static async Task CheckConnectionsAsync(MachineLearningWorkspace workspace, FlowSources sources, CancellationToken cancellationToken)
    {
        var named = sources.IsFlowServed && sources.Flow is { } flow ? FlowConnections.Of(sources.Item.FlowFile, flow, sources.Paths) : [];
        if (named.Count == 0)
        {
            return;
        }

        // The local workspace answers without connections; only one that has some is asked for the others.
        var there = await workspace.GetConnectionNamesAsync(cancellationToken).ConfigureAwait(false);
        if (workspace.Address.IsLocal && there.Count == 0)
        {
            return;
        }

        foreach (var connection in named)
        {
            if (!there.Contains(connection.Name, StringComparer.OrdinalIgnoreCase) && !sources.Deployment!.EnvironmentVariables.Any(v => v.Key == connection.Variable))
            {
                workspace.Connection.Log.Report(FlowDiagnostic.At(
                    WorkspaceRules.ConnectionMissing, sources.Item.FlowFile, connection.Span, connection.Name, connection.User, workspace.Address.Name, connection.Variable,
                    Suggestion.DidYouMean(connection.Name, there)));
            }
        }
    }

    private static async Task CheckQuotaAsync(
        MachineLearningWorkspace workspace, FlowSources sources, DeploymentSpec spec, JsonObject size, int instancesNow, string location, CancellationToken cancellationToken)
    {
        var instances = spec.InstanceCount?.Value ?? 1;
        var cores = (int)(Number(size, "vCPUs") ?? 0);
        var needed = Cores(instances, cores, spec.InstanceType!.Value) - Cores(instancesNow, cores, spec.InstanceType.Value);
        var family = size.TextAt("family") ?? "";
        if (needed <= 0 || family.Length == 0)
        {
            return;
        }

        // Rows of one workspace or compute break the family's row down; they are no limits of their own.
        var usages = await workspace.GetUsagesAsync(location, cancellationToken).ConfigureAwait(false);
        var row = usages.FirstOrDefault(u => !IsBreakdown(u.TextAt("id") ?? "") && string.Equals(u.TextAt("name", "value"), family, StringComparison.OrdinalIgnoreCase));
        if (row is null || Number(row, "limit") is not { } limit || limit < 0)
        {
            return;
        }

        var free = limit - (Number(row, "currentValue") ?? 0);
        if (needed > free)
        {
            throw FlowDeploymentException.At(
                WorkspaceRules.QuotaExceeded, sources.Item.DeploymentFile, (spec.InstanceCount?.Span ?? spec.InstanceType.Span),
                Text(needed), $"{instances} x {spec.InstanceType.Value}", family, location, Text(free));
        }
    }

    /// <summary>Cores that the service counts for a number of instances.</summary>
    public static long Cores(int instances, int coresOfOne, string size) =>
        (WithoutReserve.Contains(size, StringComparer.OrdinalIgnoreCase) ? instances : ((12L * instances) + 9) / 10) * coresOfOne;

    private static bool IsBreakdown(string id) =>
        id.Contains("/workspaces/", StringComparison.OrdinalIgnoreCase) || id.Contains("/computes/", StringComparison.OrdinalIgnoreCase);

    private static bool CanServe(JsonObject size) =>
        size["supportedComputeTypes"] is not JsonArray types || types.Any(static t => t?.ToString() == "MIR");

    private static bool Is(JsonObject item, string member, string text) => string.Equals(item.TextAt(member), text, StringComparison.OrdinalIgnoreCase);

    private static long? Number(JsonObject item, string member) => item[member] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
