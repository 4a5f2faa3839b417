using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class LifeTests
{
    [Fact]
    public async Task The_process_says_how_to_reach_it_and_stops_by_its_route()
    {
        using var folder = new TemporaryFolder();
        using var run = await WorkspaceProcessRun.StartAsync(Path.Combine(folder.Path, "state"));
        using var client = run.Client();

        var status = (await client.GetFromJsonAsync<JsonNode>("/local/status"))!;
        Assert.Equal(run.Process.Id, status["processId"]!.GetValue<int>());
        Assert.Equal(run.File["build"]!.GetValue<string>(), status["build"]!.GetValue<string>());
        Assert.Equal(typeof(LocalWorkspaceHost).Module.ModuleVersionId.ToString(), status["build"]!.GetValue<string>());

        using var answer = await client.PostAsync(new Uri("/local/stop", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await run.Process.WaitForExitAsync();
        Assert.Equal(0, run.Process.ExitCode);
        Assert.False(File.Exists(Path.Combine(run.Folder, "workspace.json")));
    }

    [Fact]
    public async Task The_process_has_a_session_of_its_own_and_stops_cleanly_when_terminated()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sessions are read from /proc.");
        using var folder = new TemporaryFolder();
        using var run = await WorkspaceProcessRun.StartAsync(Path.Combine(folder.Path, "state"));

        var stat = await File.ReadAllTextAsync($"/proc/{run.Process.Id}/stat");
        var session = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3];
        Assert.Equal(run.Process.Id.ToString(CultureInfo.InvariantCulture), session);

        using var kill = Process.Start("kill", ["-TERM", run.Process.Id.ToString(CultureInfo.InvariantCulture)]);
        await run.Process.WaitForExitAsync();
        Assert.Equal(0, run.Process.ExitCode);
        Assert.False(File.Exists(Path.Combine(run.Folder, "workspace.json")));
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_does_not_start()
    {
        using var folder = new TemporaryFolder();
        using var run = await WorkspaceProcessRun.StartAsync(Path.Combine(folder.Path, "state"));

        using var second = WorkspaceProcessRun.Launch("--state", run.Folder);
        var error = await second.StandardError.ReadToEndAsync();
        await second.WaitForExitAsync();

        Assert.Equal(4, second.ExitCode);
        Assert.Contains("Another process", error, StringComparison.Ordinal);
        using var client = run.Client();
        Assert.NotNull(await client.GetFromJsonAsync<JsonNode>("/local/status"));
    }

    [Theory]
    [InlineData("--stat", "x")]
    [InlineData("--state", "")]
    [InlineData("--idle-timeout", "0")]
    [InlineData("--idle-timeout", "NaN")]
    [InlineData("--idle-timeout", "Infinity")]
    [InlineData("--idle-timeout", "1e300")]
    public async Task Unknown_arguments_are_refused(string name, string value)
    {
        using var process = WorkspaceProcessRun.Launch(name, value);
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
    }

    [Fact]
    public async Task Ports_certificate_token_and_resources_survive_a_kill()
    {
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        JsonNode before;
        using (var first = await WorkspaceProcessRun.StartAsync(state))
        {
            before = first.File;
            using var client = first.Client();
            var body = new JsonObject { ["properties"] = new JsonObject { ["modelUri"] = "azureml://datastores/workspaceblobstore/paths/a" } };
            using var answer = await client.PutAsJsonAsync($"{first.WorkspaceId}/models/m/versions/1?api-version=2024-10-01", body);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            first.Kill();
        }

        using var second = await WorkspaceProcessRun.StartAsync(state);
        using var again = second.Client();
        foreach (var member in (string[])["controlPlane", "scoring", "certificate", "token", "subscriptionId"])
        {
            Assert.Equal(before[member]!.GetValue<string>(), second.File[member]!.GetValue<string>());
        }

        using var model = await again.GetAsync(new Uri($"{second.WorkspaceId}/models/m/versions/1?api-version=2024-10-01", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, model.StatusCode);
    }

    [Fact]
    public async Task An_idle_process_stops_by_itself()
    {
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        using var process = WorkspaceProcessRun.Launch("--state", state, "--idle-timeout", "0.005");

        await process.WaitForExitAsync();

        Assert.Equal(0, process.ExitCode);
        var log = await File.ReadAllTextAsync(Path.Combine(state, "workspace.log"));
        Assert.InRange(log.IndexOf("ready", StringComparison.Ordinal), 0, log.IndexOf("idle for", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_workspace_is_not_idle_while_it_provisions()
    {
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        var options = new LocalWorkspaceOptions { StateFolder = state, ProvisioningTime = TimeSpan.FromSeconds(3), IdleTimeout = TimeSpan.FromSeconds(1.5) };
        await using (var host = await LocalWorkspaceHost.StartAsync(options))
        {
            using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(host.Certificate.RawData) == true } });
            client.DefaultRequestHeaders.Add("Authorization", "Bearer " + host.Token);
            var uri = new Uri(host.ControlPlane, $"/subscriptions/{host.SubscriptionId}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/onlineEndpoints/my-endpoint?api-version=2024-10-01");
            using var answer = await client.PutAsJsonAsync(uri, RunningWorkspace.Endpoint());
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);

            await host.StopRequested;
        }

        var log = await File.ReadAllTextAsync(Path.Combine(state, "workspace.log"));
        Assert.InRange(log.IndexOf("Succeeded", StringComparison.Ordinal), 0, log.IndexOf("idle for", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var folder = new TemporaryFolder();
        var options = RunningWorkspace.Options(folder.Path, TimeSpan.Zero);
        int port;
        await using (var host = await LocalWorkspaceHost.StartAsync(options))
        {
            port = host.Scoring.Port;
        }

        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();
        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => LocalWorkspaceHost.StartAsync(options));

        Assert.Contains(port.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("identity.json", """{"StateVersion":3}""", "newer")]
    [InlineData("identity.json", """{"StateVersion":1}""", "older")]
    [InlineData("identity.json", "{", "damaged")]
    [InlineData("identity.json", "{}", "damaged")]
    [InlineData("identity.json", """{"StateVersion":2,"Certificate":"AAAA","Token":"t","AccountKey":"AAAA"}""", "damaged")]
    [InlineData("resources/a.json", "{", "damaged")]
    [InlineData("resources/a.json", "{}", "damaged")]
    [InlineData("blobs/a", "x", "damaged")]
    [InlineData("blobs/a", "not the end of a blob", "damaged")]
    public async Task State_that_it_cannot_read_is_refused_and_left(string name, string content, string word)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("state/" + name, content);

        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => LocalWorkspaceHost.StartAsync(RunningWorkspace.Options(folder.Path, TimeSpan.Zero)));

        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_workspace_is_not_idle_while_it_answers()
    {
        using var folder = new TemporaryFolder();
        var options = new LocalWorkspaceOptions { StateFolder = Path.Combine(folder.Path, "state"), IdleTimeout = TimeSpan.FromSeconds(1) };
        await using var host = await LocalWorkspaceHost.StartAsync(options);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(host.Certificate.RawData) == true } });
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + host.Token);
        using var set = await client.PutAsJsonAsync(new Uri(host.ControlPlane, "/local/faults"), JsonNode.Parse("""{"calls":[{"action":"Delay","seconds":2.5}]}"""));

        using var answer = await client.GetAsync(new Uri(host.ControlPlane, $"/subscriptions/{host.SubscriptionId}?api-version=2024-10-01"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await host.StopRequested;
    }

    [Fact]
    public async Task Start_and_memory_are_small()
    {
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        using (await WorkspaceProcessRun.StartAsync(state))
        {
            // The first start makes the certificate; a second one is what users wait for.
        }

        var watch = Stopwatch.StartNew();
        using var run = await WorkspaceProcessRun.StartAsync(state);
        var ready = watch.ElapsedMilliseconds;
        run.Process.Refresh();
        var memory = run.Process.WorkingSet64 / 1024 / 1024;
        TestContext.Current.TestOutputHelper?.WriteLine($"ready after {ready} ms, {memory} MB");

        Assert.InRange(memory, 1, 99);
    }
}
