using System.Reflection;
using FlowBuild.EndToEnd.Tests;

[assembly: AssemblyFixture(typeof(PackedFeed))]

namespace FlowBuild.EndToEnd.Tests;

/// <summary>The packages of this repository, packed once for the run into a folder that serves as a feed, and a packages folder of its own.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The folder that holds the packages.</summary>
    public string Folder => Path.Combine(_folder.Path, "feed");

    /// <summary>Where restores of this run put packages: a folder restored before would not be read again for the same version.</summary>
    public string PackagesFolder => Path.Combine(_folder.Path, "packages");

    /// <summary>The version that was packed.</summary>
    public string Version { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var configuration = typeof(PackedFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (var project in new[] { "FlowBuild.Client", "FlowBuild", "FlowBuild.LocalWorkspace" })
        {
            var packed = await DotNetCommand.RunAsync(
                Repository.Root,
                new Dictionary<string, string?>(),
                ["pack", $"src/{project}/{project}.csproj", "-c", configuration, "-o", Folder],
                TestContext.Current.CancellationToken);
            Assert.True(packed.ExitCode == 0, packed.Output);
        }

        var package = Directory.GetFiles(Folder, "FlowBuild.Client.*.nupkg").Single();
        Version = Path.GetFileNameWithoutExtension(package)["FlowBuild.Client.".Length..];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
