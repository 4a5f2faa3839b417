using System.Diagnostics;

namespace FlowBuild.LocalWorkspace.Tests.Node;

/// <summary>Azurite, Microsoft's own emulator of the blob store, in a process that ends with the tests.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private readonly Testing.TemporaryFolder _folder = new();
    private readonly NodePackages _packages = new();
    private Process? _process;

    /// <summary>The account's address.</summary>
    public Uri? Account { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await _packages.InitializeAsync();
        if (_packages.Missing is not null)
        {
            return;
        }

        var main = Path.Combine("node_modules", "azurite", "dist", "src", "blob", "main.js");
        _process = NodePackages.Start(
            "node", [main, "--blobPort", "0", "--location", _folder.Path, "--skipApiVersionCheck", "--disableTelemetry"], new Dictionary<string, string>());
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            const string Ready = "successfully listens on ";
            if (line.IndexOf(Ready, StringComparison.Ordinal) is >= 0 and var at)
            {
                Account = new Uri(line[(at + Ready.Length)..].TrimEnd('/') + "/devstoreaccount1");
                break;
            }
        }

        // It prints a line for every request; nobody reads them.
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Skips the test, or fails it when all tests must run.</summary>
    public void Require() => _packages.Require();
}
