using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>The identity under which a deployment's containers run.</summary>
/// <param name="UserAssigned">ARM id of the user-assigned identity; null: the endpoint's own, system-assigned one.</param>
/// <param name="Principal">Its object id, or null while it is not made, or must not be read.</param>
/// <param name="Client">The client id of a user-assigned one, or null.</param>
internal sealed record ContainerIdentity(string? UserAssigned, string? Principal, string? Client)
{
    /// <summary>The name of a user-assigned one.</summary>
    public string Name => UserAssigned is null ? "" : UserAssigned[(UserAssigned.LastIndexOf('/') + 1)..];

    /// <summary>The identity that the endpoint will have: the file's, else the one that it has; null for none.</summary>
    public static async Task<ContainerIdentity?> FindAsync(
        MachineLearningWorkspace workspace, EndpointIdentity? file, EndpointResource? endpoint, CancellationToken cancellationToken)
    {
        if (file is { SystemAssigned: true } || (file is null && (endpoint is null || endpoint.PrincipalId is not null)))
        {
            return new ContainerIdentity(null, endpoint?.PrincipalId, null);
        }

        var id = file is null ? endpoint?.UserAssignedIdentity : file.UserAssigned.Count > 0 ? file.UserAssigned[0].Value : null;
        if (id is null)
        {
            return null;
        }

        var ids = await workspace.FindIdentityAsync(id, cancellationToken).ConfigureAwait(false);
        return new ContainerIdentity(id, ids?.Principal, ids?.Client);
    }
}

/// <summary>
/// What the containers' identity must be allowed. A system-assigned one gets the rights to pull the image and to fetch the model
/// from Azure itself; a user-assigned one gets nothing by itself.
/// </summary>
internal static class EndpointAccess
{
    private const string NoPull = "without which it cannot pull an image from there";
    private const string InjectedConnection = "${{azureml://connections/";

    /// <summary>The roles that are needed.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="sources">The files.</param>
    /// <param name="identity">Who needs them.</param>
    /// <param name="notes">Takes what cannot be told.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<IReadOnlyList<RoleNeed>> NeedsAsync(
        MachineLearningWorkspace workspace, FlowSources sources, ContainerIdentity identity, List<string> notes, CancellationToken cancellationToken)
    {
        var needs = new List<RoleNeed>();
        if (await UsesConnectionsAsync(workspace, sources, cancellationToken).ConfigureAwait(false))
        {
            needs.Add(new RoleNeed(Role.ConnectionSecretsReader, workspace.Address.ArmId, "without which it cannot read the connections that it uses"));
        }

        // A cluster pulls images under an identity of its own.
        if (sources.Deployment!.IsKubernetes)
        {
            return needs;
        }

        var registry = await workspace.GetAssociatedIdAsync("containerRegistry", cancellationToken).ConfigureAwait(false);
        if (sources.Deployment.Environment?.Inline?.Image is { } image
            && await ForeignRegistryAsync(workspace, image.Value, registry, notes, cancellationToken).ConfigureAwait(false) is { } foreign)
        {
            needs.Add(new RoleNeed(Role.AcrPull, foreign, NoPull));
        }

        if (identity.UserAssigned is null)
        {
            return needs;
        }

        if (registry is not null)
        {
            needs.Add(new RoleNeed(Role.AcrPull, registry, NoPull));
        }

        if (await workspace.GetAssociatedIdAsync("storageAccount", cancellationToken).ConfigureAwait(false) is { } storage)
        {
            needs.Add(new RoleNeed(Role.StorageBlobDataReader, storage, "without which it cannot fetch the model"));
        }

        return needs;
    }

    /// <summary>Those roles that an identity lacks.</summary>
    /// <exception cref="FlowDeploymentException">They must not be read.</exception>
    public static async Task<IReadOnlyList<RoleNeed>> MissingAsync(
        MachineLearningWorkspace workspace, string principal, IReadOnlyList<RoleNeed> needs, CancellationToken cancellationToken)
    {
        var missing = new List<RoleNeed>();
        foreach (var need in needs)
        {
            if (!await workspace.HasRoleAsync(principal, need, cancellationToken).ConfigureAwait(false))
            {
                missing.Add(need);
            }
        }

        return missing;
    }

    /// <summary>One warning for each role that is missing, with the command that gives it.</summary>
    public static void Warn(IFlowLog log, string endpoint, string principal, IEnumerable<RoleNeed> missing)
    {
        foreach (var need in missing)
        {
            log.Report(FlowDiagnostic.At(WorkspaceRules.RoleMissing, null, null, endpoint, need.Role.Name, need.ScopeName, need.Purpose, need.Command(principal)));
        }
    }

    /// <summary>What is said where the roles must not be read.</summary>
    public static string Unread(IEnumerable<RoleNeed> needs, string reason) =>
        $"the roles of the endpoint's identity cannot be read ({reason}); it needs {string.Join(", ", needs.Select(static n => $"'{n.Role.Name}' at '{n.ScopeName}'"))}";

    // Azure lets the endpoint's own identity pull from the workspace's registry, and from no other. The local workspace pulls nothing:
    // only a registry that was put beside it is taken for the real thing.
    private static async Task<string?> ForeignRegistryAsync(
        MachineLearningWorkspace workspace, string image, string? own, List<string> notes, CancellationToken cancellationToken)
    {
        if (ContainerImage.Parse(image)?.Registry is not { } host || !workspace.Connection.Cloud.HasRegistry(host) || MachineLearningWorkspace.IsRegistryAt(own, host))
        {
            return null;
        }

        var reason = $"no registry of the subscription {workspace.Address.Subscription} answers there";
        try
        {
            if (await workspace.FindRegistryAsync(host, cancellationToken).ConfigureAwait(false) is { } found)
            {
                return found;
            }
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            reason = e.Message.Split(':')[0];
        }

        if (!workspace.Address.IsLocal)
        {
            notes.Add($"whether the endpoint's identity has the role '{Role.AcrPull.Name}' at {host} cannot be read ({reason})");
        }

        return null;
    }

    // The local workspace answers without connections; one that has some is taken for the real thing.
    private static async Task<bool> UsesConnectionsAsync(MachineLearningWorkspace workspace, FlowSources sources, CancellationToken cancellationToken)
    {
        var variables = sources.Deployment!.EnvironmentVariables;
        var isUsed = variables.Any(static v => v.Value.Value.Contains(InjectedConnection, StringComparison.Ordinal))
            || (sources.IsFlowServed && sources.Flow is { } flow
                && FlowConnections.Of(sources.Item.FlowFile, flow, sources.Paths).Any(connection => !variables.Any(v => v.Key == connection.Variable)));
        return isUsed && (!workspace.Address.IsLocal || (await workspace.GetConnectionNamesAsync(cancellationToken).ConfigureAwait(false)).Count > 0);
    }
}
