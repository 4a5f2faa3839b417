using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace FlowBuild.LocalWorkspace.State;

/// <summary>
/// What a local workspace is given once and keeps: programs hold its scoring URIs and keys, so a restart must not change them.
/// </summary>
/// <param name="StateVersion">Version of the folder's layout.</param>
/// <param name="ControlPlanePort">Port of the control plane and the blob store; 0 before the first start.</param>
/// <param name="ScoringPort">Port of the scoring gateway; 0 before the first start.</param>
/// <param name="Certificate">Certificate and private key (PKCS#12).</param>
/// <param name="Token">The bearer token that control plane and blob store want.</param>
/// <param name="SubscriptionId">A made-up subscription.</param>
/// <param name="WorkspaceId">A made-up workspace id.</param>
/// <param name="AccountKey">Key of the storage account, base64.</param>
internal sealed record WorkspaceIdentity(
    int StateVersion,
    int ControlPlanePort,
    int ScoringPort,
    byte[] Certificate,
    string Token,
    Guid SubscriptionId,
    Guid WorkspaceId,
    string AccountKey)
{
    /// <summary>The layout that this program reads and writes.</summary>
    public const int CurrentStateVersion = 2;

    private const string FileName = "identity.json";

    /// <summary>Reads the identity that the folder holds, or makes one up.</summary>
    /// <exception cref="WorkspaceStartException">The folder was written by a newer or an older program, or is damaged.</exception>
    public static WorkspaceIdentity Load(StateFolder folder)
    {
        var path = folder.FilePath(FileName);
        if (!File.Exists(path))
        {
            return Create();
        }

        WorkspaceIdentity? identity;
        try
        {
            identity = JsonSerializer.Deserialize<WorkspaceIdentity>(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw folder.Damaged(path, e);
        }

        return identity switch
        {
            { StateVersion: > CurrentStateVersion } => throw new WorkspaceStartException(
                $"The local workspace in '{folder.Path}' was written by a newer FlowBuild (state version {identity.StateVersion}). Use that version, or another folder."),
            { StateVersion: > 0 and < CurrentStateVersion } => throw new WorkspaceStartException(
                $"The local workspace in '{folder.Path}' was written by an older FlowBuild (state version {identity.StateVersion}). Remove the folder to start with an empty workspace, or name another one."),
            { StateVersion: CurrentStateVersion, Certificate: not null, Token.Length: > 0, AccountKey: { } key } when Convert.TryFromBase64String(key, new byte[key.Length], out _) => identity,
            _ => throw folder.Damaged(path),
        };
    }

    /// <summary>Writes the identity, durably.</summary>
    public void Save(StateFolder folder) => DurableFile.Write(folder.FilePath(FileName), JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>The certificate with its private key.</summary>
    /// <exception cref="WorkspaceStartException">It is damaged.</exception>
    public X509Certificate2 LoadCertificate(StateFolder folder)
    {
        try
        {
            return new X509Certificate2(Certificate);
        }
        catch (CryptographicException e)
        {
            throw folder.Damaged(folder.FilePath(FileName), e);
        }
    }

    /// <summary>A secret of 256 bits that is safe in headers and URIs.</summary>
    public static string NewSecret() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static WorkspaceIdentity Create() => new(
        CurrentStateVersion, 0, 0, CreateCertificate(), NewSecret(), Guid.NewGuid(), Guid.NewGuid(),
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(64)));

    private static byte[] CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=FlowBuild local workspace", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], true));
        var now = DateTimeOffset.UtcNow;
        // Clients pin the very certificate, so its age protects nothing; it must outlive the workspace.
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(30));
        return certificate.Export(X509ContentType.Pkcs12);
    }
}
