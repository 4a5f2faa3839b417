using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>What a running local workspace says about itself in its state folder. The token is secret.</summary>
internal sealed record LocalWorkspaceState(
    string Build, int ProcessId, Uri ControlPlane, byte[] Certificate, string Token, string Subscription, string ResourceGroup, string Workspace,
    string? ServeCommandHash)
{
    private const int KnownVersion = 2;

    /// <summary>Reads the state of a folder, or null when no workspace says that it runs; what cannot be read says nothing.</summary>
    /// <exception cref="FlowDeploymentException">The state is of a newer FlowBuild, or others could have written it.</exception>
    public static LocalWorkspaceState? Read(StatePath folder)
    {
        if (folder.ReadFile("workspace.json") is not { } bytes)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes);
            var root = json.RootElement;
            var version = root.GetProperty("stateVersion").GetInt32();
            if (version > KnownVersion)
            {
                throw FlowDeploymentException.Of(LocalWorkspaceRules.NewerState, folder.Path, $"{version}", $"{KnownVersion}");
            }

            return new LocalWorkspaceState(
                Text("build"), root.GetProperty("processId").GetInt32(), new Uri(Text("controlPlane")), Convert.FromBase64String(Text("certificate")),
                Text("token"), Text("subscriptionId"), Text("resourceGroup"), Text("workspace"),
                root.TryGetProperty("serveCommandHash", out var hash) ? hash.GetString() : null);

            string Text(string name) => root.GetProperty(name).GetString() ?? throw new FormatException(name);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
