using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>Finds, starts and stops the local workspace, a process of its own that outlives the build.</summary>
internal sealed class LocalWorkspaceProcess(LocalWorkspaceSettings settings, IFlowLog log)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndedGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private string Folder => settings.StateFolder.Length > 0 ? Path.GetFullPath(settings.StateFolder)
        : Environment.GetEnvironmentVariable("FLOWBUILD_LOCAL_WORKSPACE") is { Length: > 0 } named ? Path.GetFullPath(named)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".flowbuild", "local");

    /// <summary>The running workspace of this build, or null.</summary>
    public async Task<LocalWorkspaceState?> FindAsync(CancellationToken cancellationToken)
    {
        CheckFolder();
        return LocalWorkspaceState.Read(Folder) is { } state && await AnswersAsync(state, cancellationToken).ConfigureAwait(false) ? state : null;
    }

    /// <summary>The running workspace of this build; started where none runs, replaced where another build's does.</summary>
    /// <exception cref="FlowDeploymentException">It does not start.</exception>
    public async Task<LocalWorkspaceState> StartAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is { } running)
        {
            if (settings.Assembly.Length == 0 || !File.Exists(settings.Assembly) || running.Build == BuildOf(settings.Assembly))
            {
                return running;
            }

            log.Progress("the local workspace that runs is of another build; replacing it");
            await StopAsync(running, cancellationToken).ConfigureAwait(false);
        }

        if (!File.Exists(settings.Assembly))
        {
            throw FlowDeploymentException.Of(ConfigurationRules.ToolMissing, settings.Assembly, "it is the local workspace and comes with the FlowBuild package; restore the project");
        }

        return await WaitReadyAsync(Launch(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops the running workspace; says whether one ran.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is not { } running)
        {
            return false;
        }

        await StopAsync(running, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static async Task StopAsync(LocalWorkspaceState running, CancellationToken cancellationToken)
    {
        using var client = Client(running);
        using var answer = await client.PostAsync(new Uri(running.ControlPlane, "local/stop"), null, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopLimit);
        try
        {
            using var process = Process.GetProcessById(running.ProcessId);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // Already gone.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw FlowDeploymentException.Of(LocalWorkspaceRules.DidNotStart, $"the running one (process {running.ProcessId}) does not stop");
        }
    }

    // All streams are redirected and never read, so that a build whose output is captured can end; the child takes a session of its
    // own first thing, so that Ctrl+C does not reach it, and logs to a file.
    private Process Launch()
    {
        var start = new ProcessStartInfo(settings.DotNetHost.Length > 0 ? settings.DotNetHost : "dotnet")
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(settings.Assembly)!,
        };
        start.ArgumentList.Add(settings.Assembly);
        start.ArgumentList.Add("--state");
        start.ArgumentList.Add(Folder);
        if (settings.IdleMinutes is { } minutes)
        {
            start.ArgumentList.Add("--idle-timeout");
            start.ArgumentList.Add(minutes.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var name in start.Environment.Keys.Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        if (settings.ServeCommand.Length > 0)
        {
            start.Environment["FLOWBUILD_SERVE_COMMAND"] = settings.ServeCommand;
        }

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new FlowDeploymentException(FlowDiagnostic.At(LocalWorkspaceRules.DidNotStart, null, null, e.Message), null, e);
        }
    }

    private async Task<LocalWorkspaceState> WaitReadyAsync(Process process, CancellationToken cancellationToken)
    {
        using (process)
        {
            var started = DateTime.UtcNow;
            DateTime? ended = null;
            while (DateTime.UtcNow - started < StartLimit)
            {
                if (LocalWorkspaceState.Read(Folder) is { } state && await AnswersAsync(state, cancellationToken).ConfigureAwait(false))
                {
                    log.Progress($"the local workspace runs (process {state.ProcessId}, state in {Folder})");
                    return state;
                }

                // Of two starts at the same time the second process ends, and the first one's state appears a little later.
                ended ??= process.HasExited ? DateTime.UtcNow : null;
                if (DateTime.UtcNow - ended > EndedGrace)
                {
                    throw new FlowDeploymentException(
                        FlowDiagnostic.At(LocalWorkspaceRules.DidNotStart, null, null, $"its process ended with code {process.ExitCode}; see {LogFile}"), LogTail());
                }

                await Task.Delay(50, cancellationToken).ConfigureAwait(false);
            }

            throw new FlowDeploymentException(
                FlowDiagnostic.At(LocalWorkspaceRules.DidNotStart, null, null, $"it is not ready after {StartLimit.TotalSeconds:0} s; see {LogFile}"), LogTail());
        }
    }

    private string LogFile => Path.Combine(Folder, "workspace.log");

    private string[] LogTail()
    {
        try
        {
            return [.. File.ReadLines(LogFile).TakeLast(10)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static async Task<bool> AnswersAsync(LocalWorkspaceState state, CancellationToken cancellationToken)
    {
        using var client = Client(state);
        client.Timeout = TimeSpan.FromSeconds(5);
        try
        {
            using var answer = await client.GetAsync(new Uri(state.ControlPlane, "local/status"), cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static HttpClient Client(LocalWorkspaceState state)
    {
        var client = PinnedTransport.Client(state.Certificate);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", state.Token);
        return client;
    }

    // Whoever can write the state folder decides where requests go.
    private void CheckFolder()
    {
        var folder = new DirectoryInfo(Folder);
        if (!folder.Exists)
        {
            return;
        }

        var problem = folder.LinkTarget is not null ? "is a symbolic link"
            : !OperatingSystem.IsWindows() && (folder.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0 ? "can be written by others"
            : null;
        if (problem is not null)
        {
            throw FlowDeploymentException.Of(LocalWorkspaceRules.UnsafeFolder, Folder, problem);
        }
    }

    /// <summary>The build of a local workspace: the module version id of its assembly, read without loading it.</summary>
    private static string BuildOf(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        var metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid).ToString("D");
    }
}
