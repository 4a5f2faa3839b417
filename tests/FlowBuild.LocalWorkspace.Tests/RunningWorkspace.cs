using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.ResourceManager;
using Azure.Storage.Blobs;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>A local workspace in this process, with the clients that talk to it. Operations take no time.</summary>
public sealed class RunningWorkspace : IAsyncDisposable
{
    public const string ApiVersion = "2024-10-01";
    public const string ContainerName = "azureml-blobstore-local";

    private readonly TemporaryFolder _folder;
    private readonly HttpClient _arm;

    private RunningWorkspace(TemporaryFolder folder, LocalWorkspaceHost host)
    {
        (_folder, Host) = (folder, host);
        _arm = PinnedClient();
        _arm.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
    }

    internal LocalWorkspaceHost Host { get; private set; }

    public string Folder => _folder.Path;

    public string WorkspaceId => $"/subscriptions/{Host.SubscriptionId}/resourceGroups/local"
        + $"/providers/Microsoft.MachineLearningServices/workspaces/local";

    public string LocationId => $"/subscriptions/{Host.SubscriptionId}/providers/Microsoft.MachineLearningServices/locations/local";

    public Uri ContainerUri => new(Host.ControlPlane, $"/flowbuildlocal/{ContainerName}");

    public static Task<RunningWorkspace> StartAsync() => StartAsync(TimeSpan.Zero);

    public static async Task<RunningWorkspace> StartAsync(TimeSpan provisioningTime)
    {
        var folder = new TemporaryFolder();
        return new RunningWorkspace(folder, await LocalWorkspaceHost.StartAsync(Options(folder.Path, provisioningTime)));
    }

    /// <summary>Starts a workspace whose flows are really served.</summary>
    public static async Task<RunningWorkspace> StartAsync(string serveCommand)
    {
        var folder = new TemporaryFolder();
        try
        {
            return new RunningWorkspace(folder, await LocalWorkspaceHost.StartAsync(Options(folder.Path, TimeSpan.Zero, serveCommand)));
        }
        catch (WorkspaceStartException)
        {
            folder.Dispose();
            throw;
        }
    }

    internal static LocalWorkspaceOptions Options(string folder, TimeSpan provisioningTime, string? serveCommand = null) => new()
    {
        ServeCommand = serveCommand,
        StateFolder = Path.Combine(folder, "state"),
        ProvisioningTime = provisioningTime,
        RetryAfter = TimeSpan.Zero,
        StreamInterval = TimeSpan.Zero,
    };

    /// <summary>Stops the workspace and starts it on the same folder.</summary>
    public Task RestartAsync() => RestartAsync(TimeSpan.Zero);

    /// <summary>As <see cref="RestartAsync()"/>, with another time that operations take, and a change to the state folder in between.</summary>
    public async Task RestartAsync(TimeSpan provisioningTime, Action<string>? change = null)
    {
        await Host.DisposeAsync();
        change?.Invoke(Path.Combine(_folder.Path, "state"));
        Host = await LocalWorkspaceHost.StartAsync(Options(_folder.Path, provisioningTime));
        _arm.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Host.Token);
    }

    /// <summary>A client that trusts the workspace's certificate and no other.</summary>
    public HttpClient PinnedClient()
    {
        var certificate = Host.Certificate.RawData;
        return new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            // Hostile tests send what is no ASCII.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(certificate) == true },
        });
    }

    /// <summary>Microsoft's client of the control plane.</summary>
    public ArmClient ArmClient()
    {
        var options = new ArmClientOptions
        {
            Environment = new ArmEnvironment(Host.ControlPlane, "https://management.azure.com/"),
            Transport = new HttpClientTransport(PinnedClient()),
        };
        foreach (var type in (string[])["onlineEndpoints", "onlineEndpoints/deployments", "models/versions", "environments/versions"])
        {
            options.SetApiVersion(new ResourceType($"Microsoft.MachineLearningServices/workspaces/{type}"), ApiVersion);
        }

        return new ArmClient(new FixedToken(Host.Token), Host.SubscriptionId.ToString(), options);
    }

    /// <summary>Microsoft's client of the blob store, with the workspace's token.</summary>
    public BlobContainerClient Blobs() => new(ContainerUri, new FixedToken(Host.Token), BlobOptions());

    public BlobClientOptions BlobOptions() => new() { Transport = new HttpClientTransport(PinnedClient()), Retry = { MaxRetries = 0 } };

    /// <summary>Calls the control plane as it is. A path that begins with a slash is absolute, else it is below the workspace.</summary>
    public async Task<ArmAnswer> SendAsync(HttpMethod method, string path, JsonNode? body = null, string apiVersion = ApiVersion)
    {
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var absolute = path.StartsWith('/') ? path : path.Length == 0 ? WorkspaceId : $"{WorkspaceId}/{path}";
        var uri = path.StartsWith("https:", StringComparison.Ordinal)
            ? new Uri(path)
            : new Uri(Host.ControlPlane, apiVersion.Length == 0 ? absolute : $"{absolute}{separator}api-version={apiVersion}");
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        var response = await _arm.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new ArmAnswer(response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers);
    }

    public Task<ArmAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<ArmAnswer> PutAsync(string path, JsonNode body) => SendAsync(HttpMethod.Put, path, body);

    public Task<ArmAnswer> PostAsync(string path, JsonNode? body = null) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>Polls a resource until its provisioning has ended; the state it ended in.</summary>
    public async Task<string> SettleAsync(string path)
    {
        while (true)
        {
            var state = (await GetAsync(path)).Body?["properties"]?["provisioningState"]?.GetValue<string>() ?? "Deleted";
            if (state is not ("Creating" or "Updating" or "Deleting" or "Scaling"))
            {
                return state;
            }
        }
    }

    /// <summary>Puts a resource and polls until its provisioning has ended.</summary>
    public async Task<string> PutAndSettleAsync(string path, JsonNode body)
    {
        var answer = await PutAsync(path, body);
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, $"{answer.Status}: {answer.Body}");
        return await SettleAsync(path);
    }

    /// <summary>Polls the operation of an accepted PUT until it has ended; its last status.</summary>
    public async Task<ArmAnswer> FinishedAsync(ArmAnswer accepted)
    {
        while (true)
        {
            var status = await SendAsync(HttpMethod.Get, accepted.Header("Azure-AsyncOperation")!, null, "");
            if (status.Body!["status"]!.GetValue<string>() != "InProgress")
            {
                return status;
            }
        }
    }

    /// <summary>Waits until the log of a deployment of <c>my-endpoint</c> holds a text.</summary>
    public async Task LogAsync(string deployment, string text)
    {
        string log;
        do
        {
            var answer = await PostAsync($"onlineEndpoints/my-endpoint/deployments/{deployment}/getLogs", new JsonObject());
            log = answer.Body!["content"]!.GetValue<string>();
        }
        while (!log.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Turns faults on.</summary>
    public async Task SetFaultsAsync(string plan)
    {
        var answer = await SendAsync(HttpMethod.Put, "/local/faults", JsonNode.Parse(plan), "");
        Assert.True(answer.Status == HttpStatusCode.OK, $"{answer.Status}: {answer.Body}");
    }

    /// <summary>Uploads a flow folder and registers it as a version of a model; the version's id.</summary>
    public Task<string> RegisterFlowAsync(string model, string version, string flow, params (string Name, string Content)[] files) =>
        RegisterFlowAsync(model, version, flow, [], files);

    /// <summary>Uploads a flow folder and registers it as a version of a model with properties; the version's id.</summary>
    public async Task<string> RegisterFlowAsync(
        string model, string version, string flow, JsonObject properties, params (string Name, string Content)[] files)
    {
        var container = Blobs();
        var path = $"LocalUpload/{Guid.NewGuid():N}/{flow}";
        foreach (var (name, content) in files)
        {
            await container.GetBlobClient($"{path}/{name}").UploadAsync(BinaryData.FromString(content), overwrite: true);
        }

        var answer = await PutAsync($"models/{model}/versions/{version}", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["modelUri"] = $"azureml://subscriptions/{Host.SubscriptionId}/resourcegroups/local/workspaces/local/datastores/workspaceblobstore/paths/{path}",
                ["modelType"] = "custom_model",
                ["properties"] = properties,
            },
        });
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return answer.Body!["id"]!.GetValue<string>();
    }

    /// <summary>The body of an endpoint.</summary>
    public static JsonObject Endpoint(string authMode = "Key", params (string Deployment, int Percentage)[] traffic) => new()
    {
        ["location"] = "local",
        ["properties"] = new JsonObject
        {
            ["authMode"] = authMode,
            ["traffic"] = new JsonObject(traffic.Select(static t => KeyValuePair.Create<string, JsonNode?>(t.Deployment, t.Percentage))),
        },
    };

    /// <summary>The body of a deployment.</summary>
    public static JsonObject Deployment(string model, params (string Name, string Value)[] variables) => new()
    {
        ["location"] = "local",
        ["sku"] = new JsonObject { ["name"] = "Default", ["capacity"] = 1 },
        ["properties"] = new JsonObject
        {
            ["endpointComputeType"] = "Managed",
            ["model"] = model,
            ["instanceType"] = "Standard_E16s_v3",
            ["environmentVariables"] = new JsonObject(variables.Select(static v => KeyValuePair.Create<string, JsonNode?>(v.Name, v.Value))),
        },
    };

    /// <summary>Deploys a flow as <c>blue</c> of an endpoint, with all traffic.</summary>
    public async Task<ScoringClient> DeployAsync(string endpoint, string modelId, params (string Name, string Value)[] variables)
    {
        Assert.Equal("Succeeded", await PutAndSettleAsync($"onlineEndpoints/{endpoint}", Endpoint()));
        Assert.Equal("Succeeded", await PutAndSettleAsync($"onlineEndpoints/{endpoint}/deployments/blue", Deployment(modelId, variables)));
        Assert.Equal("Succeeded", await PutAndSettleAsync($"onlineEndpoints/{endpoint}", Endpoint(traffic: ("blue", 100))));
        return await ScoringAsync(endpoint);
    }

    /// <summary>A client of an endpoint, with its primary key.</summary>
    public async Task<ScoringClient> ScoringAsync(string endpoint)
    {
        var uri = (await GetAsync($"onlineEndpoints/{endpoint}")).Body!["properties"]!["scoringUri"]!.GetValue<string>();
        var keys = await PostAsync($"onlineEndpoints/{endpoint}/listKeys");
        return new ScoringClient(new Uri(uri), keys.Body!["primaryKey"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        _arm.Dispose();
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    private sealed class FixedToken(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}

/// <summary>An answer of the control plane.</summary>
public sealed record ArmAnswer(HttpStatusCode Status, JsonNode? Body, HttpResponseHeaders Headers)
{
    /// <summary>The deepest code of an error body.</summary>
    public string? DeepestCode => Deepest?["code"]?.GetValue<string>();

    /// <summary>The message of the deepest error.</summary>
    public string? DeepestMessage => Deepest?["message"]?.GetValue<string>();

    private JsonNode? Deepest
    {
        get
        {
            var error = Body?["error"];
            while (error?["details"] is JsonArray { Count: > 0 } details)
            {
                error = details[0];
            }

            return error;
        }
    }

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}

/// <summary>A client of a scoring URI.</summary>
public sealed class ScoringClient(Uri uri, string key) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public string Key => key;

    public Uri Uri => uri;

    /// <summary>Host and port.</summary>
    public string Authority => uri.Authority;

    /// <summary>Sends to the scoring URI, or to another path of the same container.</summary>
    public async Task<ScoringAnswer> SendAsync(
        HttpMethod method, string path, string? body = null, string? accept = null, string? deployment = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(uri, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer ?? key}");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (deployment is not null)
        {
            request.Headers.Add("azureml-model-deployment", deployment);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(static h => h.Key, static h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
        var (text, isCut) = await ReadAsync(await response.Content.ReadAsStreamAsync());
        return new ScoringAnswer((int)response.StatusCode, text, headers, isCut);
    }

    public Task<ScoringAnswer> ScoreAsync(string body, string? accept = null, string? deployment = null) =>
        SendAsync(HttpMethod.Post, "score", body, accept, deployment);

    public void Dispose() => _http.Dispose();

    private static async Task<(string Text, bool IsCut)> ReadAsync(Stream body)
    {
        using var read = new MemoryStream();
        var isCut = false;
        try
        {
            await body.CopyToAsync(read);
        }
        catch (HttpIOException)
        {
            isCut = true;
        }

        return (Encoding.UTF8.GetString(read.ToArray()), isCut);
    }
}

/// <summary>An answer of the scoring gateway.</summary>
public sealed record ScoringAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers, bool IsCut)
{
    public JsonNode? Json => JsonNode.Parse(Body);
}
