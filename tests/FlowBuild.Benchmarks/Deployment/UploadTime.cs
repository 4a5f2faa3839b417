using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FlowBuild.Deployment.Workspace;
using FlowBuild.LocalWorkspace;
using FlowBuild.LocalWorkspace.State;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Deployment;

/// <summary>
/// Uploading a folder to the local workspace's store, with 20 ms added to each of its calls, against azcopy on the same folder and store.
/// Both are processes of their own, from start to end, and both send an MD5 with each file.
/// </summary>
internal static class UploadTime
{
    private const int Rounds = 5;
    private const string SlowBlobs = """{ "calls": [{ "action": "Delay", "path": "^/flowbuildlocal/", "times": 1000000, "seconds": 0.02 }] }""";

    public static async Task MeasureAsync(Bounds bounds)
    {
        using var folder = new TemporaryFolder();
        var azCopy = await InstallAzCopyAsync(folder);
        await using var host = await LocalWorkspaceHost.StartAsync(new LocalWorkspaceOptions { StateFolder = Path.Combine(folder.Path, "state") });
        using var client = Client(host);
        await SlowDownAsync(client);
        await MeasureOneAsync(bounds, "2 000 small files", PackageFolder.Small(folder), folder, host, client, azCopy);
        await MeasureOneAsync(bounds, "three of 64 MB", PackageFolder.Large(folder), folder, host, client, azCopy);
    }

    /// <summary>The process that is measured: packages a folder, uploads it and prints the most memory that it took.</summary>
    public static async Task<int> SendAsync(string folder, string state)
    {
        var settings = new WorkspaceSettings(folder, "", "", "local", "", "", UseAzureCliDefaults: false, new LocalWorkspaceSettings("", "dotnet", state, null, ""));
        var workspace = await WorkspaceOpener.OpenAsync(settings, writes: true, Silent.Log, CancellationToken.None);
        var store = await ArtifactStore.OpenAsync(workspace, WorkspaceNames.Datastore, CancellationToken.None);
        var sent = await store.UploadAsync(PackageFolder.Pack(folder), "measured", "1", CancellationToken.None);
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sent.Sent} {self.PeakWorkingSet64}"));
        return 0;
    }

    private static async Task MeasureOneAsync(
        Bounds bounds, string what, string files, TemporaryFolder folder, LocalWorkspaceHost host, HttpClient client, string azCopy)
    {
        List<double> ours = [], azcopys = [];
        long memory = 0;
        for (var round = 0; round < Rounds; round++)
        {
            // Content of another name in each round: neither finds anything of an earlier one.
            await File.WriteAllTextAsync(Path.Combine(files, "round.txt"), $"{what} {round}");
            var count = Directory.GetFiles(files, "*", SearchOption.AllDirectories).Length;
            var (peer, _) = await RunAsync(azCopy, await CopyAsync(client, files, round), AzCopyEnvironment(folder, host));
            var (own, output) = await RunAsync(
                Environment.ProcessPath!, [.. SelfArguments(), "deployment-send", files, Path.Combine(folder.Path, "state")], []);
            var figures = output.Split(' ');
            if (int.Parse(figures[0], CultureInfo.InvariantCulture) != count)
            {
                throw new InvalidOperationException($"{figures[0]} of {count} files were sent.");
            }

            memory = Math.Max(memory, long.Parse(figures[1], CultureInfo.InvariantCulture));
            ours.Add(own);
            azcopys.Add(peer);
        }

        bounds.Note(string.Create(CultureInfo.InvariantCulture, $"{what}: {ours.Min():0.00} s, azcopy {azcopys.Min():0.00} s"));
        bounds.Check($"upload, {what}, time / azcopy", ours.Min() / azcopys.Min(), 1.0);
        bounds.Check($"upload, {what}, MB", memory / 1048576.0, 150);
    }

    private static async Task<string[]> CopyAsync(HttpClient client, string files, int round)
    {
        using var answer = await client.PostAsync(
            $"codes/measured/versions/{round + 1}/startPendingUpload?api-version=2024-10-01", JsonContent("{}"));
        var body = JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
        var container = new Uri(body["blobReferenceForConsumption"]!["credential"]!["sasUri"]!.GetValue<string>());
        var target = $"{container.GetLeftPart(UriPartial.Path)}/{Path.GetFileName(files)}-{round}{container.Query}";
        return ["copy", files + "/*", target, "--recursive", "--from-to", "LocalBlob", "--put-md5"];
    }

    private static async Task SlowDownAsync(HttpClient client)
    {
        using var answer = await client.PutAsync("/local/faults", JsonContent(SlowBlobs));
        answer.EnsureSuccessStatusCode();
    }

    private static HttpClient Client(LocalWorkspaceHost host)
    {
        var certificate = host.Certificate.RawData;
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(certificate) == true },
        })
        {
            BaseAddress = new Uri(
                host.ControlPlane,
                $"/subscriptions/{host.SubscriptionId}/resourceGroups/{WorkspaceNames.ResourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/{WorkspaceNames.Workspace}/"),
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
        return client;
    }

    private static StringContent JsonContent(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    // 'dotnet X.dll' or the program itself, as this process was started.
    private static string[] SelfArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(UploadTime).Assembly.Location] : [];

    private static Dictionary<string, string> AzCopyEnvironment(TemporaryFolder folder, LocalWorkspaceHost host) => new()
    {
        ["SSL_CERT_FILE"] = folder.Write("certificate.pem", host.Certificate.ExportCertificatePem()),
        ["AZCOPY_LOG_LOCATION"] = Path.Combine(folder.Path, "azcopy"),
        ["AZCOPY_JOB_PLAN_LOCATION"] = Path.Combine(folder.Path, "azcopy"),
        ["AZCOPY_DISABLE_SYSLOG"] = "true",
    };

    private static async Task<string> InstallAzCopyAsync(TemporaryFolder folder)
    {
        folder.Write("node/package.json", await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "Node", "package.json")));
        await RunAsync("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", Path.Combine(folder.Path, "node")], []);
        var program = Directory.GetFiles(Path.Combine(folder.Path, "node", "node_modules", "@azure-tools", "azcopy-linux", "dist", "bin")).Single();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return program;
    }

    private static async Task<(double Seconds, string Output)> RunAsync(string program, IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(info)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0 ? (seconds, output) : throw new InvalidOperationException(output);
    }
}
