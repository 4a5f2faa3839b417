using System.Security.Cryptography;
using System.Text;

namespace FlowBuild.Deployment.Workspace;

/// <summary>A built-in role of Azure, and the action that a deployment needs it for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id, the same in every tenant.</param>
/// <param name="Action">The action; any other role that allows it does as well.</param>
/// <param name="IsData">Whether it is an action on data.</param>
public sealed record Role(string Name, string Id, string Action, bool IsData)
{
    /// <summary>Reads the secrets of the workspace's connections.</summary>
    public static Role ConnectionSecretsReader { get; } = new(
        "Azure Machine Learning Workspace Connection Secrets Reader", "ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
        "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action", false);

    /// <summary>Pulls images from the registry.</summary>
    public static Role AcrPull { get; } = new("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d", "Microsoft.ContainerRegistry/registries/pull/read", false);

    /// <summary>Reads the model from the workspace's storage.</summary>
    public static Role StorageBlobDataReader { get; } = new(
        "Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true);
}

/// <summary>A role that an endpoint's identity needs somewhere.</summary>
/// <param name="Role">The role.</param>
/// <param name="Scope">ARM id of the resource.</param>
/// <param name="Purpose">What it is needed for.</param>
public sealed record RoleNeed(Role Role, string Scope, string Purpose)
{
    /// <summary>The resource's own name.</summary>
    public string ScopeName => Scope[(Scope.LastIndexOf('/') + 1)..];

    /// <summary>The command that gives the role.</summary>
    /// <param name="principal">Object id of the identity.</param>
    public string Command(string principal) =>
        $"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --role \"{Role.Name}\" --scope {Scope}";

    /// <summary>The name of the assignment: the same for the same role, identity and scope, so that giving it twice changes nothing.</summary>
    /// <param name="principal">Object id of the identity.</param>
    public Guid AssignmentName(string principal) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{Scope}|{principal}|{Role.Id}".ToLowerInvariant())).AsSpan(0, 16));
}
