using Azure.Core;
using Azure.Identity;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Credentials by the words of FlowCredential, which are Azure.Identity's own.</summary>
internal static class Credentials
{
    private static readonly Dictionary<string, Func<TokenCredential>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Default"] = static () => new DefaultAzureCredential(),
        ["Environment"] = static () => new EnvironmentCredential(),
        ["WorkloadIdentity"] = static () => new WorkloadIdentityCredential(),
        ["ManagedIdentity"] = static () => new ManagedIdentityCredential(
            Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") is { Length: > 0 } id
                ? ManagedIdentityId.FromUserAssignedClientId(id)
                : ManagedIdentityId.SystemAssigned),
        ["AzureCli"] = static () => new AzureCliCredential(),
        ["AzureDeveloperCli"] = static () => new AzureDeveloperCliCredential(),
        ["AzurePowerShell"] = static () => new AzurePowerShellCredential(),
        ["AzurePipelines"] = static () => new AzurePipelinesCredential(
            Variable("AZURESUBSCRIPTION_TENANT_ID"), Variable("AZURESUBSCRIPTION_CLIENT_ID"),
            Variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"), Variable("SYSTEM_ACCESSTOKEN")),
        ["VisualStudio"] = static () => new VisualStudioCredential(),
        ["InteractiveBrowser"] = static () => new InteractiveBrowserCredential(),
    };

    /// <summary>Makes a credential; no token is asked for yet.</summary>
    /// <exception cref="FlowDeploymentException">The word is not known, or a variable that the credential needs is not set.</exception>
    public static TokenCredential Create(string word)
    {
        if (!Known.TryGetValue(word.Length == 0 ? "Default" : word, out var create))
        {
            throw FlowDeploymentException.Of(ConfigurationRules.UnknownCredential, word, string.Join(", ", Known.Keys));
        }

        return create();
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value
        : throw FlowDeploymentException.Of(
            ConfigurationRules.InvalidProperty, "FlowCredential", "AzurePipelines",
            $"the environment variable {name} is not set; in Azure Pipelines the task AzureCLI@2 sets it, SYSTEM_ACCESSTOKEN is mapped with env:");
}

/// <summary>The one token of the local workspace.</summary>
internal sealed class LocalCredential(string token) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(token, DateTimeOffset.MaxValue);

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
