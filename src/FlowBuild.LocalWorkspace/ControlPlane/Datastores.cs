using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The workspace's one datastore: a container of its own blob store.</summary>
internal sealed class Datastores(WorkspaceScope scope, WorkspaceIdentity identity)
{
    private static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>GET of all.</summary>
    public Task ListAsync(HttpContext context)
    {
        var names = context.Request.Query["names"].Where(static n => !string.IsNullOrEmpty(n)).SelectMany(static n => n!.Split(',')).ToList();
        var isWanted = names.Count == 0 || names.Contains(WorkspaceNames.Datastore);
        return ArmResponse.WritePageAsync(context, isWanted && context.Request.Query["isDefault"] != "false" ? [Describe()] : []);
    }

    /// <summary>GET of one.</summary>
    public Task GetAsync(HttpContext context)
    {
        Require(context);
        return ArmResponse.WriteAsync(context, 200, Describe());
    }

    /// <summary>POST listSecrets: the account key.</summary>
    public Task ListSecretsAsync(HttpContext context)
    {
        Require(context);
        return ArmResponse.WriteAsync(context, 200, new JsonObject { ["secretsType"] = "AccountKey", ["key"] = identity.AccountKey });
    }

    private JsonObject Describe()
    {
        var resource = scope.Envelope("datastores", $"datastores/{WorkspaceNames.Datastore}", WorkspaceNames.Datastore, Created, Created);
        resource["properties"] = new JsonObject
        {
            ["datastoreType"] = "AzureBlob",
            ["accountName"] = WorkspaceNames.StorageAccount,
            ["containerName"] = WorkspaceNames.Container,
            ["endpoint"] = scope.ControlPlane["https://".Length..],
            ["protocol"] = "https",
            ["resourceGroup"] = WorkspaceNames.ResourceGroup,
            ["subscriptionId"] = scope.SubscriptionId.ToString(),
            ["serviceDataAccessAuthIdentity"] = "None",
            ["credentials"] = new JsonObject { ["credentialsType"] = "AccountKey", ["secrets"] = new JsonObject { ["secretsType"] = "AccountKey" } },
            ["isDefault"] = true,
            ["tags"] = new JsonObject(),
            ["properties"] = new JsonObject(),
        };
        return resource;
    }

    private static void Require(HttpContext context)
    {
        var name = context.Request.RouteValues["name"]!.ToString()!;
        if (!string.Equals(name, WorkspaceNames.Datastore, StringComparison.OrdinalIgnoreCase))
        {
            throw ArmException.AssetNotFound($"The datastore '{name}'");
        }
    }
}
