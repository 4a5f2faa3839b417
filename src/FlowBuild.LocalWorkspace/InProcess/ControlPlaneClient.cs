using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.InProcess;

/// <summary>Calls the control plane and the blob store of a workspace as a deployment does, so that it refuses what Azure refuses.</summary>
internal sealed class ControlPlaneClient : IDisposable
{
    private const string ApiVersion = "2024-10-01";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
    private readonly HttpClient _http;
    private readonly string _storage;
    private readonly string _workspace;
    private int _models;

    public ControlPlaneClient(LocalWorkspaceHost host)
    {
        var pinned = host.Certificate.RawData;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(pinned) == true },
        });
        _http.BaseAddress = host.ControlPlane;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
        _storage = $"/{WorkspaceNames.StorageAccount}/{WorkspaceNames.Container}";
        _workspace = $"/subscriptions/{host.SubscriptionId}/resourceGroups/{WorkspaceNames.ResourceGroup}/providers/{WorkspaceScope.WorkspaceType}/{WorkspaceNames.Workspace}";
    }

    /// <summary>Uploads a file.</summary>
    public async Task UploadAsync(string blob, string file, CancellationToken cancellationToken)
    {
        var escaped = string.Join('/', blob.Split('/').Select(Uri.EscapeDataString));
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{_storage}/{escaped}");
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Headers.Add("x-ms-version", "2024-05-04");
        request.Content = new ByteArrayContent(await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false));
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Registers an uploaded folder as a version of a model; the version's id.</summary>
    public async Task<string> RegisterAsync(string name, string path, CancellationToken cancellationToken)
    {
        var version = Interlocked.Increment(ref _models).ToString(CultureInfo.InvariantCulture);
        var body = new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["modelType"] = "custom_model",
                ["modelUri"] = $"azureml://datastores/{WorkspaceNames.Datastore}/paths/{path}",
            },
        };
        return (await SendAsync(HttpMethod.Put, $"models/{name}/versions/{version}", body, cancellationToken).ConfigureAwait(false)).Text("id")!;
    }

    /// <summary>Puts a resource and waits until it is provisioned.</summary>
    /// <exception cref="LocalDeploymentException">It is refused, or its provisioning fails.</exception>
    public async Task<JsonObject> PutAndWaitAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        var resource = await SendAsync(HttpMethod.Put, path, body, cancellationToken).ConfigureAwait(false);
        while (StateOf(resource) is "Creating" or "Updating")
        {
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            resource = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        }

        if (StateOf(resource) == "Succeeded")
        {
            return resource;
        }

        var operation = resource["properties"]!["properties"]!.AsObject().Text("AzureAsyncOperationUri")!;
        var status = await SendToAsync(HttpMethod.Get, operation, null, cancellationToken).ConfigureAwait(false);
        throw new LocalDeploymentException(Deepest(status["error"]!.AsObject()));
    }

    /// <summary>Calls the control plane.</summary>
    /// <exception cref="LocalDeploymentException">It refuses.</exception>
    public Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken) =>
        SendToAsync(method, $"{_workspace}/{path}?api-version={ApiVersion}", body, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> SendToAsync(HttpMethod method, string uri, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false))!.AsObject();
        return response.IsSuccessStatusCode ? answer : throw new LocalDeploymentException(Deepest(answer["error"]!.AsObject()));
    }

    private static string? StateOf(JsonObject resource) => resource["properties"]!.AsObject().Text("provisioningState");

    // The deepest error is the one that says what to do.
    private static string Deepest(JsonObject error) =>
        error["details"] is JsonArray { Count: > 0 } details ? Deepest(details[0]!.AsObject()) : $"{error.Text("code")}: {error.Text("message")}";
}
