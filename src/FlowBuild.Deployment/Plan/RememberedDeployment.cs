using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>What a deployment runs, short enough for a tag: <c>model:version;environment:version;settings</c>.</summary>
/// <param name="Model"><c>name:version</c>, the id of what is in no workspace, or nothing.</param>
/// <param name="Environment">The same for the environment.</param>
/// <param name="Settings">A hash of everything else that a deployment file says, the variables' values included; null where an earlier version
/// of FlowBuild wrote the tag, or it had no room.</param>
internal sealed record RememberedDeployment(string Model, string Environment, string? Settings)
{
    // ARM takes 256 characters.
    private const int Longest = 256;
    private const int HashLength = 12;

    /// <summary>What a deployment runs now.</summary>
    public static RememberedDeployment Of(DeploymentResource deployment) =>
        new(Name(deployment.ModelId), Name(deployment.EnvironmentId), HashOf(MachineLearningWorkspace.SettingsOf(deployment)));

    /// <summary>Reads a tag; null for none, and for text that is no such tag.</summary>
    public static RememberedDeployment? Parse(string? tag) => tag?.Split(';') switch
    {
        [var model, var environment] => new RememberedDeployment(model, environment, null),
        [var model, var environment, var settings] => new RememberedDeployment(model, environment, settings),
        _ => null,
    };

    /// <summary>Whether another one runs the same model and environment.</summary>
    public bool HasAssetsOf(RememberedDeployment other) => Model == other.Model && Environment == other.Environment;

    /// <summary>Whether another one is known to have other settings.</summary>
    public bool HasOtherSettingsThan(RememberedDeployment other) => Settings is not null && other.Settings is not null && Settings != other.Settings;

    /// <summary>Whether another one runs the same, as far as both are known.</summary>
    public bool Matches(RememberedDeployment other) => HasAssetsOf(other) && !HasOtherSettingsThan(other);

    /// <summary>The tag's value; null when not even model and environment fit.</summary>
    public string? ToTag() => ((string[])[$"{Model};{Environment};{Settings}", $"{Model};{Environment}"]).FirstOrDefault(static text => text.Length <= Longest);

    // The short name of what is not in this workspace, such as in a registry, would lead to something else.
    private static string Name(string? id) => id?.StartsWith(MachineLearningWorkspace.AssetScheme, StringComparison.OrdinalIgnoreCase) == true ? id : AssetNames.Short(id ?? "");

    // Whoever may read the tag may read the deployment's variables too; the hash only keeps their values out of sight.
    private static string HashOf(JsonObject settings)
    {
        var text = new StringBuilder();
        Write(settings, text);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..HashLength];
    }

    // The service may give the members in any order.
    private static void Write(JsonNode? node, StringBuilder text)
    {
        if (node is not JsonObject members)
        {
            text.Append(node?.ToJsonString() ?? "null").Append(',');
            return;
        }

        text.Append('{');
        foreach (var (name, value) in members.OrderBy(static m => m.Key, StringComparer.Ordinal))
        {
            text.Append(JsonValue.Create(name).ToJsonString()).Append(':');
            Write(value, text);
        }

        text.Append('}');
    }
}
