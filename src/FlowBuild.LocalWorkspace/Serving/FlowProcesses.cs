using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>
/// The servers that really answer, where the user names any. Those that the user's command runs are one for each deployed flow, started
/// when it is first asked and again when it has ended.
/// </summary>
internal sealed class FlowProcesses(ServeCommand? command, BlobStore blobs, RequestLog requests, StateFolder folder, RunningServers servers) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<string, FlowProcess> _running = new(StringComparer.Ordinal);

    /// <summary>The client that asks the servers.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Whether a flow is really served.</summary>
    public bool Serve(ServedFlow flow) => flow.StandIn?.Server is not null || (command is not null && flow.StandIn?.Answer is null && flow.Folder.Length > 0);

    /// <summary>Where a deployment's flow is served, or null when its server does not start.</summary>
    public async Task<Uri?> FindAsync(StoredEndpoint endpoint, StoredDeployment deployment, ServedFlow flow, CancellationToken cancellationToken)
    {
        if ((flow.StandIn?.Server ?? command?.Address) is { } address)
        {
            return address;
        }

        var key = $"{endpoint.Name}/{deployment.Name}/{flow.Folder}";
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_running.TryGetValue(key, out var server) && server.IsRunning)
            {
                return server.Address;
            }

            server?.Dispose();
            _running.Remove(key);
            var path = await CopyAsync(flow, cancellationToken).ConfigureAwait(false);
            var variables = (deployment.Properties.Object("environmentVariables") ?? []).ToDictionary(static v => v.Key, static v => v.Value!.ToString());
            server = await FlowProcess.StartAsync(
                command!.Words, path, variables, line => requests.Add(endpoint.Name, deployment.Name, line), Http, servers, cancellationToken).ConfigureAwait(false);
            if (server is not null)
            {
                _running.Add(key, server);
            }

            return server?.Address;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends all servers.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        foreach (var server in _running.Values)
        {
            server.Dispose();
        }

        Http.Dispose();
        _gate.Dispose();
    }

    // A folder of its own for each upload, since its path holds the content's hash.
    private async Task<string> CopyAsync(ServedFlow flow, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(flow.Folder)))[..16];
        var root = Path.Combine(folder.Subfolder("served"), hash, flow.Name);
        foreach (var blob in blobs.List(WorkspaceNames.Container, flow.Folder + "/"))
        {
            // Names that climb were refused when the blob was put; one that begins with a slash stays below the folder too.
            var path = Path.Join(root, blob.Name[(flow.Folder.Length + 1)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, await blobs.ReadAsync(WorkspaceNames.Container, blob.Name, cancellationToken).ConfigureAwait(false) ?? [], cancellationToken)
                .ConfigureAwait(false);
        }

        return root;
    }
}
