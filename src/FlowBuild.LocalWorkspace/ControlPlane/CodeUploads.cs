using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Gives a place to upload code to: a container of its own, opened by a signature.</summary>
internal sealed class CodeUploads(BlobStore blobs, BlobAuthorization keys, WorkspaceScope scope)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>POST startPendingUpload.</summary>
    public async Task StartAsync(HttpContext context)
    {
        var body = await ArmResponse.ReadOptionalBodyAsync(context).ConfigureAwait(false) ?? [];
        Checks.RequireWord(body, "pendingUploadType", ["TemporaryBlobReference", "None"], isRequired: false);
        var id = body.Text("pendingUploadId") ?? Guid.NewGuid().ToString();
        var container = Guid.TryParse(id, out var guid)
            ? guid.ToString("D")
            : throw ArmException.InvalidBody("pendingUploadId", "The pendingUploadId field must be a GUID.");
        blobs.AddContainer(container);
        var uri = $"{scope.BlobEndpoint}/{container}";
        await ArmResponse.WriteAsync(context, 200, new JsonObject
        {
            ["pendingUploadId"] = id,
            ["pendingUploadType"] = body.Text("pendingUploadType") ?? "TemporaryBlobReference",
            ["blobReferenceForConsumption"] = new JsonObject
            {
                ["blobUri"] = uri,
                ["storageAccountArmId"] = $"{scope.GroupId}/providers/Microsoft.Storage/storageAccounts/{WorkspaceNames.StorageAccount}",
                ["credential"] = new JsonObject { ["credentialType"] = "SAS", ["sasUri"] = $"{uri}?{keys.SignContainer(container, "rcwl", Lifetime)}" },
            },
        }).ConfigureAwait(false);
    }
}
