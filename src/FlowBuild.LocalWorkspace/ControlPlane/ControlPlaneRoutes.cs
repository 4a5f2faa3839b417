using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Which address leads to which resource.</summary>
internal static class ControlPlaneRoutes
{
    private const string Subscription = "/subscriptions/{subscription}";
    private const string Group = Subscription + "/resourceGroups/{group}";
    private const string Workspace = Group + "/providers/" + WorkspaceScope.WorkspaceType + "/{workspace}";
    private const string Location = Subscription + "/providers/" + WorkspaceNames.Provider + "/locations/{location}";

    /// <summary>Maps all resources.</summary>
    public static void Map(
        IEndpointRouteBuilder routes,
        ArmGate gate,
        WorkspaceScope scope,
        WorkspaceResource workspace,
        OnlineEndpoints endpoints,
        OnlineDeployments deployments,
        IReadOnlyDictionary<string, Assets> assets,
        Datastores datastores,
        StoredProxies computes,
        StoredProxies connections,
        CodeUploads codeUploads,
        RoleAssignments roleAssignments,
        SubscriptionResources resources,
        Operations operations)
    {
        Get(Workspace, workspace.GetAsync);
        routes.MapGet(Subscription, gate.GuardAnyVersion(workspace.GetSubscriptionAsync));
        routes.MapGet(Subscription + "/resources", gate.GuardAnyVersion(resources.ListAsync));
        routes.MapGet(Subscription + "/providers/" + SubscriptionResources.RegistryType, gate.GuardAnyVersion(resources.ListRegistriesAsync));
        const string Registry = Group + "/providers/" + SubscriptionResources.RegistryType + "/{registry}";
        routes.MapGet(Registry, gate.GuardAnyVersion(resources.GetRegistryAsync));
        routes.MapPut(Registry, gate.GuardAnyVersion(resources.PutRegistryAsync));
        routes.MapGet(Group, gate.GuardAnyVersion(workspace.GetGroupAsync));
        routes.MapGet(Subscription + "/providers/" + WorkspaceNames.Provider, gate.GuardAnyVersion(workspace.GetProviderAsync));

        const string Endpoints = Workspace + "/onlineEndpoints";
        const string Endpoint = Endpoints + "/{endpoint}";
        Get(Endpoints, endpoints.ListAsync);
        Get(Endpoint, endpoints.GetAsync);
        Put(Endpoint, endpoints.PutAsync);
        Patch(Endpoint, endpoints.PatchAsync);
        Delete(Endpoint, endpoints.DeleteAsync);
        Post(Endpoint + "/listKeys", endpoints.ListKeysAsync);
        Post(Endpoint + "/regenerateKeys", endpoints.RegenerateKeysAsync);
        Post(Endpoint + "/token", endpoints.GetTokenAsync);

        const string Deployments = Endpoint + "/deployments";
        const string Deployment = Deployments + "/{deployment}";
        Get(Deployments, deployments.ListAsync);
        Get(Deployment, deployments.GetAsync);
        Put(Deployment, deployments.PutAsync);
        Patch(Deployment, deployments.PatchAsync);
        Delete(Deployment, deployments.DeleteAsync);
        Post(Deployment + "/getLogs", deployments.GetLogsAsync);
        Get(Deployment + "/skus", deployments.ListSkusAsync);

        foreach (var (type, asset) in assets)
        {
            var container = $"{Workspace}/{type}/{{name}}";
            var version = container + "/versions/{version}";
            Get($"{Workspace}/{type}", asset.ListContainersAsync);
            Get(container, asset.GetContainerAsync);
            Put(container, asset.PutContainerAsync);
            Delete(container, asset.DeleteContainerAsync);
            Get(container + "/versions", asset.ListVersionsAsync);
            Get(version, asset.GetVersionAsync);
            Put(version, asset.PutVersionAsync);
            Delete(version, asset.DeleteVersionAsync);
        }

        Get(Workspace + "/datastores", datastores.ListAsync);
        Get(Workspace + "/datastores/{name}", datastores.GetAsync);
        Post(Workspace + "/datastores/{name}/listSecrets", datastores.ListSecretsAsync);

        Proxies(Workspace + "/computes", computes);
        Proxies(Workspace + "/connections", connections);
        Post(Workspace + "/connections/{name}/listSecrets", connections.ListSecretsAsync);
        Post(Workspace + "/codes/{name}/versions/{version}/startPendingUpload", codeUploads.StartAsync);

        foreach (var scoped in (string[])[Subscription, Group, Workspace, Group + "/providers/{provider}/{type}/{resource}"])
        {
            var assignments = scoped + "/providers/Microsoft.Authorization/roleAssignments";
            routes.MapGet(assignments, gate.GuardAnyVersion(roleAssignments.ListAsync));
            routes.MapPut(assignments + "/{assignment}", gate.GuardAnyVersion(roleAssignments.PutAsync));
            routes.MapDelete(assignments + "/{assignment}", gate.GuardAnyVersion(roleAssignments.DeleteAsync));
            routes.MapGet(scoped + "/providers/Microsoft.Authorization/permissions", gate.GuardAnyVersion(roleAssignments.ListPermissionsAsync));
        }

        routes.MapGet(Subscription + "/providers/Microsoft.Authorization/roleDefinitions/{definition}", gate.GuardAnyVersion(RoleDefinitions.GetAsync));
        routes.MapGet(Group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}", gate.GuardAnyVersion(new Identities(scope).GetAsync));

        Get(Location + "/mfeOperationsStatus/{operation}", operations.GetStatusAsync);
        Get(Location + "/mfeOperationResults/{operation}", operations.GetResultAsync);
        Get(Location + "/vmSizes", VmSizes.ListAsync);
        Get(Location + "/usages", context => VmSizes.ListUsagesAsync(context, scope));
        Get(Location + "/quotas", context => VmSizes.ListQuotasAsync(context, scope));

        // What ARM says of a path that no provider has.
        routes.Map("/{**rest}", gate.GuardAnyVersion(static context => throw new ArmException(404, new ArmError(
            "InvalidResourceType", $"The resource type could not be found for the path '{context.Request.Path}' and the method {context.Request.Method}."))));

        void Proxies(string collection, StoredProxies proxies)
        {
            Get(collection, proxies.ListAsync);
            Get(collection + "/{name}", proxies.GetAsync);
            Put(collection + "/{name}", proxies.PutAsync);
            Delete(collection + "/{name}", proxies.DeleteAsync);
        }

        void Get(string pattern, RequestDelegate handler) => routes.MapGet(pattern, gate.Guard(handler));
        void Put(string pattern, RequestDelegate handler) => routes.MapPut(pattern, gate.Guard(handler));
        void Post(string pattern, RequestDelegate handler) => routes.MapPost(pattern, gate.Guard(handler));
        void Patch(string pattern, RequestDelegate handler) => routes.MapPatch(pattern, gate.Guard(handler));
        void Delete(string pattern, RequestDelegate handler) => routes.MapDelete(pattern, gate.Guard(handler));
    }
}
