using Azure.Core.Pipeline;

namespace FlowBuild.Deployment.Workspace;

/// <summary>A transport that trusts exactly one certificate, the local workspace's. It enters no trust store.</summary>
internal static class PinnedTransport
{
    public static HttpClient Client(byte[] certificate) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetRawCertData().AsSpan().SequenceEqual(certificate) == true },
    });

    public static HttpClientTransport Create(byte[] certificate) => new(Client(certificate));
}
