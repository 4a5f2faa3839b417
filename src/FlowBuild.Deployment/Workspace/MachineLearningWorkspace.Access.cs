using System.Text.Json.Nodes;
using Azure.Core;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <content>Identities, and what they may do.</content>
public sealed partial class MachineLearningWorkspace
{
    private const string AuthorizationVersion = "2022-04-01";
    private const string ResourcesVersion = "2021-04-01";
    private const string RegistriesVersion = "2023-07-01";
    private const string IdentityVersion = "2023-01-31";

    /// <summary>ARM id of a resource that the workspace was made with, or null where it has none.</summary>
    /// <param name="member"><c>storageAccount</c> or <c>containerRegistry</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal async Task<string?> GetAssociatedIdAsync(string member, CancellationToken cancellationToken) =>
        (await GetDocumentAsync(cancellationToken).ConfigureAwait(false)).TextAt("properties", member) is { Length: > 0 } id ? id : null;

    /// <summary>ARM id of the container registry of the subscription that answers at a host, or null.</summary>
    /// <exception cref="FlowDeploymentException">The list must not be read.</exception>
    internal async Task<string?> FindRegistryAsync(string host, CancellationToken cancellationToken) =>
        (await ListResourcesAsync("Microsoft.ContainerRegistry/registries", "registries of the subscription", cancellationToken).ConfigureAwait(false))
        .Select(static r => r.TextAt("id") ?? "").FirstOrDefault(id => IsRegistryAt(id, host));

    /// <summary>Whether a registry answers at a host: under its name, or its name with a hash that keeps the host from being taken over.</summary>
    internal static bool IsRegistryAt(string? id, string host)
    {
        var (name, label) = (id?[(id.LastIndexOf('/') + 1)..] ?? "", host.Split('.')[0]);
        return name.Length > 0 && (string.Equals(label, name, StringComparison.OrdinalIgnoreCase) || label.StartsWith(name + "-", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// Whether a container registry of the workspace's subscription answers at a host. Any tenant may have a registry in Azure, so what
    /// its host ends with says nothing about whose it is.
    /// </summary>
    /// <param name="host">The host, as it stands in the name of an image.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False also where the registries must not be read.</returns>
    internal async Task<bool> HasRegistryAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var registries = await ListAsync(
                Absolute($"/subscriptions/{Address.Subscription}/providers/Microsoft.ContainerRegistry/registries", RegistriesVersion),
                "registries of the subscription", int.MaxValue, cancellationToken).ConfigureAwait(false);
            return registries.Exists(r => string.Equals(r.TextAt("properties", "loginServer"), host, StringComparison.OrdinalIgnoreCase));
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            return false;
        }
    }

    private Task<List<JsonObject>> ListResourcesAsync(string type, string what, CancellationToken cancellationToken) => ListAsync(
        Absolute($"/subscriptions/{Address.Subscription}/resources", ResourcesVersion, $"&$filter={Uri.EscapeDataString($"resourceType eq '{type}'")}"), what, int.MaxValue, cancellationToken);

    /// <summary>The object id and the client id of a user-assigned identity; null where it is not there or must not be read.</summary>
    internal async Task<(string Principal, string Client)?> FindIdentityAsync(string id, CancellationToken cancellationToken)
    {
        var identity = await TryGetAsync(id, IdentityVersion, cancellationToken).ConfigureAwait(false);
        return identity.TextAt("properties", "principalId") is { } principal && identity.TextAt("properties", "clientId") is { } client
            ? (principal, client)
            : null;
    }

    /// <summary>Whether an identity has been given a role, or another one that allows as much, at a scope or above it.</summary>
    /// <exception cref="FlowDeploymentException">The assignments must not be read.</exception>
    internal async Task<bool> HasRoleAsync(string principal, RoleNeed need, CancellationToken cancellationToken)
    {
        var filter = Uri.EscapeDataString($"atScope() and assignedTo('{principal}')");
        var assignments = await ListAsync(
            Absolute($"{need.Scope}/providers/Microsoft.Authorization/roleAssignments", AuthorizationVersion, $"&$filter={filter}"),
            $"roles at {need.ScopeName}", int.MaxValue, cancellationToken).ConfigureAwait(false);
        var roles = assignments.Select(static a => a.TextAt("properties", "roleDefinitionId") ?? "").Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (roles.Exists(id => id.EndsWith(need.Role.Id, StringComparison.OrdinalIgnoreCase)))
        {
            return true;
        }

        foreach (var id in roles.Where(static id => id.Length > 0))
        {
            var definition = await TryGetAsync(id, AuthorizationVersion, cancellationToken).ConfigureAwait(false);
            if (Permission.Allows(Permission.Read(definition.At("properties", "permissions")), need.Role.Action, need.Role.IsData))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives a role to an identity; one that it has already is left as it is.</summary>
    /// <exception cref="FlowDeploymentException">The caller must not give roles.</exception>
    internal async Task GiveRoleAsync(string principal, RoleNeed need, CancellationToken cancellationToken)
    {
        var subscription = need.Scope.Split('/') is ["", "subscriptions", var id, ..] ? id : Address.Subscription;
        var response = await RawAsync(
            RequestMethod.Put,
            Absolute($"{need.Scope}/providers/Microsoft.Authorization/roleAssignments/{need.AssignmentName(principal)}", AuthorizationVersion),
            new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["roleDefinitionId"] = $"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{need.Role.Id}",
                    ["principalId"] = principal,

                    // Said, the directory need not know the identity yet, which takes a while after it was made.
                    ["principalType"] = "ServicePrincipal",
                },
            },
            cancellationToken).ConfigureAwait(false);
        if (response.Status is not (409 or (>= 200 and < 300)))
        {
            var fault = ServiceFault.Of(response, "Error");
            throw FlowDeploymentException.Of(
                WorkspaceRules.RoleNotGiven, need.Role.Name, need.ScopeName, $"{fault.Code}: {fault.Message.TrimEnd('.')}", need.Command(principal));
        }
    }

    /// <summary>What the caller may do in the workspace; null where the workspace does not say.</summary>
    internal async Task<IReadOnlyList<Permission>?> FindPermissionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var permissions = await ListAsync(
                Absolute($"{Address.ArmId}/providers/Microsoft.Authorization/permissions", AuthorizationVersion), "permissions", int.MaxValue, cancellationToken).ConfigureAwait(false);
            return permissions.Count == 0 ? null : Permission.Read(new JsonArray([.. permissions.Select(static p => p.DeepClone())]));
        }
        catch (FlowDeploymentException e) when (e.Diagnostic.Rule == WorkspaceRules.RequestFailed)
        {
            return null;
        }
    }

    private async Task<JsonObject> GetDocumentAsync(CancellationToken cancellationToken) =>
        _document ??= await GetAsync("", cancellationToken).ConfigureAwait(false)
            ?? throw FlowDeploymentException.Of(WorkspaceRules.RequestFailed, $"The workspace '{Address.Name}' does not exist in the resource group '{Address.ResourceGroup}' (named by {Address.Origin}).");

    // For what helps and is not needed: a refusal is as good as nothing.
    private async Task<JsonObject?> TryGetAsync(string id, string apiVersion, CancellationToken cancellationToken)
    {
        var response = await RawAsync(Absolute(id, apiVersion), cancellationToken).ConfigureAwait(false);
        return response.Status == 200 ? ReadOrNull(response) : null;
    }

    // An id that is not a path would be another address.
    private Uri Absolute(string id, string apiVersion, string query = "") =>
        Uri.TryCreate(Endpoint, $"{id}?api-version={apiVersion}{query}", out var address) ? address
            : throw FlowDeploymentException.Of(WorkspaceRules.ForeignAddress, id);
}
