using FlowBuild.Deployment;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Packages the flows that are deployed, and writes a manifest for each.</summary>
public sealed class PackageFlow : FlowTask
{
    /// <summary>Full path of the folder for the manifests.</summary>
    [Required]
    public string ManifestFolder { get; set; } = "";

    /// <summary>The packages: the folder, with Hash, Files and Length as metadata.</summary>
    [Output]
    public ITaskItem[] Packages { get; set; } = [];

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken)
    {
        var packages = Deployer(settings, log).Package(ManifestFolder, cancellationToken);
        Packages = [.. (packages ?? []).Select(static package => new TaskItem(package.Folder, new Dictionary<string, string>
        {
            ["Hash"] = package.Hash,
            ["Files"] = $"{package.Files.Count}",
            ["Length"] = $"{package.Length}",
        }))];
        return System.Threading.Tasks.Task.FromResult(packages is not null);
    }
}
