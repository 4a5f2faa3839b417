using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Names the action that a call of the control plane needs, as role definitions name it.</summary>
internal static class RequiredAction
{
    /// <summary>The action of a call, such as <c>Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write</c>.</summary>
    public static string Of(string method, string path)
    {
        var start = path.LastIndexOf("/providers/", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            return path.EndsWith("/resources", StringComparison.OrdinalIgnoreCase)
                ? $"Microsoft.Resources/subscriptions/resources/{Verb(method)}"
                : $"Microsoft.Resources/subscriptions/resourceGroups/{Verb(method)}";
        }

        // Provider, then types and names in turns; a call that acts has the action in the place of a type.
        var parts = path[(start + "/providers/".Length)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var types = parts.Skip(1).Where(static (_, index) => index % 2 == 0).ToList();
        return HttpMethods.IsPost(method)
            ? $"{parts[0]}/{string.Join('/', types)}/action"
            : $"{parts[0]}/{string.Join('/', types)}/{Verb(method)}";
    }

    /// <summary>The refusal, as ARM words it.</summary>
    public static ArmException Refuse(WorkspaceIdentity identity, string action, string path) => new(403, new ArmError(
        "AuthorizationFailed",
        $"The client '{identity.WorkspaceId}' with object id '{identity.WorkspaceId}' does not have authorization to perform action '{action}' over scope '{path}' or the scope is invalid. If access was recently granted, please refresh your credentials."));

    private static string Verb(string method) => method switch
    {
        "GET" or "HEAD" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
}
