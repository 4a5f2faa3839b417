using System.Diagnostics;
using System.Text;

namespace FlowBuild.Testing;

/// <summary>What a finished process left: its exit code, and its standard output and error in the order of arrival.</summary>
public sealed record CommandResult(int ExitCode, string Output)
{
    /// <summary>The lines that hold a text, trimmed.</summary>
    public IReadOnlyList<string> Lines(string text) =>
        [.. Output.Split('\n').Where(line => line.Contains(text, StringComparison.Ordinal)).Select(line => line.Trim())];
}

/// <summary>Runs the dotnet command as a user does, its output captured through pipes.</summary>
public static class DotNetCommand
{
    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>
    /// Runs <c>dotnet</c> with its input and output at a terminal of 120 columns, by <c>script</c> of util-linux, and gives everything that
    /// was written to the terminal, controls included.
    /// </summary>
    public static async Task<CommandResult> RunInTerminalAsync(
        string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var command = string.Join(' ', arguments.Prepend(dotnet).Select(static a => $"'{a}'"));
        using var process = Start(
            "script", workingDirectory, new Dictionary<string, string?>(environment) { ["TERM"] = "xterm-256color" },
            ["-qec", $"stty cols 120 rows 50; {command}", "/dev/null"]);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new CommandResult(process.ExitCode, output + await errors);
    }

    /// <summary>
    /// Runs <c>dotnet</c> with the arguments and waits until it has ended and both its pipes are closed: a process that it leaves behind
    /// with a pipe inherited would make this wait forever, as it would hang a pipeline.
    /// </summary>
    public static async Task<CommandResult> RunAsync(
        string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        using var process = Start(workingDirectory, environment, arguments);
        process.StandardInput.Close();
        var output = new StringBuilder();
        var gate = new Lock();
        async Task Collect(StreamReader reader)
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                lock (gate)
                {
                    output.Append(line).Append('\n');
                }
            }
        }

        try
        {
            await Task.WhenAll(Collect(process.StandardOutput), Collect(process.StandardError), process.WaitForExitAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new CommandResult(process.ExitCode, output.ToString());
    }

    /// <summary>Starts <c>dotnet</c> with the arguments and its three streams redirected; the caller waits for it, or kills it.</summary>
    public static Process Start(string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments) =>
        Start(DotNet, workingDirectory, environment, arguments);

    /// <summary>
    /// Starts <c>dotnet</c> so that the signal of Ctrl+C reaches it. A shell's background job ignores that signal and hands this down to
    /// every process below it; on Linux the signal is made to count again.
    /// </summary>
    public static Process StartInterruptible(
        string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments) => OperatingSystem.IsLinux()
        ? Start("env", workingDirectory, environment, ["--default-signal=INT", DotNet, .. arguments])
        : Start(workingDirectory, environment, arguments);

    private static Process Start(string program, string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The test host's own build settings must not steer the builds under test.
        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }
}
