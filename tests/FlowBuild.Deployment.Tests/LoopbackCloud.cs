using System.Security.Cryptography.X509Certificates;

namespace FlowBuild.Deployment.Tests;

/// <summary>A cloud on this machine, as the Azure CLI knows one that was registered: its own sign-in and its own control plane.</summary>
internal sealed class LoopbackCloud : IAsyncDisposable
{
    private LoopbackCloud(BasicChat chat, TokenServer tokens) => (Chat, Tokens, Targets) = (chat, tokens, new TargetRun(chat));

    /// <summary>What a token of the control plane is asked for.</summary>
    public const string ControlPlane = "https://management.example.com";

    public BasicChat Chat { get; }

    public TokenServer Tokens { get; }

    public TargetRun Targets { get; }

    /// <summary>The control plane, where it changes what it answers.</summary>
    public TamperingProxy? Proxy { get; private init; }

    /// <summary>Starts it.</summary>
    /// <param name="token">The token that is given to whoever signs in; by default the one that the workspace takes.</param>
    /// <param name="registries">What the names of the cloud's container registries end with.</param>
    /// <param name="trusted">The certificate of another server that is trusted.</param>
    /// <param name="proxy">The control plane changes what it answers.</param>
    public static async Task<LoopbackCloud> StartAsync(string? token = null, string registries = "", X509Certificate2? trusted = null, bool proxy = false)
    {
        var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var controlPlane = proxy ? await TamperingProxy.StartAsync(chat) : null;
        var cloud = new LoopbackCloud(chat, await TokenServer.StartAsync(token ?? chat.Host.Token)) { Proxy = controlPlane };
        cloud.Write("azure-cli/config", "[cloud]\nname = Loopback\n");
        cloud.Write("azure-cli/clouds.config", $"""
            [Loopback]
            endpoint_resource_manager = {controlPlane?.Address ?? chat.Host.ControlPlane}
            endpoint_active_directory = {cloud.Tokens.Authority}
            endpoint_active_directory_resource_id = {ControlPlane}
            suffix_acr_login_server_endpoint = {registries}
            suffix_storage_endpoint = core.example.com
            """);
        var environment = cloud.Targets.Environment;
        environment["SSL_CERT_FILE"] = cloud.Write("trusted.pem", $"{cloud.Tokens.Certificate.ExportCertificatePem()}\n{chat.Host.Certificate.ExportCertificatePem()}\n{trusted?.ExportCertificatePem()}\n{controlPlane?.Certificate.ExportCertificatePem()}\n");
        environment["AZURE_SUBSCRIPTION_ID"] = chat.Host.SubscriptionId.ToString();
        environment["AZURE_RESOURCE_GROUP"] = "local";
        environment["AZUREML_WORKSPACE_NAME"] = "local";
        return cloud;
    }

    public void UseSecret(string secret)
    {
        Targets.Environment["AZURE_TENANT_ID"] = TokenServer.Tenant;
        Targets.Environment["AZURE_CLIENT_ID"] = TokenServer.Client;
        Targets.Environment["AZURE_CLIENT_SECRET"] = secret;
    }

    public string Write(string path, string text)
    {
        var file = Path.Combine(Chat.Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await Tokens.DisposeAsync();
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }

        await Chat.DisposeAsync();
    }
}
