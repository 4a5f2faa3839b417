using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>A local workspace in a process of its own, started as a build starts it. Killed when disposed.</summary>
public sealed class WorkspaceProcessRun : IDisposable
{
    private readonly Process _process;

    private WorkspaceProcessRun(Process process, string folder, JsonNode file) => (_process, Folder, File) = (process, folder, file);

    public string Folder { get; }

    /// <summary>The content of <c>workspace.json</c>.</summary>
    public JsonNode File { get; }

    public Process Process => _process;

    public string Token => File["token"]!.GetValue<string>();

    public Uri ControlPlane => new(File["controlPlane"]!.GetValue<string>());

    public string WorkspaceId =>
        $"/subscriptions/{File["subscriptionId"]}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local";

    /// <summary>Starts the program with arguments.</summary>
    public static Process Launch(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(LocalWorkspaceHost).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Starts a workspace on a state folder and waits until it says that it is ready.</summary>
    public static async Task<WorkspaceProcessRun> StartAsync(string folder, params string[] arguments)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "workspace.json");
        // A killed workspace leaves its file behind; the new one is known by its process.
        var ready = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(folder, "workspace.json") { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite };
        var process = Launch(["--state", folder, .. arguments]);
        watcher.Renamed += (_, _) => Look();
        watcher.Created += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The workspace ended with exit code {process.ExitCode}."));
        Look();
        return new WorkspaceProcessRun(process, folder, await ready.Task);

        void Look()
        {
            if (System.IO.File.Exists(path)
                && JsonNode.Parse(System.IO.File.ReadAllText(path)) is { } file
                && file["processId"]!.GetValue<int>() == process.Id)
            {
                ready.TrySetResult(file);
            }
        }
    }

    /// <summary>A client of the control plane with its token.</summary>
    public HttpClient Client()
    {
        var certificate = Convert.FromBase64String(File["certificate"]!.GetValue<string>());
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetRawCertData().AsSpan().SequenceEqual(certificate) == true },
        });
        client.BaseAddress = ControlPlane;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return client;
    }

    /// <summary>Ends the process without asking it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
