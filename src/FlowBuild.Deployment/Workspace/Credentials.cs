using Azure.Core;
using Azure.Identity;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Credentials by the words of FlowCredential, which are Azure.Identity's own.</summary>
public static class Credentials
{
    private const string ServicePrincipal = "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH to a service principal that is valid";

    private static readonly Dictionary<string, Kind> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Default"] = new(
            "sign in ('az login'), set the environment variables of a service principal, or name the credential that is meant with FlowCredential",
            static cloud => new DefaultAzureCredential(new DefaultAzureCredentialOptions { AuthorityHost = cloud.Authority, DisableInstanceDiscovery = !cloud.HasKnownAuthority })),
        ["Environment"] = new(
            ServicePrincipal,
            static cloud => new EnvironmentCredential(new EnvironmentCredentialOptions { AuthorityHost = cloud.Authority, DisableInstanceDiscovery = !cloud.HasKnownAuthority })),
        ["WorkloadIdentity"] = new(
            "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, and let the application trust the issuer of that token",
            static cloud => new WorkloadIdentityCredential(new WorkloadIdentityCredentialOptions { AuthorityHost = cloud.Authority, DisableInstanceDiscovery = !cloud.HasKnownAuthority })),
        ["ManagedIdentity"] = new(
            "run on a machine of Azure that has a managed identity; AZURE_CLIENT_ID names a user-assigned one",
            static _ => new ManagedIdentityCredential(Variable("AZURE_CLIENT_ID") is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned)),
        ["AzureCli"] = new(
            "install the Azure CLI and sign in ('az login')",
            static cloud => new AzureCliCredential(new AzureCliCredentialOptions { AuthorityHost = cloud.Authority })),
        ["AzureDeveloperCli"] = new(
            "install the Azure Developer CLI and sign in ('azd auth login')",
            static cloud => new AzureDeveloperCliCredential(new AzureDeveloperCliCredentialOptions { AuthorityHost = cloud.Authority })),
        ["AzurePowerShell"] = new(
            "install the module Az.Accounts and sign in (Connect-AzAccount)",
            static cloud => new AzurePowerShellCredential(new AzurePowerShellCredentialOptions { AuthorityHost = cloud.Authority })),
        ["AzurePipelines"] = new(
            "run inside the task AzureCLI@2 of Azure Pipelines and map SYSTEM_ACCESSTOKEN with env:",
            static cloud => new AzurePipelinesCredential(
                Required("AZURESUBSCRIPTION_TENANT_ID"), Required("AZURESUBSCRIPTION_CLIENT_ID"), Required("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                Required("SYSTEM_ACCESSTOKEN"), new AzurePipelinesCredentialOptions { AuthorityHost = cloud.Authority, DisableInstanceDiscovery = !cloud.HasKnownAuthority })),
        ["VisualStudio"] = new(
            "sign in to Visual Studio",
            static cloud => new VisualStudioCredential(new VisualStudioCredentialOptions { AuthorityHost = cloud.Authority })),
        ["InteractiveBrowser"] = new(
            "run where a browser can be opened",
            static cloud => new InteractiveBrowserCredential(new InteractiveBrowserCredentialOptions { AuthorityHost = cloud.Authority, DisableInstanceDiscovery = !cloud.HasKnownAuthority })),
    };

    /// <summary>Makes a credential; no token is asked for yet.</summary>
    /// <param name="word">FlowCredential; empty: <c>Default</c>.</param>
    /// <param name="cloud">Where one signs in.</param>
    /// <exception cref="FlowDeploymentException">The word is not known, or a variable that the credential needs is not set or holds something else.</exception>
    public static TokenCredential Create(string word, AzureCloud cloud)
    {
        if (!Known.TryGetValue(Word(word), out var kind))
        {
            throw FlowDeploymentException.Of(ConfigurationRules.UnknownCredential, word, string.Join(", ", Known.Keys));
        }

        try
        {
            return kind.Create(cloud);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            // What Azure.Identity reads from the environment and finds wrong at once, such as a tenant that is none.
            throw NotSignedIn(word, e);
        }
    }

    /// <summary>The error of a credential that gives no token.</summary>
    internal static FlowDeploymentException NotSignedIn(string word, Exception e) => new(
        FlowDiagnostic.At(ConfigurationRules.NotSignedIn, null, null, Word(word), Known[Word(word)].Remedy, CredentialFault.Reason(e)), null, e);

    private static string Word(string word) => word.Length == 0 ? "Default" : word;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Required(string name) => Variable(name)
        ?? throw FlowDeploymentException.Of(
            ConfigurationRules.InvalidProperty, "FlowCredential", "AzurePipelines",
            $"the environment variable {name} is not set; in Azure Pipelines the task AzureCLI@2 sets it, SYSTEM_ACCESSTOKEN is mapped with env:");

    private sealed record Kind(string Remedy, Func<AzureCloud, TokenCredential> Create);
}

/// <summary>The one token of the local workspace.</summary>
internal sealed class LocalCredential(string token) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(token, DateTimeOffset.MaxValue);

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
