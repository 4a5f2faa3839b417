using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>What Azure's blob service refuses, the local workspace's refuses too: a store that takes more hides mistakes.</summary>
public sealed class BlobStrictnessTests : IAsyncLifetime
{
    private RunningWorkspace _workspace = null!;
    private StorageSharedKeyCredential _key = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _workspace = await RunningWorkspace.StartAsync();
        var secrets = await _workspace.PostAsync("datastores/workspaceblobstore/listSecrets");
        _key = new StorageSharedKeyCredential("flowbuildlocal", secrets.Body!["key"]!.GetValue<string>());
        _http = _workspace.PinnedClient();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _workspace.DisposeAsync();
    }

    [Theory]
    [InlineData("1st", "x")]
    [InlineData("a-b", "x")]
    [InlineData("", "x")]
    [InlineData("name", "naïve")]
    public async Task Metadata_that_could_not_be_given_back_is_refused(string name, string value)
    {
        using var answer = await PutAsync("poison", ("x-ms-meta-" + name, value));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(answer.Headers.GetValues("x-ms-error-code").Single(), (string[])["InvalidMetadata", "EmptyMetadataKey"]);
        // What is listed stays readable.
        await foreach (var _ in _workspace.Blobs().GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }))
        {
        }
    }

    [Theory]
    [InlineData("x-ms-blob-content-disposition", "naïve", "InvalidHeaderValue")]
    [InlineData("x-ms-copy-source", "https://127.0.0.1/a", "UnsupportedHeader")]
    [InlineData("x-ms-encryption-key", "a2V5", "UnsupportedHeader")]
    [InlineData("x-ms-lease-id", "5e0a1f0b-0000-0000-0000-000000000000", "LeaseNotPresentWithBlobOperation")]
    [InlineData("x-ms-blob-content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "Md5Mismatch")]
    public async Task A_header_that_would_not_be_kept_is_refused(string name, string value, string code)
    {
        using var answer = await PutAsync("headed", (name, value));

        Assert.Equal(code, answer.Headers.GetValues("x-ms-error-code").Single());
        Assert.False((await _workspace.Blobs().GetBlobClient("headed").ExistsAsync()).Value);
    }

    [Theory]
    [InlineData("?snapshot=2026-01-01T00:00:00.0000000Z")]
    [InlineData("?versionid=2026-01-01T00:00:00.0000000Z")]
    public async Task A_snapshot_is_not_the_blob(string query)
    {
        await _workspace.Blobs().GetBlobClient("kept").UploadAsync(BinaryData.FromString("x"));

        using var answer = await SendAsync(HttpMethod.Delete, $"{_workspace.ContainerUri}/kept{query}");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.True((await _workspace.Blobs().GetBlobClient("kept").ExistsAsync()).Value);
    }

    [Theory]
    [InlineData("/flowbuildlocal//blob")]
    [InlineData("/flowbuildlocal/-container/blob")]
    [InlineData("/flowbuildlocal/two--hyphens/blob")]
    [InlineData("/flowbuildlocal/con$tainer/blob")]
    public async Task A_container_name_that_Azure_does_not_have_is_refused(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, new Uri(_workspace.Host.ControlPlane, path).ToString());

        Assert.Equal((HttpStatusCode.BadRequest, "InvalidResourceName"), (answer.StatusCode, answer.Headers.GetValues("x-ms-error-code").Single()));
    }

    [Fact]
    public async Task A_condition_on_the_time_of_the_last_change_holds()
    {
        var blob = _workspace.Blobs().GetBlobClient("dated");
        await blob.UploadAsync(BinaryData.FromString("x"));
        var before = DateTimeOffset.UtcNow.AddHours(-1);

        var write = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.UploadAsync(BinaryData.FromString("y"), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfUnmodifiedSince = before } }));
        var read = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.GetPropertiesAsync(new BlobRequestConditions { IfModifiedSince = DateTimeOffset.UtcNow.AddHours(1) }));

        Assert.Equal((412, 304), (write.Status, read.Status));
        Assert.Equal("x", (await blob.DownloadContentAsync()).Value.Content.ToString());
    }

    [Fact]
    public async Task A_range_of_the_whole_blob_is_206_with_its_bounds()
    {
        await _workspace.Blobs().GetBlobClient("ranged").UploadAsync(BinaryData.FromString("abc"));

        using var answer = await SendAsync(HttpMethod.Get, $"{_workspace.ContainerUri}/ranged", ("x-ms-range", "bytes=0-99"));

        Assert.Equal((HttpStatusCode.PartialContent, "bytes 0-2/3"), (answer.StatusCode, answer.Content.Headers.ContentRange!.ToString()));
    }

    [Fact]
    public async Task A_block_list_with_entities_is_refused()
    {
        const string Bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><BlockList><Latest>&b;</Latest></BlockList>";

        using var answer = await SendAsync(HttpMethod.Put, $"{_workspace.ContainerUri}/bomb?comp=blocklist", new StringContent(Bomb));

        Assert.Equal((HttpStatusCode.BadRequest, "InvalidXmlDocument"), (answer.StatusCode, answer.Headers.GetValues("x-ms-error-code").Single()));
    }

    [Fact]
    public async Task A_blob_that_is_put_whole_forgets_the_blocks_that_waited()
    {
        var blob = _workspace.Blobs().GetBlockBlobClient("mixed");
        await blob.StageBlockAsync(Convert.ToBase64String("one"u8), new MemoryStream([1]));

        await blob.UploadAsync(new MemoryStream([2]));

        Assert.Empty((await blob.GetBlockListAsync(BlockListTypes.All)).Value.UncommittedBlocks);
    }

    [Fact]
    public async Task A_block_blob_does_not_take_the_media_type_of_its_list()
    {
        var blob = _workspace.Blobs().GetBlockBlobClient("typed");
        await blob.StageBlockAsync(Convert.ToBase64String("one"u8), new MemoryStream([1]));

        await blob.CommitBlockListAsync([Convert.ToBase64String("one"u8)]);

        Assert.Equal("application/octet-stream", (await blob.GetPropertiesAsync()).Value.ContentType);
    }

    [Fact]
    public async Task A_signature_that_may_only_create_does_not_replace()
    {
        var container = new BlobContainerClient(_workspace.ContainerUri, _key, _workspace.BlobOptions());
        var signed = Signed(container.GenerateSasUri(BlobContainerSasPermissions.Create, DateTimeOffset.UtcNow.AddHours(1)).Query);
        await signed.GetBlobClient("once").UploadAsync(BinaryData.FromString("x"), overwrite: true);

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => signed.GetBlobClient("once").UploadAsync(BinaryData.FromString("y"), overwrite: true));

        Assert.Equal((403, "UnauthorizedBlobOverwrite"), (error.Status, error.ErrorCode));
    }

    [Fact]
    public async Task A_signature_of_a_container_makes_no_container()
    {
        var container = new BlobContainerClient(new Uri(_workspace.Host.ControlPlane, "/flowbuildlocal/new-one"), _key, _workspace.BlobOptions());
        var query = container.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1)).Query;
        var signed = new BlobContainerClient(container.Uri, new AzureSasCredential(query.TrimStart('?')), _workspace.BlobOptions());

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => signed.CreateAsync());

        Assert.Equal((403, "AuthorizationFailure"), (error.Status, error.ErrorCode));
        Assert.False((await container.ExistsAsync()).Value);
    }

    [Fact]
    public async Task A_signature_for_other_addresses_or_of_a_policy_that_is_not_there_is_refused()
    {
        var elsewhere = Builder();
        elsewhere.IPRange = SasIPRange.Parse("10.0.0.1-10.0.0.9");
        var here = Builder();
        here.IPRange = SasIPRange.Parse("127.0.0.1");
        var ofPolicy = Builder();
        ofPolicy.Identifier = "none";
        await Signed(here.ToSasQueryParameters(_key).ToString()).GetBlobClient("a").UploadAsync(BinaryData.FromString("x"));

        foreach (var builder in (BlobSasBuilder[])[elsewhere, ofPolicy])
        {
            var error = await Assert.ThrowsAsync<RequestFailedException>(
                () => Signed(builder.ToSasQueryParameters(_key).ToString()).GetBlobClient("b").UploadAsync(BinaryData.FromString("x")));
            Assert.Equal(403, error.Status);
        }

        static BlobSasBuilder Builder() => new(BlobSasPermissions.Create | BlobSasPermissions.Write, DateTimeOffset.UtcNow.AddHours(1))
        {
            BlobContainerName = RunningWorkspace.ContainerName,
            Resource = "c",
        };
    }

    [Fact]
    public async Task A_signature_of_one_blob_opens_no_other()
    {
        var container = new BlobContainerClient(_workspace.ContainerUri, _key, _workspace.BlobOptions());
        await container.GetBlobClient("mine").UploadAsync(BinaryData.FromString("x"));
        await container.GetBlobClient("other").UploadAsync(BinaryData.FromString("y"));
        var signed = Signed(container.GetBlobClient("mine").GenerateSasUri(BlobSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1)).Query);

        Assert.Equal("x", (await signed.GetBlobClient("mine").DownloadContentAsync()).Value.Content.ToString());
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => signed.GetBlobClient("other").DownloadContentAsync());
        Assert.Equal((403, "AuthenticationFailed"), (error.Status, error.ErrorCode));
    }

    [Theory]
    [InlineData(0, "BlobNotFound")]
    [InlineData(-20, "AuthenticationFailed")]
    [InlineData(20, "AuthenticationFailed")]
    [InlineData(null, "AuthenticationFailed")]
    public async Task A_request_signed_with_the_account_key_is_good_for_a_quarter_of_an_hour(int? minutes, string code)
    {
        var path = $"/flowbuildlocal/{RunningWorkspace.ContainerName}/x";
        var date = minutes is { } given ? DateTimeOffset.UtcNow.AddMinutes(given).ToString("R", CultureInfo.InvariantCulture) : null;
        var text = $"HEAD\n\n\n\n\n\n\n\n\n\n\n\n{(date is null ? "" : $"x-ms-date:{date}\n")}x-ms-version:2024-11-04\n/flowbuildlocal{path}";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(await KeyAsync()), Encoding.UTF8.GetBytes(text)));
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(_workspace.Host.ControlPlane, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKey flowbuildlocal:{signature}");
        request.Headers.Add("x-ms-version", "2024-11-04");
        if (date is not null)
        {
            request.Headers.Add("x-ms-date", date);
        }

        using var answer = await _http.SendAsync(request);

        Assert.Equal(code, answer.Headers.GetValues("x-ms-error-code").Single());
    }

    private async Task<string> KeyAsync() => (await _workspace.PostAsync("datastores/workspaceblobstore/listSecrets")).Body!["key"]!.GetValue<string>();

    private BlobContainerClient Signed(string query) => new(_workspace.ContainerUri, new AzureSasCredential(query.TrimStart('?')), _workspace.BlobOptions());

    private async Task<HttpResponseMessage> PutAsync(string name, params (string Name, string Value)[] headers) =>
        await SendAsync(HttpMethod.Put, $"{_workspace.ContainerUri}/{name}", new ByteArrayContent([1, 2, 3]), [("x-ms-blob-type", "BlockBlob"), .. headers]);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string uri, params (string Name, string Value)[] headers) => SendAsync(method, uri, null, headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string uri, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, uri) { Content = content };
        request.Headers.Add("Authorization", "Bearer " + _workspace.Host.Token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request);
    }
}
