using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowBuild.LocalWorkspace.Serving;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>
/// <c>workspace.json</c>: tells other processes of the same user that the workspace is ready, and how to reach it.
/// </summary>
/// <param name="StateVersion">Version of the folder's layout.</param>
/// <param name="Build">Module version id of the program, so that a caller can tell its own build from another.</param>
/// <param name="ProcessId">The process that serves.</param>
/// <param name="ControlPlane">Where ARM and blobs are.</param>
/// <param name="Scoring">Where endpoints answer.</param>
/// <param name="Certificate">The server's certificate (DER, base64), to be pinned.</param>
/// <param name="Token">The bearer token.</param>
/// <param name="SubscriptionId">The made-up subscription.</param>
/// <param name="ResourceGroup">Always <c>local</c>.</param>
/// <param name="Workspace">Always <c>local</c>.</param>
/// <param name="Location">Always <c>local</c>.</param>
/// <param name="ServeCommandHash">Hash of the command or address that flows are really served with; null when answers are recorded or made up.</param>
internal sealed record WorkspaceFile(
    int StateVersion,
    Guid Build,
    int ProcessId,
    string ControlPlane,
    string Scoring,
    string Certificate,
    string Token,
    Guid SubscriptionId,
    string ResourceGroup,
    string Workspace,
    string Location,
    string? ServeCommandHash)
{
    private const string FileName = "workspace.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The module version id of this program.</summary>
    public static Guid ThisBuild => typeof(WorkspaceFile).Module.ModuleVersionId;

    /// <summary>Describes a workspace that is served at the ports of its identity.</summary>
    public static WorkspaceFile Describe(WorkspaceIdentity identity, X509Certificate2 certificate, string? serveCommand) => new(
        identity.StateVersion,
        ThisBuild,
        Environment.ProcessId,
        $"https://127.0.0.1:{identity.ControlPlanePort}",
        $"http://127.0.0.1:{identity.ScoringPort}",
        Convert.ToBase64String(certificate.RawData),
        identity.Token,
        identity.SubscriptionId,
        WorkspaceNames.ResourceGroup,
        WorkspaceNames.Workspace,
        WorkspaceNames.Location,
        ServeCommand.HashOf(serveCommand));

    /// <summary>Says "ready".</summary>
    public void Publish(StateFolder folder) => DurableFile.Write(folder.FilePath(FileName), JsonSerializer.SerializeToUtf8Bytes(this, Json));

    /// <summary>Whether a process says "ready", or said so and was killed.</summary>
    public static bool Exists(StateFolder folder) => File.Exists(folder.FilePath(FileName));

    /// <summary>Says "gone".</summary>
    public static void Remove(StateFolder folder) => File.Delete(folder.FilePath(FileName));
}
