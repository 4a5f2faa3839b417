using System.Security.Cryptography;
using Azure;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using FlowBuild.LocalWorkspace.Tests.Node;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>A container of a blob store, and how to open it.</summary>
public sealed record BlobDoor(Uri ContainerUri, StorageSharedKeyCredential Key, Func<BlobClientOptions> Options, HttpClient Http)
{
    public BlobContainerClient Container => new(ContainerUri, Key, Options());

    public BlobContainerClient WithSignature(string query) => new(ContainerUri, new AzureSasCredential(query.TrimStart('?')), Options());
}

/// <summary>What a blob store must do for an upload. The local workspace's store and Azurite do the same.</summary>
public abstract class BlobStoreTests
{
    protected abstract Task<BlobDoor> OpenAsync();

    /// <summary>What Azure answers to a wrong account key and to content that was changed on its way.</summary>
    protected virtual (string WrongKey, string WrongContent) Codes => ("AuthenticationFailed", "Md5Mismatch");

    [Fact]
    public async Task A_blob_is_uploaded_once_under_a_condition_and_comes_back_the_same()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlobClient("LocalUpload/abc/chat flow/naïve & co.txt");
        var options = new BlobUploadOptions
        {
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            HttpHeaders = new BlobHttpHeaders { ContentType = "text/plain" },
            Metadata = new Dictionary<string, string> { ["upload_status"] = "completed" },
        };
        Assert.False((await blob.ExistsAsync()).Value);

        await blob.UploadAsync(BinaryData.FromString("content"), options);

        var again = await Assert.ThrowsAsync<RequestFailedException>(() => blob.UploadAsync(BinaryData.FromString("other"), options));
        Assert.Equal((409, "BlobAlreadyExists"), (again.Status, again.ErrorCode));
        Assert.Equal("content", (await blob.DownloadContentAsync()).Value.Content.ToString());
        var properties = (await blob.GetPropertiesAsync()).Value;
        Assert.Equal("text/plain", properties.ContentType);
        Assert.Equal("completed", properties.Metadata["upload_status"]);
        Assert.Equal(MD5.HashData("content"u8), properties.ContentHash);
    }

    [Fact]
    public async Task A_large_blob_goes_up_in_blocks_and_down_in_ranges()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlobClient("large.bin");
        var content = RandomNumberGenerator.GetBytes(9_000_000);
        var options = new BlobUploadOptions { TransferOptions = new StorageTransferOptions { InitialTransferSize = 1 << 20, MaximumTransferSize = 4 << 20 } };

        await blob.UploadAsync(new MemoryStream(content), options);

        Assert.Equal(content, (await blob.DownloadContentAsync()).Value.Content.ToArray());
        var part = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(100, 50) });
        Assert.Equal(content[100..150], part.Value.Content.ToArray());
        var blocks = (await door.Container.GetBlockBlobClient("large.bin").GetBlockListAsync(BlockListTypes.All)).Value;
        Assert.Equal(3, blocks.CommittedBlocks.Count());
        Assert.Empty(blocks.UncommittedBlocks);
    }

    [Fact]
    public async Task A_block_list_that_names_an_unknown_block_is_refused()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlockBlobClient("blocks.bin");
        await blob.StageBlockAsync(Convert.ToBase64String("one"u8), new MemoryStream([1, 2, 3]));

        var error = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.CommitBlockListAsync([Convert.ToBase64String("one"u8), Convert.ToBase64String("two"u8)]));

        Assert.Equal((400, "InvalidBlockList"), (error.Status, error.ErrorCode));
        Assert.False((await blob.ExistsAsync()).Value);
    }

    [Fact]
    public async Task The_ids_of_a_blobs_blocks_have_one_length()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlockBlobClient("lengths.bin");
        await blob.StageBlockAsync(Convert.ToBase64String("one"u8), new MemoryStream([1, 2, 3]));

        var error = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.StageBlockAsync(Convert.ToBase64String("eleven"u8), new MemoryStream([4])));

        Assert.Equal((400, "InvalidBlobOrBlock"), (error.Status, error.ErrorCode));
        await blob.CommitBlockListAsync([]);
        await blob.StageBlockAsync(Convert.ToBase64String("eleven"u8), new MemoryStream([4]));
    }

    [Fact]
    public async Task Metadata_is_set_and_the_content_stays()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlobClient("indicator");
        var first = (await blob.UploadAsync(BinaryData.FromString("content"))).Value;

        await blob.SetMetadataAsync(new Dictionary<string, string> { ["name"] = "m", ["version"] = "1" });

        var properties = (await blob.GetPropertiesAsync()).Value;
        Assert.Equal("1", properties.Metadata["version"]);
        Assert.NotEqual(first.ETag, properties.ETag);
        Assert.Equal("content", (await blob.DownloadContentAsync()).Value.Content.ToString());
    }

    [Fact]
    public async Task Blobs_are_listed_by_prefix_in_pages_in_order()
    {
        var door = await OpenAsync();
        var container = door.Container;
        foreach (var name in (string[])["p/b", "p/a", "p/a/1", "q/1", "p/c"])
        {
            await container.GetBlobClient(name).UploadAsync(
                BinaryData.FromString(name), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["n"] = "1" } });
        }

        var pages = new List<string>();
        var options = new GetBlobsOptions { Prefix = "p/", Traits = BlobTraits.Metadata };
        await foreach (var page in container.GetBlobsAsync(options).AsPages(pageSizeHint: 2))
        {
            pages.Add(string.Join(' ', page.Values.Select(static b => $"{b.Name}:{b.Properties.ContentLength}:{b.Metadata["n"]}")));
        }

        Assert.Equal(["p/a:3:1 p/a/1:5:1", "p/b:3:1 p/c:3:1"], pages);
        var folders = new List<string>();
        await foreach (var item in container.GetBlobsByHierarchyAsync(new GetBlobsByHierarchyOptions { Delimiter = "/" }))
        {
            folders.Add(item.Prefix);
        }

        Assert.Equal(["p/", "q/"], folders);
    }

    [Fact]
    public async Task A_blob_is_deleted_once()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlobClient("gone");
        await blob.UploadAsync(BinaryData.FromString("x"));

        Assert.True((await blob.DeleteIfExistsAsync()).Value);

        Assert.False((await blob.DeleteIfExistsAsync()).Value);
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => blob.DownloadContentAsync());
        Assert.Equal((404, "BlobNotFound"), (error.Status, error.ErrorCode));
    }

    [Fact]
    public async Task Content_that_does_not_have_the_given_MD5_is_refused()
    {
        var door = await OpenAsync();
        var blob = door.Container.GetBlockBlobClient("checked");
        using var request = new HttpRequestMessage(HttpMethod.Put, blob.GenerateSasUri(BlobSasPermissions.Create | BlobSasPermissions.Write, DateTimeOffset.UtcNow.AddHours(1))) { Content = new ByteArrayContent([1, 2, 3]) };
        request.Content.Headers.ContentMD5 = MD5.HashData([9]);
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        using var answer = await door.Http.SendAsync(request);

        Assert.Equal(Codes.WrongContent, answer.Headers.GetValues("x-ms-error-code").Single());
        Assert.False((await blob.ExistsAsync()).Value);
    }

    [Fact]
    public async Task The_account_key_of_the_datastore_opens_the_store()
    {
        var door = await OpenAsync();
        var container = door.Container;
        var blob = container.GetBlobClient("a folder/by key.txt");

        await blob.UploadAsync(BinaryData.FromString("x"), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["a"] = "b" } });

        Assert.Equal("x", (await blob.DownloadContentAsync()).Value.Content.ToString());
        await foreach (var item in container.GetBlobsAsync(new GetBlobsOptions { Prefix = "a folder/", Traits = BlobTraits.Metadata }))
        {
            Assert.Equal(blob.Name, item.Name);
        }
    }

    [Fact]
    public async Task A_wrong_account_key_is_refused()
    {
        var door = await OpenAsync();
        var key = new StorageSharedKeyCredential(door.Key.AccountName, Convert.ToBase64String(new byte[64]));
        var blob = new BlobContainerClient(door.ContainerUri, key, door.Options()).GetBlobClient("x");

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => blob.UploadAsync(BinaryData.FromString("x")));

        Assert.Equal((403, Codes.WrongKey), (error.Status, error.ErrorCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_shared_access_signature_permits_what_it_says_and_no_more(bool ofAccount)
    {
        var door = await OpenAsync();
        var container = door.Container;
        var until = DateTimeOffset.UtcNow.AddHours(1);
        var query = ofAccount
            ? new AccountSasBuilder(AccountSasPermissions.Write | AccountSasPermissions.Create, until, AccountSasServices.Blobs, AccountSasResourceTypes.Object)
                .ToSasQueryParameters(door.Key).ToString()
            : container.GenerateSasUri(BlobContainerSasPermissions.Write | BlobContainerSasPermissions.Create, until).Query.TrimStart('?');
        var signed = door.WithSignature(query);

        await signed.GetBlobClient("signed").UploadAsync(BinaryData.FromString("x"));

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => signed.GetBlobClient("signed").DownloadContentAsync());
        Assert.Equal((403, "AuthorizationPermissionMismatch"), (error.Status, error.ErrorCode));
    }

    [Fact]
    public async Task A_signature_that_was_changed_or_has_expired_is_refused()
    {
        var door = await OpenAsync();
        var container = door.Container;
        var expired = container.GenerateSasUri(BlobContainerSasPermissions.Read, DateTimeOffset.UtcNow.AddMinutes(-1)).Query;
        var widened = container.GenerateSasUri(BlobContainerSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1)).Query.Replace("sp=r", "sp=rw", StringComparison.Ordinal);

        foreach (var query in (string[])[expired, widened])
        {
            var signed = door.WithSignature(query);
            var error = await Assert.ThrowsAsync<RequestFailedException>(() => signed.GetBlobClient("x").DownloadContentAsync());
            Assert.Equal(403, error.Status);
        }
    }
}

/// <summary>The store of the local workspace, over TLS.</summary>
public sealed class LocalBlobTests : BlobStoreTests, IAsyncLifetime
{
    private RunningWorkspace _workspace = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _workspace = await RunningWorkspace.StartAsync();
        _http = _workspace.PinnedClient();
    }

    [Fact]
    public async Task The_token_of_the_workspace_opens_the_store()
    {
        var blob = _workspace.Blobs().GetBlobClient("by token");

        await blob.UploadAsync(BinaryData.FromString("x"));

        Assert.Equal("x", (await blob.DownloadContentAsync()).Value.Content.ToString());
    }

    [Fact]
    public async Task A_checksum_that_is_not_verified_is_refused()
    {
        var options = new BlobUploadOptions { TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.StorageCrc64 } };

        var error = await Assert.ThrowsAsync<RequestFailedException>(
            () => _workspace.Blobs().GetBlobClient("crc").UploadAsync(BinaryData.FromString("x"), options));

        Assert.Equal((400, "UnsupportedHeader"), (error.Status, error.ErrorCode));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _workspace.DisposeAsync();
    }

    protected override async Task<BlobDoor> OpenAsync()
    {
        var secrets = await _workspace.PostAsync("datastores/workspaceblobstore/listSecrets");
        var key = new StorageSharedKeyCredential("flowbuildlocal", secrets.Body!["key"]!.GetValue<string>());
        return new BlobDoor(_workspace.ContainerUri, key, _workspace.BlobOptions, _http);
    }
}

/// <summary>Azurite: shows that the tests ask for no more than Azure's own emulator gives.</summary>
public sealed class AzuriteBlobTests(Azurite azurite) : BlobStoreTests, IClassFixture<Azurite>
{
    private static readonly HttpClient Http = new();

    // Azurite has words of its own here.
    protected override (string WrongKey, string WrongContent) Codes => ("AuthorizationFailure", "InvalidOperation");

    protected override async Task<BlobDoor> OpenAsync()
    {
        azurite.Require();
        // The account that every Azurite has; its key is public.
        var key = new StorageSharedKeyCredential(
            "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");
        var door = new BlobDoor(
            new Uri($"{azurite.Account}/c{Guid.NewGuid():N}"), key, static () => new BlobClientOptions { Retry = { MaxRetries = 0 } }, Http);
        await door.Container.CreateAsync();
        return door;
    }
}
