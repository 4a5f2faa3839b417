using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The built-in roles that matter around an endpoint.</summary>
internal static class RoleDefinitions
{
    private static readonly Dictionary<string, (string Name, string[] Actions, string[] NotActions, string[] DataActions)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635"] = ("Owner", ["*"], [], []),
        ["b24988ac-6180-42a0-ab88-20f7382dd24c"] = ("Contributor", ["*"], ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"], []),
        ["acdd72a7-3385-48ef-bd42-f606fba81ae7"] = ("Reader", ["*/read"], [], []),
        ["7f951dda-4ed3-4680-a7ca-43fe172d538d"] = ("AcrPull", ["Microsoft.ContainerRegistry/registries/pull/read"], [], []),
        ["2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"] = (
            "Storage Blob Data Reader",
            ["Microsoft.Storage/storageAccounts/blobServices/containers/read", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"], [],
            ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]),
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = (
            "Storage Blob Data Contributor", ["Microsoft.Storage/storageAccounts/blobServices/containers/read"], [],
            ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]),
        ["ea01e6af-a1c1-4350-9563-ad00f8c72ec5"] = (
            "Azure Machine Learning Workspace Connection Secrets Reader",
            ["Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action", "Microsoft.MachineLearningServices/workspaces/metadata/secrets/read"], [], []),
    };

    /// <summary>GET of one.</summary>
    public static Task GetAsync(HttpContext context)
    {
        var id = context.Request.RouteValues["definition"]!.ToString()!;
        if (!Known.TryGetValue(id, out var role))
        {
            throw new ArmException(404, new ArmError("RoleDefinitionDoesNotExist", $"The specified role definition with ID '{id}' does not exist."));
        }

        return ArmResponse.WriteAsync(context, 200, new JsonObject
        {
            ["id"] = context.Request.Path.Value,
            ["name"] = id,
            ["type"] = "Microsoft.Authorization/roleDefinitions",
            ["properties"] = new JsonObject
            {
                ["roleName"] = role.Name,
                ["type"] = "BuiltInRole",
                ["permissions"] = new JsonArray(new JsonObject
                {
                    ["actions"] = List(role.Actions), ["notActions"] = List(role.NotActions), ["dataActions"] = List(role.DataActions), ["notDataActions"] = List([]),
                }),
            },
        });
    }

    private static JsonArray List(string[] words) => new([.. words.Select(static w => (JsonNode?)JsonValue.Create(w))]);
}
