using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Sources;

/// <summary>What the files of one item say.</summary>
/// <param name="Item">The item.</param>
/// <param name="Flow">The flow; null when its file cannot be used.</param>
/// <param name="Endpoint">The endpoint file, or null when there is none.</param>
/// <param name="Deployment">The deployment file, or null when there is none.</param>
/// <param name="ModelFile">The model file, or null when there is none.</param>
/// <param name="Paths">Which other files they may name.</param>
public sealed record FlowSources(
    FlowItem Item, FlowDefinition? Flow, EndpointSpec? Endpoint, DeploymentSpec? Deployment, ModelSpec? ModelFile, ProjectPaths Paths)
{
    /// <summary>The endpoint's name; az ml compares names without case and sends them in lower case.</summary>
    public string EndpointName => (Deployment?.EndpointName.Value ?? Endpoint!.Name.Value).ToLowerInvariant();

    /// <summary>The deployment's name, or null for an item that has an endpoint only.</summary>
    public string? DeploymentName => Deployment?.Name.Value.ToLowerInvariant();

    /// <summary>Which model the deployment runs.</summary>
    public ModelChoice Model => Choose();

    /// <summary>Whether the deployed model is the item's flow and the flow's own server answers for it.</summary>
    public bool IsFlowServed => Files.IsFlowServed;

    /// <summary>The same files for the checks that the compiler makes too.</summary>
    public FlowItemFiles Files => new(Item.FlowFile, Flow, Endpoint, Item.DeploymentFile, Deployment, Item.ModelFile, ModelFile);

    /// <summary>What a caller of the deployment sends and gets, or null.</summary>
    public FlowContract? Contract => Flow is null ? null : FlowReader.GetContract(Flow, Deployment?.ResponseFields);

    /// <summary>What the item's model is packaged from; null where nothing is packaged.</summary>
    internal PackageSource? PackageSource(FlowProject project)
    {
        if (Deployment is null || Model is not ModelChoice.Own { RemoteUri: null } own)
        {
            return null;
        }

        var folder = own.Folder(Item.Folder);
        string?[] files = [Item.EndpointFile, Item.DeploymentFile, Item.ModelFile];
        return new PackageSource(
            folder, Item.FlowFile, PackageBuilder.IsWithin(Item.FlowFile, folder) ? Flow : null, [.. files.OfType<string>()],
            project.Root, project.AllowOutsideFiles);
    }

    private ModelChoice Choose()
    {
        var inline = Deployment?.Model?.Inline;
        var spec = inline ?? ModelFile;
        var file = inline is not null ? Item.DeploymentFile! : Item.ModelFile ?? Item.DeploymentFile ?? Item.FlowFile;
        var name = spec?.Name?.Value ?? $"{EndpointName}-model";
        if (Deployment is { Code: not null, Model: null } && ModelFile is null)
        {
            return new ModelChoice.None();
        }

        return Deployment?.Model?.Reference switch
        {
            null => new ModelChoice.Own(name, spec?.Version, spec, file),
            AssetReference.Version version when version.Name == name =>
                new ModelChoice.Own(name, new Located<string>(version.Value, Deployment.Model.Span), spec, file),
            AssetReference.Label label when label.Name == name => new ModelChoice.Own(name, null, spec, file),
            var other => new ModelChoice.Foreign(other, Deployment.Model.Span),
        };
    }
}

/// <summary>Which model a deployment runs.</summary>
public abstract record ModelChoice
{
    private ModelChoice()
    {
    }

    /// <summary>The item's own: packaged and registered when its content is new.</summary>
    /// <param name="Name">The model's name.</param>
    /// <param name="Pinned">The version that the files pin, or null.</param>
    /// <param name="Spec">The model file or inline model, or null: everything comes from the flow.</param>
    /// <param name="File">The file that <paramref name="Spec"/> stands in.</param>
    public sealed record Own(string Name, Located<string>? Pinned, ModelSpec? Spec, string File) : ModelChoice
    {
        /// <summary>The path that the model names when it is not in this file system, or null.</summary>
        public string? RemoteUri => Spec?.Path?.Value is { } path && RemotePath.IsRemote(path) ? path : null;

        /// <summary>Full path of the folder, or of the single file, that is packaged.</summary>
        /// <param name="flowFolder">The flow's folder, which is meant when no path is named.</param>
        public string Folder(string flowFolder) => Spec?.Path is { } path
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(File)!, path.Value)))
            : flowFolder;
    }

    /// <summary>No model: a scoring script that needs none.</summary>
    public sealed record None : ModelChoice;

    /// <summary>A model that others register: used as it is.</summary>
    public sealed record Foreign(AssetReference Reference, SourceSpan Span) : ModelChoice;
}
