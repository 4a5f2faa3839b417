using System.Text.Json;

namespace FlowBuild.Deployment.Workspace;

/// <summary>What the Azure CLI keeps in its folder. A file that is not there or cannot be read says nothing.</summary>
/// <param name="folder">The folder.</param>
internal sealed class AzureCliConfiguration(string folder)
{
    /// <summary>The folder of the environment: <c>AZURE_CONFIG_DIR</c>, else <c>.azure</c> in the user's home.</summary>
    public static AzureCliConfiguration Of(Func<string, string?> environment, string homeFolder) => new(
        environment("AZURE_CONFIG_DIR") is { Length: > 0 } named ? named : Path.Combine(homeFolder, ".azure"));

    /// <summary>What <c>az configure --defaults</c> has set: <c>group</c>, <c>workspace</c>.</summary>
    public IReadOnlyDictionary<string, string> Defaults => ReadSection("config", "defaults");

    /// <summary>The cloud that <c>az cloud set</c> has chosen, or null.</summary>
    public string? CloudName => ReadSection("config", "cloud").GetValueOrDefault("name");

    /// <summary>What <c>az cloud register</c> has written of a cloud, such as <c>endpoint_resource_manager</c>.</summary>
    public IReadOnlyDictionary<string, string> ReadCloud(string name) => ReadSection("clouds.config", name);

    /// <summary>The subscription that <c>az account set</c> has chosen, or nothing.</summary>
    public string ReadSubscription()
    {
        var file = Path.Combine(folder, "azureProfile.json");
        if (!File.Exists(file))
        {
            return "";
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var subscription in json.RootElement.GetProperty("subscriptions").EnumerateArray())
            {
                if (subscription.TryGetProperty("isDefault", out var isDefault) && isDefault.ValueKind == JsonValueKind.True)
                {
                    return subscription.GetProperty("id").GetString() ?? "";
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A file that cannot be read is as good as none: the error that follows says what to set.
        }

        return "";
    }

    private Dictionary<string, string> ReadSection(string name, string wanted)
    {
        var file = Path.Combine(folder, name);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var section = "";
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            var text = line.Trim();
            if (text.StartsWith('['))
            {
                section = text.Trim('[', ']').Trim();
            }
            else if (string.Equals(section, wanted, StringComparison.OrdinalIgnoreCase) && text.Split('=', 2) is [var key, var value])
            {
                values[key.Trim()] = value.Trim();
            }
        }

        return values;
    }
}
