using Azure;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>What an upload did.</summary>
/// <param name="Sent">Files sent.</param>
/// <param name="SentBytes">The bytes sent: of a file that went on where an upload was cut, only those that were left.</param>
/// <param name="Present">Files that were there already.</param>
public sealed record UploadResult(int Sent, long SentBytes, int Present);

/// <summary>
/// Uploads packages to the workspace's blob container, in az ml's layout. The signed-in identity is tried first, since many
/// tenants forbid shared keys; the datastore's key or SAS follows where storage refuses the identity. Files that lie there with
/// the same length and MD5 are not sent again, nor are the blocks of large ones, so an upload that was cut goes on where it stopped.
/// </summary>
public sealed partial class ArtifactStore
{
    private const int DisturbedAttempts = 5;
    private const int FilesAtOnce = 32;

    private readonly MachineLearningWorkspace _workspace;
    private readonly Datastore _datastore;
    private readonly BlobContainerClient _byIdentity;
    private readonly object _gate = new();
    private Task<BlobContainerClient>? _bySecret;

    private ArtifactStore(MachineLearningWorkspace workspace, Datastore datastore)
    {
        _workspace = workspace;
        _datastore = datastore;
        _byIdentity = new BlobContainerClient(datastore.Container, workspace.Connection.Credential, Options());
    }

    /// <summary>Opens a datastore's container.</summary>
    public static async Task<ArtifactStore> OpenAsync(MachineLearningWorkspace workspace, string datastore, CancellationToken cancellationToken) =>
        new(workspace, await workspace.GetDatastoreAsync(datastore, cancellationToken).ConfigureAwait(false));

    /// <summary>Where a package lies, or goes to, and which of its files are not there yet or lie there with other content.</summary>
    /// <returns>The package, at az ml's former place when all of it is there; and the files to send.</returns>
    public async Task<(FlowPackage Package, IReadOnlyList<PackageFile> Missing)> LocateAsync(FlowPackage package, CancellationToken cancellationToken)
    {
        var (missing, _) = await ListAsync(package, cancellationToken).ConfigureAwait(false);
        if (missing.Count == 0)
        {
            return (package, missing);
        }

        var former = package with { Origin = FlowPackage.LegacyFolder };
        return (await ListAsync(former, cancellationToken).ConfigureAwait(false)).Missing.Count == 0 ? (former, []) : (package, missing);
    }

    /// <summary>Uploads what is missing and marks the folder complete, as az ml does.</summary>
    /// <param name="package">The package.</param>
    /// <param name="asset">Name of the asset that it is for.</param>
    /// <param name="version">Version of the asset.</param>
    /// <param name="cancellationToken">Stops; what was sent stays.</param>
    /// <exception cref="FlowDeploymentException">Storage refuses identity and keys, or cannot be reached.</exception>
    public async Task<UploadResult> UploadAsync(FlowPackage package, string asset, string version, CancellationToken cancellationToken)
    {
        var (missing, complete) = await ListAsync(package, cancellationToken).ConfigureAwait(false);
        var small = missing.Where(static f => f.Length <= FileBlock.Size).ToList();
        var large = await MissingBlocksAsync(package, missing.Where(static f => f.Length > FileBlock.Size), cancellationToken).ConfigureAwait(false);
        var bytes = small.Sum(static f => f.Length) + large.Values.Sum(static blocks => blocks.Sum(static b => (long)b.Length));
        var progress = new UploadProgress(_workspace.Connection.Log, missing.Count, bytes);

        await AtOnceAsync(FilesAtOnce, small, async (file, token) =>
        {
            await SendAsync(package, file, token).ConfigureAwait(false);
            progress.Add(1, file.Length);
        }, cancellationToken).ConfigureAwait(false);
        await SendLargeAsync(package, large, progress, cancellationToken).ConfigureAwait(false);
        if (missing.Count > 0 || !complete)
        {
            await MarkCompleteAsync(package, asset, version, cancellationToken).ConfigureAwait(false);
        }

        return new UploadResult(missing.Count, bytes, package.Files.Count - missing.Count);
    }

    private async Task<(IReadOnlyList<PackageFile> Missing, bool Complete)> ListAsync(FlowPackage package, CancellationToken cancellationToken)
    {
        var (there, complete) = await WithFallbackAsync(async container =>
        {
            var blobs = new Dictionary<string, BlobItem>(StringComparer.Ordinal);
            var options = new GetBlobsOptions { Prefix = package.BlobFolder + "/", Traits = BlobTraits.Metadata };
            await foreach (var blob in container.GetBlobsAsync(options, cancellationToken).ConfigureAwait(false))
            {
                blobs[blob.Name] = blob;
            }

            var marked = blobs.TryGetValue(BlobName(package, package.Files[0]), out var first)
                && first.Metadata.TryGetValue("upload_status", out var status) && status == "completed";
            return (blobs, marked);
        }, cancellationToken).ConfigureAwait(false);
        var missing = package.Files.Where(file =>
            !there.TryGetValue(BlobName(package, file), out var blob)
            || blob.Properties.ContentLength != file.Length
            || (blob.Properties.ContentHash is { } hash && !hash.AsSpan().SequenceEqual(file.Md5))).ToList();
        return (missing, complete && missing.Count == 0);
    }

    private Task<bool> SendAsync(FlowPackage package, PackageFile file, CancellationToken cancellationToken) =>
        WithFallbackAsync(async container =>
        {
            var content = file.Open();
            await using (content.ConfigureAwait(false))
            {
                var options = new BlobUploadOptions { HttpHeaders = Headers(file) };
                await container.GetBlobClient(BlobName(package, file)).UploadAsync(content, options, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);

    private Task<bool> MarkCompleteAsync(FlowPackage package, string asset, string version, CancellationToken cancellationToken) =>
        WithFallbackAsync(async container =>
        {
            var metadata = new Dictionary<string, string> { ["upload_status"] = "completed", ["name"] = asset, ["version"] = version };
            await container.GetBlobClient(BlobName(package, package.Files[0])).SetMetadataAsync(metadata, null, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    // Another run that uploads the same content at the same time writes the same bytes: what it came first with is tried again.
    private async Task<T> UndisturbedAsync<T>(Func<BlobContainerClient, Task<T>> call, BlobContainerClient container, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call(container).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status is 409 or 412 && attempt < DisturbedAttempts)
            {
                await Task.Delay(_workspace.Connection.Patience.Poll * attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> WithFallbackAsync<T>(Func<BlobContainerClient, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await UndisturbedAsync(call, _bySecret is { } known ? await known.ConfigureAwait(false) : _byIdentity, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status is 401 or 403 && _datastore.HasSecrets)
        {
            // Many files are sent side by side; the first one that is refused asks for the secret, all others use it.
            lock (_gate)
            {
                _bySecret ??= OpenWithSecretAsync(e.ErrorCode, cancellationToken);
            }
        }
        catch (Exception e)
        {
            throw Explain(e, cancellationToken);
        }

        try
        {
            return await UndisturbedAsync(call, await _bySecret.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Explain(e, cancellationToken);
        }
    }

    private async Task<BlobContainerClient> OpenWithSecretAsync(string? refusal, CancellationToken cancellationToken)
    {
        _workspace.Connection.Log.Progress($"storage refuses the signed-in identity ({refusal}); using the datastore's secret");
        var (key, sas) = await _workspace.GetSecretAsync(_datastore, cancellationToken).ConfigureAwait(false);
        return key is not null
            ? new BlobContainerClient(_datastore.Container, new StorageSharedKeyCredential(_byIdentity.AccountName, key), Options())
            : new BlobContainerClient(_datastore.Container, new AzureSasCredential(sas ?? ""), Options());
    }

    private Exception Explain(Exception e, CancellationToken cancellationToken) => e switch
    {
        FlowDeploymentException or UnauthorizedAccessException => e,
        _ when cancellationToken.IsCancellationRequested => e,
        AuthenticationFailedException authentication => _workspace.NotSignedIn(authentication),
        RequestFailedException { Status: 401 or 403 } refused => FlowDeploymentException.Of(
            WorkspaceRules.RequestFailed,
            $"{refused.ErrorCode}: the storage account '{_datastore.Container.Host}' refuses the upload; the signed-in identity needs 'Storage Blob Data Contributor' there."),
        RequestFailedException { Status: > 0 } failed => FlowDeploymentException.Of(
            WorkspaceRules.RequestFailed, $"{failed.ErrorCode ?? "Error"}: the upload to '{_datastore.Container.Host}' failed (HTTP {failed.Status})."),
        RequestFailedException or AggregateException or HttpRequestException or IOException or OperationCanceledException => _workspace.Connection.Unreachable(e),
        // Such as a list that is not XML, or a secret that is not base64: what the exception quotes may be secret.
        _ => FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, $"storage account {_datastore.Container.Host}", $"it cannot be read ({e.GetType().Name})"),
    };

    private static BlobHttpHeaders Headers(PackageFile file) => new() { ContentHash = file.Md5 };

    private static Task AtOnceAsync<T>(int most, IEnumerable<T> items, Func<T, CancellationToken, ValueTask> action, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = cancellationToken }, action);

    private BlobClientOptions Options() => _workspace.Connection.Configure(new BlobClientOptions());

    private static string BlobName(FlowPackage package, PackageFile file) => $"{package.BlobFolder}/{file.Path}";
}
