using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Who may do what: role assignments on the workspace, on what is above it and on the resources beside it, and the caller's permissions.</summary>
internal sealed class RoleAssignments(ResourceStore store, FaultBox faults)
{
    private const string Prefix = "roleAssignments/";
    private const string Type = "Microsoft.Authorization/roleAssignments";

    /// <summary>GET of the assignments that hold at a scope: made there or above.</summary>
    public Task ListAsync(HttpContext context)
    {
        var scope = ScopeOf(context);
        var principal = PrincipalIn(context.Request.Query["$filter"].ToString());
        var found = store.List<StoredProxy>(Prefix).Select(static a => a.Resource).Where(a =>
            scope.StartsWith(a["properties"]!.AsObject().Text("scope")!, StringComparison.OrdinalIgnoreCase)
            && (principal is null || string.Equals(a["properties"]!.AsObject().Text("principalId"), principal, StringComparison.OrdinalIgnoreCase)));
        return ArmResponse.WritePageAsync(context, found);
    }

    /// <summary>PUT of an assignment.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["assignment"]!.ToString()!;
        if (!Guid.TryParse(name, out _))
        {
            throw new ArmException(400, new ArmError("InvalidRoleAssignmentId", "The role assignment id must be a GUID."));
        }

        var properties = Checks.RequireProperties(await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false));
        foreach (var member in (string[])["roleDefinitionId", "principalId"])
        {
            if (string.IsNullOrEmpty(properties.Text(member)))
            {
                throw new ArmException(400, new ArmError("InvalidRequestContent", $"The {member} is missing."));
            }
        }

        var scope = ScopeOf(context);
        JsonObject resource;
        lock (store.Gate)
        {
            // The same again is no change.
            var there = store.Find<StoredProxy>(Prefix + name)?.Resource;
            if (there is not null && !IsSame(there))
            {
                throw new ArmException(400, new ArmError(
                    "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."));
            }

            if (there is null && store.List<StoredProxy>(Prefix).Any(a => IsSame(a.Resource)))
            {
                throw new ArmException(409, new ArmError("RoleAssignmentExists", "The role assignment already exists."));
            }

            var stored = properties.DeepClone().AsObject();
            stored["scope"] = scope;
            resource = there ?? new JsonObject { ["id"] = $"{scope}/providers/{Type}/{name}", ["name"] = name, ["type"] = Type, ["properties"] = stored };
            store.Put(Prefix + name, new StoredProxy(resource));
        }

        await ArmResponse.WriteAsync(context, 201, resource).ConfigureAwait(false);

        bool IsSame(JsonObject assignment)
        {
            var assigned = assignment["properties"]!.AsObject();
            return assigned.Text("scope") == scope && assigned.Text("principalId") == properties.Text("principalId")
                && assigned.Text("roleDefinitionId") == properties.Text("roleDefinitionId");
        }
    }

    /// <summary>DELETE of an assignment.</summary>
    public Task DeleteAsync(HttpContext context)
    {
        var key = Prefix + context.Request.RouteValues["assignment"];
        context.Response.StatusCode = store.Find<StoredProxy>(key) is null ? 204 : 200;
        store.Delete(key);
        return Task.CompletedTask;
    }

    /// <summary>GET of what the caller may do.</summary>
    public Task ListPermissionsAsync(HttpContext context) => ArmResponse.WritePageAsync(context,
    [
        new JsonObject
        {
            ["actions"] = new JsonArray("*"),
            ["notActions"] = new JsonArray([.. (faults.Plan.DeniedActions ?? []).Select(static a => JsonValue.Create(a))]),
            ["dataActions"] = new JsonArray("*"),
            ["notDataActions"] = new JsonArray(),
        },
    ]);

    // principalId eq '...' or assignedTo('...'), the two filters that clients send.
    private static string? PrincipalIn(string filter)
    {
        var parts = filter.Split('\'');
        return parts.Length > 1 ? parts[1] : null;
    }

    private static string ScopeOf(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        return path[..path.IndexOf("/providers/Microsoft.Authorization", StringComparison.OrdinalIgnoreCase)];
    }
}
