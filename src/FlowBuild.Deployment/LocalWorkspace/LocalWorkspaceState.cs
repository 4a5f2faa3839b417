using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>What a running local workspace says about itself in its state folder. The token is secret.</summary>
internal sealed record LocalWorkspaceState(
    string Build, int ProcessId, Uri ControlPlane, byte[] Certificate, string Token, string Subscription, string ResourceGroup, string Workspace)
{
    private const int KnownVersion = 1;

    /// <summary>Reads the state of a folder, or null when no workspace says that it runs.</summary>
    /// <exception cref="FlowDeploymentException">The state is of a newer FlowBuild.</exception>
    public static LocalWorkspaceState? Read(string folder)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(folder, "workspace.json"));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
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
                throw FlowDeploymentException.Of(LocalWorkspaceRules.NewerState, folder, $"{version}", $"{KnownVersion}");
            }

            return new LocalWorkspaceState(
                Text("build"), root.GetProperty("processId").GetInt32(), new Uri(Text("controlPlane")), Convert.FromBase64String(Text("certificate")),
                Text("token"), Text("subscriptionId"), Text("resourceGroup"), Text("workspace"));

            string Text(string name) => root.GetProperty(name).GetString() ?? throw new FormatException(name);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new FlowDeploymentException(
                FlowDiagnostic.At(LocalWorkspaceRules.DidNotStart, null, null, $"its state in '{folder}' cannot be read; remove workspace.json there"), null, e);
        }
    }
}
