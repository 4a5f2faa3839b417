using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.State;
using FlowBuild.LocalWorkspace.InProcess;

namespace FlowBuild.LocalWorkspace;

/// <summary>
/// A local workspace inside a test: an Azure Machine Learning workspace on loopback, to which the test deploys flow folders and whose
/// endpoints its clients call. Each has ports, keys and a state folder of its own, so tests can run side by side; all of it is gone when
/// it is disposed.
/// </summary>
public sealed class LocalWorkspace : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly LocalWorkspaceHost _host;
    private readonly LocalWorkspaceOptions _options;
    private readonly ControlPlaneClient _client;
    private readonly SemaphoreSlim _one = new(1);
    private readonly HashSet<string> _endpoints = new(StringComparer.OrdinalIgnoreCase);
    private volatile bool _isDisposed;

    private LocalWorkspace(DirectoryInfo folder, LocalWorkspaceHost host, LocalWorkspaceOptions options) =>
        (_folder, _host, _options, _client) = (folder, host, options, new ControlPlaneClient(host));

    /// <summary>Starts a workspace.</summary>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="WorkspaceStartException">The machine gives no port of loopback.</exception>
    public static async Task<LocalWorkspace> StartAsync(CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("flowbuild-");
        try
        {
            var options = new LocalWorkspaceOptions
            {
                StateFolder = folder.FullName,
                ProvisioningTime = TimeSpan.Zero,
                RetryAfter = TimeSpan.Zero,
                StreamInterval = TimeSpan.Zero,
            };
            return new LocalWorkspace(folder, await LocalWorkspaceHost.StartAsync(options, cancellationToken).ConfigureAwait(false), options);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Deploys a flow folder to an endpoint and waits until it is ready.</summary>
    /// <param name="flowFolder">
    /// The folder that holds the flow file: a full path, or a relative one, which is looked for in the folder of the test's assembly and
    /// then in each folder above it. <c>MyApp/my-flow</c> is found when the solution's folder holds <c>MyApp</c>.
    /// </param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The endpoint. All its traffic goes to the flow.</returns>
    /// <exception cref="LocalDeploymentException">There is no such folder or no flow in it, the flow file has errors, or the workspace
    /// refuses the deployment, as Azure would.</exception>
    /// <exception cref="ObjectDisposedException">The workspace has been disposed.</exception>
    public async Task<LocalEndpoint> DeployAsync(
        string flowFolder, LocalDeploymentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(flowFolder);
        options ??= new LocalDeploymentOptions();
        var flow = FlowFolder.Open(flowFolder);
        var variables = options.ReadVariables();
        // One after the other: an endpoint refuses a change while another one runs, and a free name must stay free.
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return await DeployAsync(flow, options, variables, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Stops the workspace and removes its state.</summary>
    public async ValueTask DisposeAsync()
    {
        // The semaphore is not disposed: who waits for it would wait for ever.
        _isDisposed = true;
        _client.Dispose();
        await _host.DisposeAsync().ConfigureAwait(false);
        if (_folder.Exists)
        {
            _folder.Delete(recursive: true);
        }
    }

    private const string DeploymentName = "blue";

    private async Task<LocalEndpoint> DeployAsync(
        FlowFolder flow, LocalDeploymentOptions options, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var name = options.EndpointName is { } given ? EndpointNames.Checked(given) : EndpointNames.Free(flow.Name, _endpoints);
        var path = $"LocalUpload/{Guid.NewGuid():N}/{flow.Name}";
        foreach (var file in flow.Files)
        {
            await _client.UploadAsync($"{path}/{Path.GetFileName(file)}", file, cancellationToken).ConfigureAwait(false);
        }

        if (options.Answer is not null || options.Server is not null)
        {
            _options.StandIns[path] = new FlowStandIn(options.Answer, options.Server);
        }

        var model = await _client.RegisterAsync(name, path, cancellationToken).ConfigureAwait(false);
        var endpoint = $"{OnlineEndpoints.Type}/{name}";
        // Put first without traffic, which a deployment can have only when it is there; an endpoint that serves keeps its own.
        if (!_endpoints.Contains(name))
        {
            await _client.PutAndWaitAsync(endpoint, Endpoint(), cancellationToken).ConfigureAwait(false);
            _endpoints.Add(name);
        }

        await _client.PutAndWaitAsync($"{endpoint}/deployments/{DeploymentName}", Deployment(model, variables), cancellationToken).ConfigureAwait(false);
        var made = await _client.PutAndWaitAsync(endpoint, Endpoint((DeploymentName, 100)), cancellationToken).ConfigureAwait(false);
        var keys = await _client.SendAsync(HttpMethod.Post, $"{endpoint}/listKeys", null, cancellationToken).ConfigureAwait(false);
        return new LocalEndpoint(name, new Uri(made["properties"]!.AsObject().Text("scoringUri")!), keys.Text("primaryKey")!);
    }

    private static JsonObject Endpoint(params (string Deployment, int Percentage)[] traffic) => new()
    {
        ["location"] = WorkspaceNames.Location,
        ["properties"] = new JsonObject
        {
            ["authMode"] = "Key",
            ["traffic"] = new JsonObject(traffic.Select(static t => KeyValuePair.Create<string, JsonNode?>(t.Deployment, t.Percentage))),
        },
    };

    // Room for as many requests as a test may send at once: what a full endpoint answers, a test says itself.
    private static JsonObject Deployment(string model, IReadOnlyDictionary<string, string> variables) => new()
    {
        ["location"] = WorkspaceNames.Location,
        ["properties"] = new JsonObject
        {
            ["endpointComputeType"] = "Managed",
            ["model"] = model,
            ["environmentVariables"] = new JsonObject(variables.Select(static v => KeyValuePair.Create<string, JsonNode?>(v.Key, v.Value))),
            ["requestSettings"] = new JsonObject { ["maxConcurrentRequestsPerInstance"] = 10_000, ["requestTimeout"] = "PT3M" },
        },
    };
}
