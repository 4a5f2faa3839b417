using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowBuild.LocalWorkspace.Tests;

[Trait("Category", "Security")]
public sealed class SafetyTests
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:1")]
    public async Task A_foreign_host_is_refused_on_every_listener(string host)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var http = workspace.PinnedClient();

        foreach (var uri in Doors(workspace))
        {
            using var request = Authorized(workspace, uri);
            request.Headers.Host = host;
            using var answer = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:1")]
    public async Task A_foreign_origin_is_refused_on_every_listener(string origin)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var http = workspace.PinnedClient();

        foreach (var uri in Doors(workspace))
        {
            using var request = Authorized(workspace, uri);
            request.Headers.Add("Origin", origin);
            using var answer = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Basic d3Jvbmc6d3Jvbmc=")]
    [InlineData("SharedKey flowbuildlocal:d3Jvbmc=")]
    public async Task A_missing_or_guessed_token_is_refused(string? authorization)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var http = workspace.PinnedClient();

        var own = ((HttpMethod Method, string Path)[])[(HttpMethod.Get, "status"), (HttpMethod.Post, "stop"), (HttpMethod.Put, "faults"), (HttpMethod.Get, "faults"), (HttpMethod.Delete, "faults")];
        foreach (var (method, uri) in Doors(workspace).Select(static door => (HttpMethod.Get, door))
            .Concat(own.Select(route => (route.Method, new Uri(workspace.Host.ControlPlane, $"/local/{route.Path}")))))
        {
            using var request = new HttpRequestMessage(method, uri);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var answer = await http.SendAsync(request);
            Assert.Contains((int)answer.StatusCode, (int[])[401, 403, 404]);
            Assert.DoesNotContain(workspace.Host.Token, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.False(workspace.Host.StopRequested.IsCompleted);
    }

    [Theory]
    [InlineData("GET /local/status HTTP/1.0", "")]
    [InlineData("GET /local/status HTTP/1.1", "Host: ")]
    [InlineData("GET /local/status HTTP/1.1", "Host: localhost:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: LOCALHOST:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: [::1]:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: [::ffff:127.0.0.1]:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: 127.1:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: 127.0.0.1.:{port}")]
    [InlineData("GET /local/status HTTP/1.1", "Host: 127.0.0.1")]
    [InlineData("GET /local/status HTTP/1.1", "Host: evil.example\r\nX-Forwarded-Host: 127.0.0.1:{port}")]
    [InlineData("GET https://evil.example/local/status HTTP/1.1", "Host: 127.0.0.1:{port}")]
    [InlineData("GET https://127.0.0.1:{port}/local/status HTTP/1.1", "Host: evil.example")]
    [InlineData("GET /local/status HTTP/1.1", "Host: 127.0.0.1:{port}\r\nHost: evil.example")]
    [InlineData("GET /local/status HTTP/1.1", "Host: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\nOrigin: https://evil.example")]
    public async Task No_other_way_to_write_the_host_passes(string requestLine, string headers)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var port = workspace.Host.ControlPlane.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        var status = await RawAsync(workspace, requestLine.Replace("{port}", port, StringComparison.Ordinal), headers.Replace("{port}", port, StringComparison.Ordinal));

        Assert.Contains(status, (int[])[400, 403]);
    }

    [Fact]
    public async Task The_own_host_passes_as_it_is_written()
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        Assert.Equal(200, await RawAsync(workspace, "GET /local/status HTTP/1.1"));
    }

    [Fact]
    public async Task A_file_of_another_user_in_the_state_folder_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can give a file away.");
        using var folder = new Testing.TemporaryFolder();
        var file = folder.Write("state/identity.json", "{}");
        using var give = System.Diagnostics.Process.Start("chown", ["65534", file]);
        await give.WaitForExitAsync();

        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => LocalWorkspaceHost.StartAsync(RunningWorkspace.Options(folder.Path, TimeSpan.Zero)));

        Assert.Contains("another user", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/flowbuildlocal/azureml-blobstore-local/../../etc/passwd")]
    [InlineData("/flowbuildlocal/azureml-blobstore-local/a/%2e%2e/%2e%2e/b")]
    [InlineData("/flowbuildlocal/azureml-blobstore-local/..%2f..%2fidentity.json")]
    [InlineData("/flowbuildlocal/azureml-blobstore-local/..%5c..%5cidentity.json")]
    [InlineData("/flowbuildlocal/..%2fstate/x")]
    [InlineData("/subscriptions/../local/status")]
    public async Task Dots_that_climb_are_refused(string target)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var status = await RawAsync(workspace, $"GET {target} HTTP/1.1");

        Assert.Equal(400, status);
    }

    [Fact]
    public async Task Only_loopback_is_bound()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var others = Dns.GetHostAddresses(Dns.GetHostName()).Where(static a => !IPAddress.IsLoopback(a) && a.AddressFamily == AddressFamily.InterNetwork);

        foreach (var port in (int[])[workspace.Host.ControlPlane.Port, workspace.Host.Scoring.Port])
        {
            Assert.All(
                System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => l.Port == port),
                static listener => Assert.True(IPAddress.IsLoopback(listener.Address)));
            foreach (var address in others)
            {
                using var socket = new TcpClient();
                await Assert.ThrowsAnyAsync<SocketException>(() => socket.ConnectAsync(address, port));
            }
        }
    }

    [Fact]
    public async Task The_state_is_the_users_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        await workspace.Blobs().GetBlobClient("a").UploadAsync(BinaryData.FromString("x"));
        var folder = Path.Combine(workspace.Folder, "state");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        Assert.True(files.Length > 4);
        foreach (var file in files)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_state_folder_that_is_a_link_is_refused()
    {
        using var folder = new Testing.TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "real"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "state"), Path.Combine(folder.Path, "real"));

        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => LocalWorkspaceHost.StartAsync(RunningWorkspace.Options(folder.Path, TimeSpan.Zero)));

        Assert.Contains("symbolic link", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_reaches_the_log()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("chat-endpoint", model, ("API_SECRET", "hush-hush"));
        await client.ScoreAsync("""{"question":"hush-hush"}""");
        var key = (await workspace.PostAsync("datastores/workspaceblobstore/listSecrets")).Body!["key"]!.GetValue<string>();

        using var stream = new FileStream(Path.Combine(workspace.Folder, "state", "workspace.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        var log = await reader.ReadToEndAsync();

        Assert.NotEmpty(log);
        Assert.All((string[])[workspace.Host.Token, client.Key, key, "hush-hush"], secret => Assert.DoesNotContain(secret, log, StringComparison.Ordinal));
    }

    private static Uri[] Doors(RunningWorkspace workspace) =>
    [
        new(workspace.Host.ControlPlane, $"{workspace.WorkspaceId}?api-version={RunningWorkspace.ApiVersion}"),
        new($"{workspace.ContainerUri}?restype=container&comp=list"),
        new(workspace.Host.Scoring, "endpoints/none/score"),
    ];

    private static HttpRequestMessage Authorized(RunningWorkspace workspace, Uri uri)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Add("Authorization", "Bearer " + workspace.Host.Token);
        return request;
    }

    // HttpClient folds the dots before it sends; an attacker does not.
    private static async Task<int> RawAsync(RunningWorkspace workspace, string requestLine, string? host = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, workspace.Host.ControlPlane.Port);
        await using var tls = new System.Net.Security.SslStream(
            socket.GetStream(), false, (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(workspace.Host.Certificate.RawData) == true);
        await tls.AuthenticateAsClientAsync("127.0.0.1");
        host ??= $"Host: 127.0.0.1:{workspace.Host.ControlPlane.Port}";
        var request = $"{requestLine}\r\n{host}{(host.Length > 0 ? "\r\n" : "")}Authorization: Bearer {workspace.Host.Token}\r\nConnection: close\r\n\r\n";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(tls);
        var status = await reader.ReadLineAsync();
        return int.Parse(status!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
