using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>Finds, starts and stops the local workspace, a process of its own that outlives the build.</summary>
internal sealed class LocalWorkspaceProcess(LocalWorkspaceSettings settings, IFlowLog log)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndedGrace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    // What the process returns when another one serves the folder.
    private const int Busy = 4;
    private const int LongestReason = 500;

    // What the shell of the build holds open besides, the lock of 'flock' or a pipe of its caller, would stay held as long as the workspace runs.
    private const string CloseInherited = """exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$0" "$@" """;

    private readonly StatePath _folder = new(
        settings.StateFolder, Environment.GetEnvironmentVariable("FLOWBUILD_LOCAL_WORKSPACE"), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The workspace that runs and answers, or null.</summary>
    /// <exception cref="FlowDeploymentException">The state folder is not the user's alone.</exception>
    public async Task<LocalWorkspaceState?> FindAsync(CancellationToken cancellationToken) =>
        LocalWorkspaceState.Read(_folder) is { } state && await AnswersAsync(state, cancellationToken).ConfigureAwait(false) ? state : null;

    /// <summary>
    /// The running workspace of this build; started where none runs, replaced where another build's does, one that serves flows with
    /// another FlowServeCommand than the one that is given, or one that does not answer.
    /// </summary>
    /// <exception cref="FlowDeploymentException">It does not start.</exception>
    public async Task<LocalWorkspaceState> StartAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is { } running)
        {
            if (ReasonToReplace(running) is not { } reason)
            {
                return running;
            }

            log.Progress($"the local workspace that runs {reason}; replacing it");
            await StopAsync(running, cancellationToken).ConfigureAwait(false);
        }

        if (!File.Exists(settings.Assembly))
        {
            throw FlowDeploymentException.Of(ConfigurationRules.ToolMissing, settings.Assembly, "it is the local workspace and comes with the FlowBuild package; restore the project");
        }

        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await WaitReadyAsync(Launch(), cancellationToken).ConfigureAwait(false);
            }
            catch (SilentInstanceException) when (isFirst && LockHolder.Find(_folder) is { } holder)
            {
                log.Progress($"the local workspace that runs (process {holder.Process.Id}) does not answer; replacing it");
                await EndAsync(holder, cancellationToken).ConfigureAwait(false);
            }
            catch (SilentInstanceException)
            {
                throw FlowDeploymentException.Of(
                    LocalWorkspaceRules.DidNotStart, $"another program serves the state folder '{_folder.Path}' and does not answer; end it, or name another folder with FLOWBUILD_LOCAL_WORKSPACE");
            }
        }
    }

    // Who says nothing about serving takes what runs: a later target of the same work need not say it again.
    private string? ReasonToReplace(LocalWorkspaceState running) =>
        settings.Assembly.Length == 0 || !File.Exists(settings.Assembly) ? null
        : running.Build != BuildOf(settings.Assembly) ? "is of another build"
        : ServeCommand.Length > 0 && running.ServeCommandHash != Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ServeCommand)))
            ? running.ServeCommandHash is null ? "answers by contract, and FlowServeCommand is given" : "serves flows with another FlowServeCommand"
        : null;

    private string ServeCommand => settings.ServeCommand.Trim();

    /// <summary>Stops the running workspace; says whether one ran.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is { } running)
        {
            await StopAsync(running, cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (LockHolder.Find(_folder) is not { } holder)
        {
            return false;
        }

        await EndAsync(holder, cancellationToken).ConfigureAwait(false);
        return true;
    }

    // What it acknowledged is on the disk, so nothing is lost.
    private static async Task EndAsync(LockHolder holder, CancellationToken cancellationToken)
    {
        using (holder)
        {
            holder.Process.Kill();
            await holder.Process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(LocalWorkspaceState running, CancellationToken cancellationToken)
    {
        using var client = Client(running);
        try
        {
            using var answer = await client.PostAsync(
                new Uri(running.ControlPlane, $"local/stop?processId={running.ProcessId}"), null, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // Another target has stopped it.
        }

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

    // All streams are redirected, and read until the workspace is ready at most, so that a build whose output is captured can end; the
    // child takes a session of its own first thing, so that Ctrl+C does not reach it, and logs to a file.
    private Process Launch()
    {
        string[] command = [settings.DotNetHost.Length > 0 ? settings.DotNetHost : "dotnet", settings.Assembly, "--state", _folder.Path];
        command = OperatingSystem.IsWindows() ? command : ["/bin/sh", "-c", CloseInherited, .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(settings.Assembly)!,
        };
        if (settings.IdleMinutes is { } minutes)
        {
            start.ArgumentList.Add("--idle-timeout");
            start.ArgumentList.Add(minutes.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var name in start.Environment.Keys.Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["FLOWBUILD_SERVE_COMMAND"] = ServeCommand;

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
            var said = process.StandardError.ReadToEndAsync(cancellationToken);
            var started = Stopwatch.StartNew();
            Stopwatch? ended = null;
            while (started.Elapsed < StartLimit)
            {
                if (await FindAsync(cancellationToken).ConfigureAwait(false) is { } state)
                {
                    log.Detail($"the local workspace is started (process {state.ProcessId}, state in {_folder.Path})");
                    return state;
                }

                // Of two starts at the same time the second process ends, and the first one's state appears a little later.
                ended ??= process.HasExited ? Stopwatch.StartNew() : null;
                if (ended is not null && process.ExitCode != Busy)
                {
                    throw DidNotStart($"its process ended with code {process.ExitCode}: {Reason(await said.ConfigureAwait(false))}");
                }

                if (ended?.Elapsed > EndedGrace && !IsStartingOrLeaving())
                {
                    throw new SilentInstanceException();
                }

                await Task.Delay(50, cancellationToken).ConfigureAwait(false);
            }

            throw ended is not null ? new SilentInstanceException() : DidNotStart($"it is not ready after {StartLimit.TotalSeconds:0} s");
        }
    }

    private bool IsStartingOrLeaving()
    {
        using var holder = LockHolder.Find(_folder);
        return holder is { IsReady: false };
    }

    private FlowDeploymentException DidNotStart(string reason)
    {
        var log = LogTail();
        return new FlowDeploymentException(
            FlowDiagnostic.At(LocalWorkspaceRules.DidNotStart, null, null, log.Length == 0 ? reason : $"{reason}; see {_folder.File("workspace.log")}"), log);
    }

    // The first lines of what it said: a start that fails says one line, a crash its exception first.
    private static string Reason(string said)
    {
        var text = string.Join(' ', said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeWhile(static l => !l.StartsWith("at ", StringComparison.Ordinal)));
        return text.Length == 0 ? "it said nothing" : text.Length > LongestReason ? text[..LongestReason] + "…" : text;
    }

    private string[] LogTail()
    {
        try
        {
            return [.. File.ReadLines(_folder.File("workspace.log")).TakeLast(10)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // The ports are kept, so another instance may answer where the state points to: it must be the one that wrote it.
    private static async Task<bool> AnswersAsync(LocalWorkspaceState state, CancellationToken cancellationToken)
    {
        using var client = Client(state);
        client.Timeout = TimeSpan.FromSeconds(5);
        try
        {
            using var answer = await client.GetAsync(new Uri(state.ControlPlane, "local/status"), cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                return false;
            }

            using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
            return json.RootElement.GetProperty("processId").GetInt32() == state.ProcessId && json.RootElement.GetProperty("build").GetString() == state.Build;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
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

    /// <summary>The build of a local workspace: the module version id of its assembly, read without loading it.</summary>
    private static string BuildOf(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        var metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid).ToString("D");
    }

    // Another process serves the folder and does not say how to reach it.
    private sealed class SilentInstanceException : Exception;
}
