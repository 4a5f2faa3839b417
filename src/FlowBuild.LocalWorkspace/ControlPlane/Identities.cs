using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>
/// The managed identities of endpoints. Each has ids of its own that follow from its name, since no directory is behind them. A
/// user-assigned one is taken to exist where its subscription and group do.
/// </summary>
internal sealed class Identities(WorkspaceScope scope)
{
    /// <summary>The object id of an endpoint's system-assigned identity.</summary>
    public static Guid PrincipalOf(string endpoint) => Id("principal of endpoint", endpoint);

    /// <summary>The ids of a user-assigned identity, as resources that use it show them.</summary>
    /// <param name="id">Its ARM id.</param>
    public static JsonObject Describe(string id) => new()
    {
        ["principalId"] = Id("principal", id).ToString(),
        ["clientId"] = Id("client", id).ToString(),
    };

    /// <summary>GET of a user-assigned identity.</summary>
    public Task GetAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["identity"]!.ToString()!;
        var id = $"{scope.GroupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}";
        var properties = Describe(id);
        properties["tenantId"] = scope.SubscriptionId.ToString();
        return ArmResponse.WriteAsync(context, 200, new JsonObject
        {
            ["id"] = id,
            ["name"] = name,
            ["type"] = "Microsoft.ManagedIdentity/userAssignedIdentities",
            ["location"] = State.WorkspaceNames.Location,
            ["properties"] = properties,
        });
    }

    private static Guid Id(string kind, string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {name.ToLowerInvariant()}")).AsSpan(0, 16));
}
