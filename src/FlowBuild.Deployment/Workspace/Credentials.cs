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
            static (cloud, log) => new DefaultAzureCredential(In(cloud, log, new DefaultAzureCredentialOptions { DisableInstanceDiscovery = !cloud.HasKnownAuthority }))),
        ["Environment"] = new(
            ServicePrincipal,
            static (cloud, log) => new EnvironmentCredential(In(cloud, log, new EnvironmentCredentialOptions { DisableInstanceDiscovery = !cloud.HasKnownAuthority }))),
        ["WorkloadIdentity"] = new(
            "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, and let the application trust the issuer of that token",
            static (cloud, log) => new WorkloadIdentityCredential(In(cloud, log, new WorkloadIdentityCredentialOptions { DisableInstanceDiscovery = !cloud.HasKnownAuthority }))),
        ["ManagedIdentity"] = new(
            "run on a machine of Azure that has a managed identity; AZURE_CLIENT_ID names a user-assigned one",
            static (cloud, log) => new ManagedIdentityCredential(In(cloud, log, new ManagedIdentityCredentialOptions(
                Variable("AZURE_CLIENT_ID") is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned)))),
        ["AzureCli"] = new(
            "install the Azure CLI and sign in ('az login')",
            static (cloud, log) => new AzureCliCredential(In(cloud, log, new AzureCliCredentialOptions()))),
        ["AzureDeveloperCli"] = new(
            "install the Azure Developer CLI and sign in ('azd auth login')",
            static (cloud, log) => new AzureDeveloperCliCredential(In(cloud, log, new AzureDeveloperCliCredentialOptions()))),
        ["AzurePowerShell"] = new(
            "install the module Az.Accounts and sign in (Connect-AzAccount)",
            static (cloud, log) => new AzurePowerShellCredential(In(cloud, log, new AzurePowerShellCredentialOptions()))),
        ["AzurePipelines"] = new(
            "run inside the task AzureCLI@2 of Azure Pipelines and map SYSTEM_ACCESSTOKEN with env:",
            static (cloud, log) => new AzurePipelinesCredential(
                Required("AZURESUBSCRIPTION_TENANT_ID"), Required("AZURESUBSCRIPTION_CLIENT_ID"), Required("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                Required("SYSTEM_ACCESSTOKEN"), In(cloud, log, new AzurePipelinesCredentialOptions { DisableInstanceDiscovery = !cloud.HasKnownAuthority }))),
        ["VisualStudio"] = new(
            "sign in to Visual Studio",
            static (cloud, log) => new VisualStudioCredential(In(cloud, log, new VisualStudioCredentialOptions()))),
        ["InteractiveBrowser"] = new(
            "run where a browser can be opened",
            static (cloud, log) => new InteractiveBrowserCredential(In(cloud, log, new InteractiveBrowserCredentialOptions { DisableInstanceDiscovery = !cloud.HasKnownAuthority }))),
    };

    /// <summary>Makes a credential; no token is asked for yet.</summary>
    /// <param name="word">FlowCredential; empty: <c>Default</c>.</param>
    /// <param name="cloud">Where one signs in.</param>
    /// <param name="log">Where it is said that a request for a token is sent again, except by a managed identity, which has its own way.</param>
    /// <exception cref="FlowDeploymentException">The word is not known, or a variable that the credential needs is not set or holds something else.</exception>
    public static TokenCredential Create(string word, AzureCloud cloud, IFlowLog log)
    {
        if (!Known.TryGetValue(Word(word), out var kind))
        {
            throw FlowDeploymentException.Of(ConfigurationRules.UnknownCredential, word, string.Join(", ", Known.Keys));
        }

        try
        {
            return kind.Create(cloud, log);
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

    private static T In<T>(AzureCloud cloud, IFlowLog log, T options)
        where T : TokenCredentialOptions
    {
        options.AuthorityHost = cloud.Authority;
        options.AddPolicy(new SaidTokenRetries(log), HttpPipelinePosition.PerRetry);
        return options;
    }

    private static string Word(string word) => word.Length == 0 ? "Default" : word;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Required(string name) => Variable(name)
        ?? throw FlowDeploymentException.Of(
            ConfigurationRules.InvalidProperty, "FlowCredential", "AzurePipelines",
            $"the environment variable {name} is not set; in Azure Pipelines the task AzureCLI@2 sets it, SYSTEM_ACCESSTOKEN is mapped with env:");

    private sealed record Kind(string Remedy, Func<AzureCloud, IFlowLog, TokenCredential> Create);
}

/// <summary>The one token of the local workspace.</summary>
internal sealed class LocalCredential(string token) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(token, DateTimeOffset.MaxValue);

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
