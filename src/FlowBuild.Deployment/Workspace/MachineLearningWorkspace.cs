using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.ResourceManager;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// An Azure Machine Learning workspace, in Azure or local. The only place that knows its addresses, its api-version and the JSON
/// of its resources. Requests go through the client's pipeline (authentication, retries), bodies are written and read as JSON,
/// so that a change can put back what others set.
/// </summary>
public sealed partial class MachineLearningWorkspace : ArmResource
{
    /// <summary>The api-version used when none is asked for: the first with everything that is sent.</summary>
    public const string DefaultApiVersion = "2026-09-01";

    private readonly WorkspaceConnection _connection;
    private JsonObject? _document;

    internal MachineLearningWorkspace(ArmClient client, WorkspaceConnection connection)
        : base(client, new ResourceIdentifier(connection.Address.ArmId))
    {
        _connection = connection;
    }

    /// <summary>Which workspace it is.</summary>
    public WorkspaceAddress Address => _connection.Address;

    /// <summary>How the workspace is reached.</summary>
    internal WorkspaceConnection Connection => _connection;

    /// <summary>The workspace's region.</summary>
    public async Task<string> GetLocationAsync(CancellationToken cancellationToken) =>
        (await GetDocumentAsync(cancellationToken).ConfigureAwait(false)).TextAt("location") ?? "";

    /// <summary>An endpoint, or null.</summary>
    public async Task<EndpointResource?> GetEndpointAsync(string endpoint, CancellationToken cancellationToken) =>
        await GetAsync(EndpointPath(endpoint), cancellationToken).ConfigureAwait(false) is { } json ? new EndpointResource(json) : null;

    /// <summary>
    /// The ARM id of an endpoint of this name in a region that another workspace of the subscription has, or null. ARM's list of a
    /// subscription's resources lags behind, so what it names is asked for.
    /// </summary>
    /// <exception cref="FlowDeploymentException">The list, or what it names, must not be read.</exception>
    public async Task<string?> FindEndpointElsewhereAsync(string endpoint, string location, CancellationToken cancellationToken)
    {
        var resources = await ListResourcesAsync(
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "endpoints of the subscription", cancellationToken).ConfigureAwait(false);
        foreach (var id in resources.Where(r => IsRegion(r.TextAt("location"), location)).Select(static r => r.TextAt("id") ?? ""))
        {
            if (id.StartsWith($"/subscriptions/{Address.Subscription}/", StringComparison.OrdinalIgnoreCase)
                && id.EndsWith($"/onlineEndpoints/{endpoint}", StringComparison.OrdinalIgnoreCase) && !id.StartsWith(Address.ArmId + "/", StringComparison.OrdinalIgnoreCase)
                && await RawAsync(Absolute(id, _connection.ApiVersion), cancellationToken).ConfigureAwait(false) is { Status: not 404 } response)
            {
                Check(response, $"endpoint {endpoint} elsewhere");
                return id;
            }
        }

        return null;

        // 'West Europe' is 'westeurope'.
        static bool IsRegion(string? one, string other) => string.Equals(
            one?.Replace(" ", "", StringComparison.Ordinal), other.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The deployments of an endpoint; none when there is no such endpoint.</summary>
    public async Task<IReadOnlyList<DeploymentResource>> GetDeploymentsAsync(string endpoint, CancellationToken cancellationToken) =>
        [.. (await ListAsync($"{EndpointPath(endpoint)}/deployments", "", int.MaxValue, cancellationToken).ConfigureAwait(false)).Select(static d => new DeploymentResource(d))];

    /// <summary>A deployment, or null.</summary>
    public async Task<DeploymentResource?> GetDeploymentAsync(string endpoint, string deployment, CancellationToken cancellationToken) =>
        await GetAsync(DeploymentPath(endpoint, deployment), cancellationToken).ConfigureAwait(false) is { } json ? new DeploymentResource(json) : null;

    /// <summary>A version of a model, or null.</summary>
    public async Task<ModelVersionResource?> GetModelVersionAsync(string model, string version, CancellationToken cancellationToken) =>
        await GetAsync(VersionPath("models", model, version), cancellationToken).ConfigureAwait(false) is { } json ? new ModelVersionResource(json) : null;

    /// <summary>The versions of a model, newest first; none when there is no such model.</summary>
    public async Task<IReadOnlyList<ModelVersionResource>> GetModelVersionsAsync(string model, CancellationToken cancellationToken) =>
        [.. (await ListAsync($"models/{Segment(model)}/versions", "&$orderBy=createdtime desc", int.MaxValue, cancellationToken).ConfigureAwait(false)).Select(static m => new ModelVersionResource(m))];

    /// <summary>A version of an environment, or null.</summary>
    public async Task<EnvironmentVersionResource?> GetEnvironmentVersionAsync(string environment, string version, CancellationToken cancellationToken) =>
        await GetAsync(VersionPath("environments", environment, version), cancellationToken).ConfigureAwait(false) is { } json ? new EnvironmentVersionResource(json) : null;

    /// <summary>A version of any asset, or null.</summary>
    /// <param name="kind"><c>models</c>, <c>environments</c>, <c>codes</c> or <c>data</c>.</param>
    /// <param name="name">The asset.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public Task<JsonObject?> GetVersionAsync(string kind, string name, string version, CancellationToken cancellationToken) =>
        GetAsync(VersionPath(kind, name, version), cancellationToken);

    /// <summary>The most recently created version of an asset, or null.</summary>
    /// <param name="kind"><c>models</c>, <c>environments</c> or <c>codes</c>.</param>
    /// <param name="name">The asset.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<string?> GetLatestVersionAsync(string kind, string name, CancellationToken cancellationToken) =>
        (await ListAsync($"{kind}/{Segment(name)}/versions", "&$orderBy=createdtime desc&$top=1", 1, cancellationToken).ConfigureAwait(false)) is [var first, ..]
            ? first.TextAt("name")
            : null;

    /// <summary>The id of a code version with this content, whatever its name; null where there is none.</summary>
    /// <param name="hash">az ml's SHA-256 hash of the folder.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<string?> FindCodeAsync(string hash, CancellationToken cancellationToken) =>
        (await ListAsync($"codes/{hash}/versions", $"&hash={hash}&hashVersion={CodeHash.Version}", 1, cancellationToken).ConfigureAwait(false)) is [var first, ..]
            ? first.TextAt("id")
            : null;

    /// <summary>The version that the service would give to the next version of an asset.</summary>
    public async Task<string> GetNextVersionAsync(string kind, string name, CancellationToken cancellationToken) =>
        (await GetAsync($"{kind}/{Segment(name)}", cancellationToken).ConfigureAwait(false)).TextAt("properties", "nextVersion") ?? "1";

    /// <summary>Creates a version of an asset; versions are made at once.</summary>
    public async Task PutVersionAsync(string kind, string name, string version, JsonObject body, CancellationToken cancellationToken)
    {
        var what = $"{KindOf(kind)} {name}:{version}";
        var address = At(VersionPath(kind, name, version));
        var response = await RawAsync(RequestMethod.Put, address, body, cancellationToken).ConfigureAwait(false);
        if (response.Status is 409 or 412)
        {
            _connection.Log.Progress($"{what}: another change is in progress, trying once more");
            await Task.Delay(_connection.Patience.BusyDelay, cancellationToken).ConfigureAwait(false);
            response = await RawAsync(RequestMethod.Put, address, body, cancellationToken).ConfigureAwait(false);
        }

        Check(response, what);
    }

    /// <summary>Creates or replaces an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="body">Reads what stands and makes the body over it, anew each time before it is sent: what another change that was
    /// waited for has done is not taken back. What it throws ends the change.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task<ResourceOperation> PutEndpointAsync(string endpoint, Func<Task<JsonObject>> body, CancellationToken cancellationToken) =>
        StartAsync(RequestMethod.Put, EndpointPath(endpoint), body, $"endpoint {endpoint}", cancellationToken);

    /// <summary>Creates or replaces a deployment.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="body">Reads what stands and makes the body over it, anew each time before it is sent.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task<ResourceOperation> PutDeploymentAsync(string endpoint, string deployment, Func<Task<JsonObject>> body, CancellationToken cancellationToken) =>
        StartAsync(RequestMethod.Put, DeploymentPath(endpoint, deployment), body, $"deployment {endpoint}/{deployment}", cancellationToken);

    /// <summary>Deletes an endpoint with its deployments.</summary>
    public Task<ResourceOperation> DeleteEndpointAsync(string endpoint, CancellationToken cancellationToken) =>
        StartAsync(RequestMethod.Delete, EndpointPath(endpoint), null, $"endpoint {endpoint}", cancellationToken);

    /// <summary>Deletes a deployment.</summary>
    public Task<ResourceOperation> DeleteDeploymentAsync(string endpoint, string deployment, CancellationToken cancellationToken) =>
        StartAsync(RequestMethod.Delete, DeploymentPath(endpoint, deployment), null, $"deployment {endpoint}/{deployment}", cancellationToken);

    /// <summary>Where a person looks at an endpoint: its page in the studio, or a new one-time link to the local workspace's page.</summary>
    internal async Task<Uri> GetPageAsync(EndpointResource endpoint, CancellationToken cancellationToken)
    {
        if (!Address.IsLocal)
        {
            return new Uri(StudioPageOf(endpoint.Name));
        }

        var address = new Uri(_connection.Cloud.ResourceManager, "local/links");
        var response = await RawAsync(RequestMethod.Post, address, null, cancellationToken).ConfigureAwait(false);
        var link = Read(Check(response, "link to the local workspace's page")).TextAt("link")
            ?? throw FlowDeploymentException.Of(WorkspaceRules.RequestFailed, "The local workspace gave no link to its page.");
        return Uri.TryCreate($"{link}#/{endpoint.Name}", UriKind.Absolute, out var page) ? page
            : throw FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, "link to the local workspace's page", "its link is not an absolute address");
    }

    /// <summary>An endpoint's page in the studio.</summary>
    internal string StudioPageOf(string endpoint) => $"{_connection.Cloud.MachineLearning}/endpoints/realtime/{endpoint}/detail?wsid={Address.ArmId}";

    /// <summary>Waits for an operation that somebody else started on an endpoint.</summary>
    public ResourceOperation Attach(EndpointResource endpoint) => new(this, EndpointPath(endpoint.Name), $"endpoint {endpoint.Name}", null, null, null);

    /// <summary>Waits for an operation that somebody else started on a deployment.</summary>
    public ResourceOperation Attach(string endpoint, DeploymentResource deployment) =>
        new(this, DeploymentPath(endpoint, deployment.Name), $"deployment {endpoint}/{deployment.Name}", null, null, null);

    /// <summary>The last lines of a container's log.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="container"><c>InferenceServer</c> or <c>StorageInitializer</c>.</param>
    /// <param name="lines">How many lines.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<string> GetLogsAsync(string endpoint, string deployment, string container, int lines, CancellationToken cancellationToken)
    {
        var answer = await PostAsync(
            $"{DeploymentPath(endpoint, deployment)}/getLogs", new JsonObject { ["containerType"] = container, ["tail"] = lines },
            $"log of deployment {endpoint}/{deployment}", cancellationToken).ConfigureAwait(false);

        // The service writes line breaks as two characters.
        return (answer.TextAt("content") ?? "").Replace("\\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>What a caller of the endpoint sends as bearer token: key, workspace token or Entra token. Secret.</summary>
    public async Task<string> GetCallerTokenAsync(EndpointResource endpoint, CancellationToken cancellationToken)
    {
        switch (endpoint.AuthMode)
        {
            case "AADToken":
                try
                {
                    var token = await _connection.Credential.GetTokenAsync(new TokenRequestContext([$"{_connection.Cloud.MachineLearning}/.default"]), cancellationToken).ConfigureAwait(false);
                    return token.Token;
                }
                catch (AuthenticationFailedException e)
                {
                    throw NotSignedIn(e);
                }

            case "AMLToken":
                var answer = await PostAsync($"{EndpointPath(endpoint.Name)}/token", null, $"token of endpoint {endpoint.Name}", cancellationToken).ConfigureAwait(false);
                return PrintableText.Require(answer.TextAt("accessToken"), $"token of the endpoint '{endpoint.Name}'");
            default:
                return (await GetKeysAsync(endpoint.Name, cancellationToken).ConfigureAwait(false)).Primary;
        }
    }

    /// <summary>The endpoint's keys. Secret.</summary>
    public async Task<(string Primary, string Secondary)> GetKeysAsync(string endpoint, CancellationToken cancellationToken)
    {
        var keys = await PostAsync($"{EndpointPath(endpoint)}/listKeys", null, $"keys of endpoint {endpoint}", cancellationToken).ConfigureAwait(false);
        return (Key("primaryKey"), Key("secondaryKey"));

        string Key(string member) => PrintableText.Require(keys.TextAt(member), $"{member} of the endpoint '{endpoint}'");
    }

    /// <summary>A datastore to upload to.</summary>
    /// <param name="datastore">Its name; az ml uploads to <c>workspaceblobstore</c> unless a file says otherwise.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <exception cref="FlowDeploymentException">There is no such datastore, or it is not blob storage of the workspace's cloud.</exception>
    public async Task<Datastore> GetDatastoreAsync(string datastore, CancellationToken cancellationToken)
    {
        var properties = (await GetAsync($"datastores/{Segment(datastore)}", cancellationToken).ConfigureAwait(false))?["properties"]
            ?? throw FlowDeploymentException.Of(
                WorkspaceRules.AssetNotFound, "datastore", datastore, Address.Name,
                datastore == UploadDatastore ? "every workspace has it; restore it in the studio" : $"name another one, or leave 'datastore:' out to use {UploadDatastore}");
        // A data lake's file systems are containers to the blob API.
        var container = properties.TextAt("containerName") ?? properties.TextAt("filesystem")
            ?? throw FlowDeploymentException.Of(
                WorkspaceRules.AssetNotFound, "blob datastore", datastore, Address.Name,
                $"its type is {properties.TextAt("datastoreType")}, which files cannot be uploaded to; leave 'datastore:' out to use {UploadDatastore}");
        var kind = properties.TextAt("credentials", "credentialsType");
        var address = DatastoreAddress.Of(datastore, properties, container, _connection.Cloud, _connection.LocalBlobs);
        return new Datastore(datastore, address, HasSecrets: kind is "AccountKey" or "Sas");
    }

    /// <summary>The secret of a datastore: an account key or a SAS.</summary>
    internal async Task<(string? AccountKey, string? Sas)> GetSecretAsync(Datastore datastore, CancellationToken cancellationToken)
    {
        var secret = await PostAsync(
            $"datastores/{Segment(datastore.Name)}/listSecrets", null, $"secrets of datastore {datastore.Name}", cancellationToken).ConfigureAwait(false);
        return (secret.TextAt("key"), secret.TextAt("sasToken"));
    }

    /// <summary>The names of the workspace's connections.</summary>
    public async Task<IReadOnlyList<string>> GetConnectionNamesAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync("connections", "", int.MaxValue, cancellationToken).ConfigureAwait(false)).Select(static c => c.TextAt("name") ?? "")];

    /// <summary>Whether the workspace has a compute of that name.</summary>
    public async Task<bool> HasComputeAsync(string compute, CancellationToken cancellationToken) =>
        await GetAsync($"computes/{Segment(compute)}", cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The sizes of machines in a region, each as <c>{name, family, vCPUs, supportedComputeTypes}</c>.</summary>
    public async Task<IReadOnlyList<JsonObject>> GetVmSizesAsync(string location, CancellationToken cancellationToken) =>
        await ListAsync(LocationAt(location, "vmSizes"), "vmSizes", int.MaxValue, cancellationToken).ConfigureAwait(false);

    /// <summary>The cores in use in a region, each as <c>{id, name: {value}, currentValue, limit}</c>.</summary>
    public async Task<IReadOnlyList<JsonObject>> GetUsagesAsync(string location, CancellationToken cancellationToken) =>
        await ListAsync(LocationAt(location, "usages"), "usages", int.MaxValue, cancellationToken).ConfigureAwait(false);

    internal async Task<JsonObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        var response = await RawAsync(RequestMethod.Get, At(path), null, cancellationToken).ConfigureAwait(false);
        return response.Status == 404 ? null : Read(Check(response, path.Length == 0 ? $"workspace {Address.Name}" : path));
    }

    private Task<List<JsonObject>> ListAsync(string path, string query, int atMost, CancellationToken cancellationToken) =>
        ListAsync(At(path, query), path, atMost, cancellationToken);

    private async Task<List<JsonObject>> ListAsync(Uri? next, string what, int atMost, CancellationToken cancellationToken)
    {
        var items = new List<JsonObject>();
        var pages = new PageLimit(what);
        while (next is not null && items.Count < atMost)
        {
            pages.Begin(next);
            var response = await RawAsync(RequestMethod.Get, next, null, cancellationToken).ConfigureAwait(false);
            if (response.Status == 404)
            {
                break;
            }

            pages.Add(Check(response, what).Content.ToMemory().Length);
            var page = Read(response);
            items.AddRange((page["value"] as JsonArray ?? []).OfType<JsonObject>());
            next = page["nextLink"] is { } link && link.TextAt() is not "" ? Own(link.TextAt() ?? "", what) : null;
        }

        return items;
    }

    private async Task<JsonObject> PostAsync(string path, JsonObject? body, string what, CancellationToken cancellationToken) =>
        Read(await SendAsync(RequestMethod.Post, path, body, what, cancellationToken).ConfigureAwait(false));

    private async Task<Response> SendAsync(RequestMethod method, string path, JsonObject? body, string what, CancellationToken cancellationToken) =>
        Check(await RawAsync(method, At(path), body, cancellationToken).ConfigureAwait(false), what);

    private async Task<ResourceOperation> StartAsync(RequestMethod method, string path, Func<Task<JsonObject>>? body, string what, CancellationToken cancellationToken)
    {
        // One change at a time: the service answers 409 while another one runs, and 412 when it changed what was to be written over.
        for (var attempt = 1; ; attempt++)
        {
            var response = await SendChangeAsync(method, path, body is null ? null : await body().ConfigureAwait(false), what, cancellationToken).ConfigureAwait(false);
            var isOvertaken = response.Status is 409 or 412;
            if (isOvertaken && attempt < _connection.Patience.BusyAttempts)
            {
                _connection.Log.Progress($"{what}: another change is in progress, waiting for it");
                await Task.Delay(_connection.Patience.BusyDelay, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (isOvertaken)
            {
                var fault = ServiceFault.Parse(response.Content.ToMemory(), "Conflict");
                throw FlowDeploymentException.Of(WorkspaceRules.EndpointBusy, path.Split('/')[1], $"{fault.Code}: {fault.Message}");
            }

            Check(response, what);
            return new ResourceOperation(
                this, path, what, method == RequestMethod.Delete ? null : ReadOrNull(response),
                response.Headers.TryGetValue("Azure-AsyncOperation", out var operation) ? Own(operation, what) : null,
                method == RequestMethod.Delete && response.Headers.TryGetValue("Location", out var location) ? Own(location, what) : null)
            {
                Again = () => StartAsync(method, path, body, what, cancellationToken),
            };
        }
    }

    // Stopped while the request is on its way, nobody knows whether the workspace has taken it.
    private async Task<Response> SendChangeAsync(RequestMethod method, string path, JsonObject? body, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await RawAsync(method, At(path), body, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _connection.Log.Result($"the change of {what} was being sent and may have begun in the workspace; run the target again to go on, or ShowFlow to see its state");
            throw;
        }
    }

    internal Task<Response> RawAsync(Uri address, CancellationToken cancellationToken) => RawAsync(RequestMethod.Get, address, null, cancellationToken);

    // The one place that sends, and so adds the token: ids and links come from files and from answers.
    private async Task<Response> RawAsync(RequestMethod method, Uri address, JsonObject? body, CancellationToken cancellationToken)
    {
        Own(address);
        using var message = Pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(address);
        message.Request.Headers.Add("Accept", "application/json");
        if (body is not null)
        {
            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(body));
        }

        try
        {
            await Pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationFailedException e)
        {
            throw NotSignedIn(e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is RequestFailedException or AggregateException or HttpRequestException or IOException or OperationCanceledException)
        {
            throw _connection.Unreachable(e);
        }

        _connection.Log.Detail($"{method} {address.AbsolutePath} -> {message.Response.Status} ({message.Response.ClientRequestId})");
        return message.Response;
    }

    internal static Response Check(Response response, string what)
    {
        if (response.Status is >= 200 and < 300)
        {
            return response;
        }

        var fault = ServiceFault.Of(response, response.ReasonPhrase is { Length: > 0 } reason ? reason : "Error");
        var remedy = response.Status switch
        {
            401 => " The token has expired, or this machine's clock is wrong: sign in again and run the target again, it goes on where it stopped.",
            403 => " The signed-in identity lacks a role; 'AzureML Data Scientist' on the workspace is enough to deploy.",
            // What is not found, or not understood, by the control plane itself is a name in the request; images and models are looked for later.
            404 => " Check the names of the subscription, the resource group and the workspace, and those in the files.",
            400 when fault.Code is "BadArgument" or "ResourceNotFound" => "",
            _ => Remedies.For(fault.Code) is { } known ? " " + known : "",
        };
        var request = fault.Correlation is { } ids ? $" ({ids})" : "";
        throw FlowDeploymentException.Of(
            WorkspaceRules.RequestFailed, $"{fault.Code}: {fault.Message.TrimEnd('.')} ({what}, HTTP {response.Status}).{remedy}{request}");
    }

    internal FlowDeploymentException NotSignedIn(AuthenticationFailedException e) => Credentials.NotSignedIn(_connection.CredentialWord, e);

    internal static JsonObject Read(Response response) => ReadOrNull(response)
        ?? throw FlowDeploymentException.Of(WorkspaceRules.RequestFailed, "The workspace answered with something that is no JSON object.");

    private static JsonObject? ReadOrNull(Response response) => ResponseJson.Parse(response.Content.ToMemory());

    // Tokens go to the workspace's own host, whatever a header or a link says.
    internal bool IsOwn(Uri address) => address.IsAbsoluteUri && address.Scheme == Endpoint.Scheme && address.Authority == Endpoint.Authority;

    internal Uri Own(Uri address) => IsOwn(address) ? address
        : throw FlowDeploymentException.Of(WorkspaceRules.ForeignAddress, address.IsAbsoluteUri ? address.Authority : address.ToString());

    private Uri Own(string link, string what) => Uri.TryCreate(link, UriKind.Absolute, out var address) ? Own(address)
        : throw FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, what, $"its link '{link}' is not an absolute address");

    private Uri LocationAt(string location, string list) => new(
        Endpoint, $"/subscriptions/{Address.Subscription}/providers/Microsoft.MachineLearningServices/locations/{Segment(location)}/{list}?api-version={_connection.ApiVersion}");

    private Uri At(string path, string query = "") =>
        new(Endpoint, $"{Id}{(path.Length == 0 ? "" : "/")}{path}?api-version={_connection.ApiVersion}{query}");

    private static string EndpointPath(string endpoint) => $"onlineEndpoints/{Segment(endpoint)}";

    private static string DeploymentPath(string endpoint, string deployment) => $"{EndpointPath(endpoint)}/deployments/{Segment(deployment)}";

    private static string VersionPath(string kind, string name, string version) => $"{kind}/{Segment(name)}/versions/{Segment(version)}";

    private static string Segment(string name) => Uri.EscapeDataString(name);
}
