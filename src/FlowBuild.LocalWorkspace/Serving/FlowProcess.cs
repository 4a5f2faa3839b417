using System.Diagnostics;
using System.Globalization;
using FlowBuild.LocalWorkspace.Life;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>A server of one flow that the user's command started.</summary>
internal sealed class FlowProcess : IDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(100);
    private readonly Process _process;

    private readonly RunningServers _servers;
    private readonly int _processId;

    private FlowProcess(Process process, Uri address, RunningServers servers)
    {
        (_process, _processId, Address, _servers) = (process, process.Id, address, servers);
        _servers.Add(process);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts a server and waits until it says that it is healthy.</summary>
    /// <param name="words">The command.</param>
    /// <param name="folder">The flow's folder.</param>
    /// <param name="environment">The deployment's variables.</param>
    /// <param name="log">Takes the lines that the server prints.</param>
    /// <param name="http">The client to ask with.</param>
    /// <param name="servers">Takes a note of it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The server, or null when it ended or did not become healthy; the log says why.</returns>
    public static async Task<FlowProcess?> StartAsync(
        IReadOnlyList<string> words, string folder, IReadOnlyDictionary<string, string> environment, Action<string> log, HttpClient http, RunningServers servers,
        CancellationToken cancellationToken)
    {
        var port = FreePorts.Two().First.ToString(CultureInfo.InvariantCulture);
        string Fill(string word) => word.Replace("{flow}", folder, StringComparison.Ordinal).Replace("{port}", port, StringComparison.Ordinal);
        var start = new ProcessStartInfo(Fill(words[0]))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(Fill(word));
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            log($"The serving command '{words[0]}' cannot be started: {e.Message}");
            return null;
        }

        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => log(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => log(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new FlowProcess(process, new Uri($"http://127.0.0.1:{port}/"), servers);
        try
        {
            if (await server.IsHealthyAsync(http, cancellationToken).ConfigureAwait(false))
            {
                return server;
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody holds it who could end it later.
            server.Dispose();
            throw;
        }

        log("The serving process did not become healthy.");
        server.Dispose();
        return null;
    }

    /// <summary>Ends the server and what it started.</summary>
    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(EndLimit);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
        _servers.Remove(_processId);
    }

    private async Task<bool> IsHealthyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (IsRunning && Stopwatch.GetElapsedTime(started) < ReadyLimit)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(Address, "health"), cancellationToken).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                {
                    return true;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(ReadyPoll, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }
}
