using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Finds out which workspace is meant. A workspace is taken whole from one place: properties, environment variables, config.json,
/// the defaults of the Azure CLI, in this order.
/// </summary>
/// <param name="settings">What the build says.</param>
/// <param name="environment">Reads an environment variable; null when it is not set.</param>
/// <param name="homeFolder">The user's home, where the Azure CLI keeps its defaults.</param>
public sealed class WorkspaceResolver(WorkspaceSettings settings, Func<string, string?> environment, string homeFolder)
{
    private const string Advice =
        "set FlowWorkspace=local, or FlowSubscriptionId, FlowResourceGroup and FlowWorkspace (or AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP " +
        "and AZUREML_WORKSPACE_NAME, or put the workspace's config.json beside the project)";

    /// <summary>Whether the local workspace is meant; it is never chosen silently.</summary>
    public bool IsLocal => settings.Name == "local";

    /// <summary>The cloud that the workspace in Azure is in.</summary>
    /// <exception cref="FlowDeploymentException">It is not known.</exception>
    public AzureCloud ResolveCloud() => AzureCloud.Find(settings.Cloud, environment, AzureCliConfiguration.Of(environment, homeFolder));

    /// <summary>The workspace in Azure.</summary>
    /// <param name="writes">The target changes the workspace: the Azure CLI's defaults then need consent.</param>
    /// <exception cref="FlowDeploymentException">None is configured, or one place names it in part.</exception>
    public WorkspaceAddress Resolve(bool writes)
    {
        if (settings.Subscription.Length == 0 && string.Equals(settings.Name, "local", StringComparison.OrdinalIgnoreCase))
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowWorkspace", settings.Name, "write 'local' in small letters for the local workspace, or name the subscription of a workspace in Azure");
        }

        var found = FromParts(
                settings.Subscription, settings.ResourceGroup, settings.Name,
                "the properties", ["FlowSubscriptionId", "FlowResourceGroup", "FlowWorkspace"], mayBeEmpty: true)
            ?? FromParts(
                Variable("AZURE_SUBSCRIPTION_ID"), Variable("AZURE_RESOURCE_GROUP"), Variable("AZUREML_WORKSPACE_NAME"),
                "the environment", ["AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME"], mayBeEmpty: true)
            ?? FromConfigFile()
            ?? FromAzureCli(writes);
        if (found is null)
        {
            throw FlowDeploymentException.Of(ConfigurationRules.WorkspaceNotConfigured, Advice);
        }

        return Guid.TryParseExact(found.Subscription, "D", out _) ? found
            : throw FlowDeploymentException.Of(ConfigurationRules.InvalidSubscription, found.Origin);
    }

    // Properties may leave out what the environment gives: the usual case is a workspace in the project and a subscription outside.
    private WorkspaceAddress? FromParts(
        string subscription, string group, string workspace, string origin, string[] names, bool mayBeEmpty)
    {
        if (subscription.Length == 0 && group.Length == 0 && workspace.Length == 0 && mayBeEmpty)
        {
            return null;
        }

        var filled = new List<string>();
        subscription = Fill(subscription, "AZURE_SUBSCRIPTION_ID");
        group = Fill(group, "AZURE_RESOURCE_GROUP");
        workspace = Fill(workspace, "AZUREML_WORKSPACE_NAME");
        string[] missing = [.. names.Zip([subscription, group, workspace]).Where(static p => p.Second.Length == 0).Select(static p => p.First)];
        if (missing.Length == 0)
        {
            return new WorkspaceAddress(
                subscription, group, workspace, filled.Count == 0 ? origin : $"{origin} and {string.Join(", ", filled)}", IsLocal: false);
        }

        // Only a subscription or a group in the environment is no workspace: many tools set these for other purposes.
        return names[0] == "AZURE_SUBSCRIPTION_ID" && workspace.Length == 0 ? null
            : throw FlowDeploymentException.Of(
                ConfigurationRules.WorkspaceIncomplete, names[0] == "FlowSubscriptionId" ? $"{origin}; the local one is FlowWorkspace=local" : origin, string.Join(", ", missing));

        string Fill(string value, string variable)
        {
            if (value.Length > 0 || Variable(variable) is not { Length: > 0 } found)
            {
                return value;
            }

            if (!names.Contains(variable))
            {
                filled.Add(variable);
            }

            return found;
        }
    }

    private WorkspaceAddress? FromConfigFile()
    {
        for (var folder = new DirectoryInfo(settings.ProjectDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var name in (ReadOnlySpan<string>)["config.json", ".azureml/config.json"])
            {
                var file = Path.Combine(folder.FullName, name);
                if (File.Exists(file) && FromConfigFile(file) is { } address)
                {
                    return address;
                }
            }

            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return null;
            }
        }

        return null;
    }

    private static WorkspaceAddress? FromConfigFile(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(ReadableFile.ReadText(file), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            string[] keys = ["subscription_id", "resource_group", "workspace_name"];
            if (json.RootElement.ValueKind != JsonValueKind.Object || !keys.Any(key => json.RootElement.TryGetProperty(key, out _)))
            {
                // Another tool's config.json.
                return null;
            }

            var values = Array.ConvertAll(keys, key =>
                json.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "");
            if (values.Contains(""))
            {
                throw FlowDeploymentException.At(
                    ConfigurationRules.WorkspaceIncomplete, file, null, "the file", string.Join(", ", keys.Where((_, i) => values[i].Length == 0)));
            }

            return new WorkspaceAddress(values[0], values[1], values[2], file, IsLocal: false);
        }
        catch (JsonException e)
        {
            // What the parser says quotes the file, which may be another than it seems.
            var line = (int)(e.LineNumber ?? 0);
            throw FlowDeploymentException.At(
                ConfigurationRules.WorkspaceNotConfigured, file, new SourceSpan(line, 0, line, 0), "this line of the file is no valid JSON; correct it");
        }
    }

    private WorkspaceAddress? FromAzureCli(bool writes)
    {
        var cli = AzureCliConfiguration.Of(environment, homeFolder);
        var group = cli.Defaults.GetValueOrDefault("group", "");
        var workspace = cli.Defaults.GetValueOrDefault("workspace", "");
        var subscription = cli.ReadSubscription();
        if (group.Length == 0 || workspace.Length == 0 || subscription.Length == 0)
        {
            return null;
        }

        return !writes || settings.UseAzureCliDefaults
            ? new WorkspaceAddress(subscription, group, workspace, "the defaults of the Azure CLI", IsLocal: false)
            : throw FlowDeploymentException.Of(
                ConfigurationRules.WorkspaceNotConfigured,
                $"the Azure CLI's default is the workspace '{workspace}' in '{group}'; set FlowUseAzureCliDefaults=true to let a target change it, or {Advice}");
    }

    private string Variable(string name) => environment(name) ?? "";
}
