using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>A resource that is kept as it was put and does nothing.</summary>
/// <param name="Resource">What a GET returns.</param>
/// <param name="Secrets">Credentials that a GET does not return.</param>
internal sealed record StoredProxy(JsonObject Resource, JsonObject? Secrets = null);

/// <summary>
/// Resources that other things refer to and that here need only to be there: computes, connections, role assignments.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="scope">The workspace.</param>
/// <param name="type">The type below the workspace's.</param>
/// <param name="describe">Checks a body and gives the properties that a GET returns, with the secrets taken out.</param>
internal sealed class StoredProxies(
    ResourceStore store, WorkspaceScope scope, string type, Func<JsonObject, (JsonObject Properties, JsonObject? Secrets)> describe)
{
    /// <summary>The resource, or null.</summary>
    public StoredProxy? Find(string name) => store.Find<StoredProxy>(KeyOf(name));

    /// <summary>GET of all.</summary>
    public Task ListAsync(HttpContext context) => ArmResponse.WritePageAsync(context, store.List<StoredProxy>($"{type}/").Select(static p => p.Resource));

    /// <summary>GET of one.</summary>
    public Task GetAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, FromRoute(context).Resource);

    /// <summary>PUT of one.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var name = NameFrom(context);
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        var (properties, secrets) = describe(Checks.RequireProperties(body));
        StoredProxy proxy;
        bool isNew;
        lock (store.Gate)
        {
            var existing = Find(name);
            isNew = existing is null;
            var now = DateTimeOffset.UtcNow;
            var resource = scope.Envelope(type, $"{type}/{name}", name, existing is null ? now : OnlineEndpoints.Created(existing.Resource), now);
            resource["properties"] = properties.DeepClone();
            if (body.Text("location") is not null)
            {
                resource["location"] = WorkspaceNames.Location;
            }

            proxy = new StoredProxy(resource, secrets);
            store.Put(KeyOf(name), proxy);
        }

        await ArmResponse.WriteAsync(context, isNew ? 201 : 200, proxy.Resource).ConfigureAwait(false);
    }

    /// <summary>DELETE of one.</summary>
    public Task DeleteAsync(HttpContext context)
    {
        lock (store.Gate)
        {
            var name = NameFrom(context);
            context.Response.StatusCode = Find(name) is null ? 204 : 200;
            store.Delete(KeyOf(name));
        }

        return Task.CompletedTask;
    }

    /// <summary>POST listSecrets: the resource with what a GET leaves out.</summary>
    public Task ListSecretsAsync(HttpContext context)
    {
        var proxy = FromRoute(context);
        if (proxy.Secrets is not null)
        {
            proxy.Resource["properties"]!["credentials"] = proxy.Secrets.DeepClone();
        }

        return ArmResponse.WriteAsync(context, 200, proxy.Resource);
    }

    private StoredProxy FromRoute(HttpContext context)
    {
        var name = NameFrom(context);
        return Find(name) ?? throw ArmException.NotFound($"{WorkspaceScope.WorkspaceType}/{WorkspaceNames.Workspace}/{type}", name);
    }

    private string KeyOf(string name) => $"{type}/{name.ToLowerInvariant()}";

    private static string NameFrom(HttpContext context) => context.Request.RouteValues["name"]!.ToString()!;
}

/// <summary>The kinds of resources that only need to be there.</summary>
internal static class ProxyTypes
{
    private static readonly string[] ComputeKinds = ["Kubernetes", "AmlCompute", "ComputeInstance", "AKS", "VirtualMachine"];

    /// <summary>Computes; an endpoint of Kubernetes names one.</summary>
    public static StoredProxies Computes(ResourceStore store, WorkspaceScope scope) => new(store, scope, "computes", static given =>
    {
        Checks.RequireWord(given, "computeType", ComputeKinds, isRequired: true);
        var properties = given.DeepClone().AsObject();
        properties["provisioningState"] = "Succeeded";
        properties["isAttachedCompute"] = true;
        return (properties, null);
    });

    /// <summary>Connections; a flow names them.</summary>
    public static StoredProxies Connections(ResourceStore store, WorkspaceScope scope) => new(store, scope, "connections", static given =>
    {
        if (string.IsNullOrEmpty(given.Text("category")) || string.IsNullOrEmpty(given.Text("authType")))
        {
            throw ArmException.InvalidBody("properties", "A connection needs a category and an authType.");
        }

        var properties = given.DeepClone().AsObject();
        var secrets = properties.Object("credentials")?.DeepClone().AsObject();
        properties["credentials"] = null;
        return (properties, secrets);
    });
}
