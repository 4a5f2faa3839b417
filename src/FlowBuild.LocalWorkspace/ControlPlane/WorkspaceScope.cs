using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Knows the ids and addresses of the workspace's resources.</summary>
internal sealed class WorkspaceScope(WorkspaceIdentity identity)
{
    /// <summary>ARM type of the workspace; the types below it begin with it.</summary>
    public const string WorkspaceType = WorkspaceNames.Provider + "/workspaces";

    /// <summary>ARM id of the workspace.</summary>
    public string Id { get; } =
        $"/subscriptions/{identity.SubscriptionId}/resourceGroups/{WorkspaceNames.ResourceGroup}/providers/{WorkspaceType}/{WorkspaceNames.Workspace}";

    /// <summary>Id of the resource group.</summary>
    public string GroupId { get; } = $"/subscriptions/{identity.SubscriptionId}/resourceGroups/{WorkspaceNames.ResourceGroup}";

    /// <summary>The made-up subscription.</summary>
    public Guid SubscriptionId => identity.SubscriptionId;

    /// <summary>The workspace's own id.</summary>
    public Guid WorkspaceId => identity.WorkspaceId;

    /// <summary>Where the control plane answers, without a slash at the end.</summary>
    public string ControlPlane => $"https://127.0.0.1:{identity.ControlPlanePort}";

    /// <summary>Where endpoints answer, without a slash at the end.</summary>
    public string Scoring => $"http://127.0.0.1:{identity.ScoringPort}";

    /// <summary>The storage account as the blob client wants it.</summary>
    public string BlobEndpoint => $"{ControlPlane}/{WorkspaceNames.StorageAccount}";

    /// <summary>Id, name, type and the system's data of a resource, as every answer begins.</summary>
    public JsonObject Envelope(string relativeType, string relativeId, string name, DateTimeOffset created, DateTimeOffset modified) => new()
    {
        ["id"] = $"{Id}/{relativeId}",
        ["name"] = name,
        ["type"] = $"{WorkspaceType}/{relativeType}",
        ["systemData"] = new JsonObject
        {
            ["createdAt"] = created,
            ["createdBy"] = "FlowBuild",
            ["createdByType"] = "User",
            ["lastModifiedAt"] = modified,
            ["lastModifiedBy"] = "FlowBuild",
            ["lastModifiedByType"] = "User",
        },
    };

    /// <summary>The part of an ARM id below this workspace, without a slash, or null when the id is elsewhere.</summary>
    public string? RelativeTo(string armId) =>
        armId.StartsWith(Id + "/", StringComparison.OrdinalIgnoreCase) ? armId[(Id.Length + 1)..] : null;
}
