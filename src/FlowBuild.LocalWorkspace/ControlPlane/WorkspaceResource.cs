using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The workspace itself, and what ARM shows above it.</summary>
internal sealed class WorkspaceResource(WorkspaceScope scope)
{
    private static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>GET of the workspace.</summary>
    public Task GetAsync(HttpContext context)
    {
        var resource = new JsonObject
        {
            ["id"] = scope.Id,
            ["name"] = WorkspaceNames.Workspace,
            ["type"] = WorkspaceScope.WorkspaceType,
            ["location"] = WorkspaceNames.Location,
            ["kind"] = "Default",
            ["tags"] = new JsonObject(),
            ["sku"] = new JsonObject { ["name"] = "Basic", ["tier"] = "Basic" },
            ["identity"] = new JsonObject
            {
                ["type"] = "SystemAssigned",
                ["principalId"] = scope.WorkspaceId.ToString(),
                ["tenantId"] = scope.SubscriptionId.ToString(),
            },
            ["properties"] = new JsonObject
            {
                ["friendlyName"] = "FlowBuild local workspace",
                ["description"] = "An embedded workspace on this machine. It answers by contract; no model is asked.",
                ["workspaceId"] = scope.WorkspaceId.ToString(),
                ["storageAccount"] = $"{scope.GroupId}/providers/Microsoft.Storage/storageAccounts/{WorkspaceNames.StorageAccount}",
                ["containerRegistry"] = $"{scope.GroupId}/providers/Microsoft.ContainerRegistry/registries/{WorkspaceNames.ContainerRegistry}",
                ["provisioningState"] = "Succeeded",
                ["publicNetworkAccess"] = "Enabled",
                ["v1LegacyMode"] = false,
            },
            ["systemData"] = new JsonObject { ["createdAt"] = Created, ["createdBy"] = "FlowBuild", ["createdByType"] = "User" },
        };
        return ArmResponse.WriteAsync(context, 200, resource);
    }

    /// <summary>GET of the subscription.</summary>
    public Task GetSubscriptionAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, new JsonObject
    {
        ["id"] = $"/subscriptions/{scope.SubscriptionId}",
        ["subscriptionId"] = scope.SubscriptionId.ToString(),
        ["displayName"] = "FlowBuild local workspace",
        ["state"] = "Enabled",
        ["tenantId"] = scope.SubscriptionId.ToString(),
    });

    /// <summary>GET of the provider: which types there are, and in which api-versions. Clients that were told none look here.</summary>
    public Task GetProviderAsync(HttpContext context)
    {
        string[] types =
        [
            "workspaces", "workspaces/onlineEndpoints", "workspaces/onlineEndpoints/deployments", "workspaces/models", "workspaces/models/versions",
            "workspaces/environments", "workspaces/environments/versions", "workspaces/codes", "workspaces/codes/versions", "workspaces/datastores",
            "workspaces/computes", "workspaces/connections",
        ];
        return ArmResponse.WriteAsync(context, 200, new JsonObject
        {
            ["id"] = $"/subscriptions/{scope.SubscriptionId}/providers/{WorkspaceNames.Provider}",
            ["namespace"] = WorkspaceNames.Provider,
            ["registrationState"] = "Registered",
            ["resourceTypes"] = new JsonArray([.. types.Select(static type => new JsonObject
            {
                ["resourceType"] = type,
                ["locations"] = new JsonArray(WorkspaceNames.Location),
                ["apiVersions"] = new JsonArray([.. ArmGate.ApiVersions.OrderDescending(StringComparer.Ordinal).Select(static v => JsonValue.Create(v))]),
            })]),
        });
    }

    /// <summary>GET of the resource group.</summary>
    public Task GetGroupAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, new JsonObject
    {
        ["id"] = scope.GroupId,
        ["name"] = WorkspaceNames.ResourceGroup,
        ["type"] = "Microsoft.Resources/resourceGroups",
        ["location"] = WorkspaceNames.Location,
        ["properties"] = new JsonObject { ["provisioningState"] = "Succeeded" },
    });
}
