using System.Diagnostics;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests.Node;

/// <summary>
/// Microsoft's clients for JavaScript, azcopy and Playwright, installed from npm into the project's obj folder. Where Node is missing the tests are
/// skipped, or fail when all tests must run.
/// </summary>
public sealed class NodePackages : IAsyncLifetime
{
    // Several test classes use the packages and run at the same time; they are installed once.
    private static readonly Lazy<Task<string?>> Installation = new(InstallAsync);
    private static readonly string Source = Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "Node");

    /// <summary>The folder that holds the scripts and <c>node_modules</c>.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "obj", "node");

    /// <summary>Why the packages cannot be used, or null.</summary>
    public string? Missing { get; private set; }

    /// <summary>The azcopy program.</summary>
    public static string AzCopy => Directory.GetFiles(Path.Combine(Folder, "node_modules", "@azure-tools", "azcopy-linux", "dist", "bin")).Single();

    public async ValueTask InitializeAsync() => Missing = await Installation.Value;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Skips the test, or fails it when all tests must run.</summary>
    public void Require()
    {
        if (Repository.AllTestsMustRun)
        {
            Assert.Null(Missing);
        }

        Assert.SkipWhen(Missing is not null, Missing ?? "");
    }

    /// <summary>Runs a program in the folder; its exit code and all that it printed.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        using var process = Start(program, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Starts a program in the folder.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static async Task<string?> InstallAsync()
    {
        Directory.CreateDirectory(Folder);
        foreach (var file in Directory.GetFiles(Source).Where(static f => !f.EndsWith(".cs", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);
        }

        try
        {
            // No lock file: it would hold the address of whatever registry it was made with.
            var (code, output) = await RunAsync("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], new Dictionary<string, string>());
            if (code != 0)
            {
                return "npm cannot install the packages: " + output;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "Node with npm is not installed.";
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(AzCopy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return null;
    }
}
