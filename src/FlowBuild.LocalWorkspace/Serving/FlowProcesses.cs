using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>
/// The servers that really answer, where the user names any. Those that the user's command runs are one for each deployment, started when
/// it is first asked, and again when it has ended or the deployment has changed. They end with the deployment.
/// </summary>
internal sealed class FlowProcesses : IAsyncDisposable
{
    private readonly ServeCommand? _command;
    private readonly BlobStore _blobs;
    private readonly RequestLog _requests;
    private readonly StateFolder _folder;
    private readonly RunningServers _servers;
    private readonly ResourceStore _store;
    private readonly ConcurrentDictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _copying = new(1);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sweeping;

    /// <summary>Begins to watch which deployments there are.</summary>
    public FlowProcesses(ServeCommand? command, BlobStore blobs, RequestLog requests, StateFolder folder, RunningServers servers, ResourceStore store)
    {
        (_command, _blobs, _requests, _folder, _servers, _store) = (command, blobs, requests, folder, servers, store);
        _sweeping = command is { Address: null } ? SweepAsync(_end.Token) : Task.CompletedTask;
    }

    /// <summary>The client that asks the servers.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Whether a flow is really served.</summary>
    public bool Serve(ServedFlow flow) => flow.StandIn?.Server is not null || (_command is not null && flow.StandIn?.Answer is null && flow.Folder.Length > 0);

    /// <summary>Where a deployment's flow is served, or null when its server does not start.</summary>
    public async Task<Uri?> FindAsync(StoredEndpoint endpoint, StoredDeployment deployment, ServedFlow flow, CancellationToken cancellationToken)
    {
        if ((flow.StandIn?.Server ?? _command?.Address) is { } address)
        {
            return address;
        }

        var variables = deployment.Properties.Object("environmentVariables") ?? [];
        var serves = $"{flow.Folder}\n{variables.ToJsonString()}";
        var place = _places.GetOrAdd(StoredDeployment.KeyOf(endpoint.Name, deployment.Name), static _ => new Place());
        await place.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (place.Server is { IsRunning: true } running && place.Serves == serves)
            {
                return running.Address;
            }

            place.End();
            var path = await CopyAsync(flow, cancellationToken).ConfigureAwait(false);
            place.Serves = serves;
            place.Server = await FlowProcess.StartAsync(
                _command!.Words, path, variables.ToDictionary(static v => v.Key, static v => v.Value!.ToString()),
                line => _requests.Add(endpoint.Name, deployment.Name, line), Http, _servers, cancellationToken).ConfigureAwait(false);
            return place.Server?.Address;
        }
        finally
        {
            place.Gate.Release();
        }
    }

    /// <summary>Ends all servers.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
        foreach (var place in _places.Values)
        {
            await place.EndAsync().ConfigureAwait(false);
            place.Dispose();
        }

        Http.Dispose();
        _copying.Dispose();
        _end.Dispose();
    }

    // Ends the servers of deployments that there are no more.
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var change = _store.Changes.Next;
            // The place stays: a request that came just before may still start a server there.
            foreach (var (_, place) in _places.Where(place => _store.Find<StoredDeployment>(place.Key) is null))
            {
                await place.EndAsync().ConfigureAwait(false);
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A folder of its own for each upload, since its path holds the content's hash. Several deployments may serve the same one.
    private async Task<string> CopyAsync(ServedFlow flow, CancellationToken cancellationToken)
    {
        await _copying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await CopyOneAsync(flow, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _copying.Release();
        }
    }

    private async Task<string> CopyOneAsync(ServedFlow flow, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(flow.Folder)))[..16];
        var root = Path.Combine(_folder.Subfolder("served"), hash, flow.Name);
        foreach (var blob in _blobs.List(WorkspaceNames.Container, flow.Folder + "/"))
        {
            // Names that climb were refused when the blob was put; one that begins with a slash stays below the folder too.
            var path = Path.Join(root, blob.Name[(flow.Folder.Length + 1)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, await _blobs.ReadAsync(WorkspaceNames.Container, blob.Name, cancellationToken).ConfigureAwait(false) ?? [], cancellationToken)
                .ConfigureAwait(false);
        }

        return root;
    }

    // Where the server of one deployment is. Others do not wait for it to start.
    private sealed class Place : IDisposable
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public FlowProcess? Server { get; set; }

        // The flow and the variables that it was started with.
        public string? Serves { get; set; }

        public void End()
        {
            Server?.Dispose();
            Server = null;
        }

        public async Task EndAsync()
        {
            await Gate.WaitAsync().ConfigureAwait(false);
            End();
            Gate.Release();
        }

        public void Dispose() => Gate.Dispose();
    }
}
