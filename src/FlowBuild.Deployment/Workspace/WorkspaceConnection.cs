using Azure.Core;
using Azure.Core.Pipeline;
using Azure.ResourceManager;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>How a workspace is reached: address, credential, transport.</summary>
internal sealed class WorkspaceConnection
{
    private WorkspaceConnection(
        WorkspaceAddress address, AzureCloud cloud, Uri? localBlobs, TokenCredential credential, string credentialWord,
        HttpPipelineTransport? transport, string apiVersion, Patience patience, IFlowLog log)
    {
        Address = address;
        Cloud = cloud;
        LocalBlobs = localBlobs;
        Credential = credential;
        CredentialWord = credentialWord;
        Transport = transport;
        ApiVersion = apiVersion.Length == 0 ? MachineLearningWorkspace.DefaultApiVersion : apiVersion;
        Patience = patience;
        Log = log;
    }

    public WorkspaceAddress Address { get; }

    /// <summary>The cloud that it is in; the local workspace is taken for a public one with a control plane of its own.</summary>
    public AzureCloud Cloud { get; }

    /// <summary>Where the local workspace keeps blobs; null for Azure, where the datastore names the account.</summary>
    public Uri? LocalBlobs { get; }

    public TokenCredential Credential { get; }

    /// <summary>The word of FlowCredential, for messages.</summary>
    public string CredentialWord { get; }

    public HttpPipelineTransport? Transport { get; }

    public string ApiVersion { get; }

    public IFlowLog Log { get; }

    public Patience Patience { get; }

    public static WorkspaceConnection ToAzure(WorkspaceAddress address, AzureCloud cloud, WorkspaceSettings settings, IFlowLog log) => new(
        address, cloud, null, Credentials.Create(settings.Credential, cloud, log), settings.Credential, null, settings.ApiVersion, settings.Patience ?? Patience.Azure, log);

    public static WorkspaceConnection ToLocal(
        WorkspaceAddress address, Uri controlPlane, string token, byte[] certificate, WorkspaceSettings settings, IFlowLog log) => new(
        address, AzureCloud.Public with { ResourceManager = controlPlane }, controlPlane, new LocalCredential(token), "local", PinnedTransport.Create(certificate), settings.ApiVersion,
        settings.Patience ?? Patience.Local, log);

    public MachineLearningWorkspace Open()
    {
        var options = new ArmClientOptions { Environment = new ArmEnvironment(Cloud.ResourceManager, Cloud.Audience) };
        Configure(options);
        return new MachineLearningWorkspace(new ArmClient(Credential, Address.Subscription, options), this);
    }

    /// <summary>What every client of the workspace shares: transport, retries, and a line in the log for each retry.</summary>
    public T Configure<T>(T options)
        where T : ClientOptions
    {
        options.Diagnostics.ApplicationId = "FlowBuild";
        if (Transport is not null)
        {
            options.Transport = Transport;
        }

        Patience.Configure(options.Retry);
        options.RetryPolicy = new SaidRetryPolicy(options.Retry, Log);
        options.AddPolicy(new ResponseLimitPolicy(Patience.WholeAnswer), HttpPipelinePosition.BeforeTransport);
        return options;
    }

    /// <summary>The workspace did not answer at all.</summary>
    public FlowDeploymentException Unreachable(Exception e)
    {
        var reason = e is AggregateException { InnerExceptions: [.., var last] } ? last : e;
        var message = reason.InnerException is { } inner && inner.Message.Length > 0 ? inner.Message : reason.Message;
        return new FlowDeploymentException(
            Address.IsLocal
                ? FlowDiagnostic.At(LocalWorkspaceRules.WentAway, null, null, FirstLine(message))
                : FlowDiagnostic.At(WorkspaceRules.Unreachable, null, null, Cloud.ResourceManager.Host, FirstLine(message)),
            null, e);
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim().TrimEnd('.');
}
