using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>An Azure cloud: where one signs in, where its control plane is, and what tokens are asked for.</summary>
/// <param name="Name">Its name, as <c>az cloud list</c> prints it.</param>
/// <param name="Authority">Where tokens come from.</param>
/// <param name="ResourceManager">The control plane.</param>
/// <param name="Audience">What a token of the control plane is asked for.</param>
/// <param name="MachineLearning">What a token of an endpoint is asked for, as az ml asks for it; the studio has the same address.</param>
/// <param name="Registries">What the names of its container registries end with, from the dot on; empty where that is not known.</param>
/// <param name="StorageSuffix">What follows <c>account.blob.</c> in the addresses of its storage accounts; empty where that is not known.</param>
public sealed record AzureCloud(
    string Name, Uri Authority, Uri ResourceManager, string Audience, string MachineLearning, string Registries, string StorageSuffix)
{
    private const string AuthorityVariable = "AZURE_AUTHORITY_HOST";

    private static readonly AzureCloud[] Known =
    [
        Create("AzureCloud", "https://login.microsoftonline.com/", "https://management.azure.com", "https://ml.azure.com", ".azurecr.io", "core.windows.net"),
        Create("AzureUSGovernment", "https://login.microsoftonline.us/", "https://management.usgovcloudapi.net", "https://ml.azure.us", ".azurecr.us", "core.usgovcloudapi.net"),
        Create("AzureChinaCloud", "https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn", "https://ml.azure.cn", ".azurecr.cn", "core.chinacloudapi.cn"),
    ];

    /// <summary>The cloud that most people use.</summary>
    public static AzureCloud Public => Known[0];

    /// <summary>
    /// Whether the address of sign-in is one that Microsoft knows. Another one, of a cloud without a way out, must not be looked up
    /// in the list that the public cloud keeps.
    /// </summary>
    public bool HasKnownAuthority => Array.Exists(Known, cloud => cloud.Authority.Host == Authority.Host);

    /// <summary>Whether a host is one of its container registries.</summary>
    public bool HasRegistry(string host) => Registries.Length > 0 && host.EndsWith(Registries, StringComparison.OrdinalIgnoreCase);

    /// <summary>What the hosts of its managed online endpoints end with; a token of <see cref="MachineLearning"/> is theirs.</summary>
    internal string Inference => $".inference.{new Uri(MachineLearning).Host}";

    /// <summary>Whether a host serves its managed online endpoints.</summary>
    internal bool HasInference(string host) => host.EndsWith(Inference, StringComparison.OrdinalIgnoreCase);

    /// <summary>The cloud that is meant.</summary>
    /// <param name="word">FlowCloud; empty: the cloud whose sign-in AZURE_AUTHORITY_HOST names, else the one that the Azure CLI is
    /// set to, else the public one.</param>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <param name="cli">What the Azure CLI knows.</param>
    /// <exception cref="FlowDeploymentException">The cloud is not known, or an address cannot be used.</exception>
    internal static AzureCloud Find(string word, Func<string, string?> environment, AzureCliConfiguration cli)
    {
        var authority = environment(AuthorityVariable) is { Length: > 0 } text ? Address(AuthorityVariable, text) : null;
        var cloud = word.Length > 0
            ? ByName(word, cli) ?? throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowCloud", word, $"write {string.Join(", ", Known.Select(static c => c.Name))}, or the name of a cloud that 'az cloud register' has made known")
            : Array.Find(Known, c => c.Authority.Host == authority?.Host)
            ?? (cli.CloudName is { } chosen ? ByName(chosen, cli) : null)
            ?? Public;
        return authority is null ? cloud : cloud with { Authority = authority };
    }

    private static AzureCloud? ByName(string name, AzureCliConfiguration cli)
    {
        if (Array.Find(Known, cloud => string.Equals(cloud.Name, name, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return known;
        }

        var registered = cli.ReadCloud(name);
        if (!registered.TryGetValue("endpoint_resource_manager", out var manager) || !registered.TryGetValue("endpoint_active_directory", out var authority))
        {
            return null;
        }

        var origin = $"the Azure CLI's cloud '{name}'";
        return new AzureCloud(
            name, Address(origin, authority), Address(origin, manager),
            registered.GetValueOrDefault("endpoint_active_directory_resource_id", manager), Public.MachineLearning,
            registered.GetValueOrDefault("suffix_acr_login_server_endpoint", "") is { Length: > 0 } suffix ? "." + suffix.TrimStart('.') : "",
            registered.GetValueOrDefault("suffix_storage_endpoint", "").TrimStart('.'));
    }

    private static AzureCloud Create(string name, string authority, string manager, string machineLearning, string registries, string storage) =>
        new(name, new Uri(authority), new Uri(manager), manager + "/", machineLearning, registries, storage);

    private static Uri Address(string origin, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? uri
            : throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, origin, text, "write an address that begins with https://");
}
