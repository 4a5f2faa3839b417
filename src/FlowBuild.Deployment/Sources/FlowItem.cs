using FlowBuild.Definitions.Deployments;

namespace FlowBuild.Deployment.Sources;

/// <summary>One <c>PromptFlow</c> item of a project, with full paths.</summary>
/// <param name="FlowFile">The flow file.</param>
/// <param name="ClientName">Base name of the generated types, and the section of the configuration that the client reads.</param>
/// <param name="EndpointFile">The endpoint file, or null.</param>
/// <param name="DeploymentFile">The deployment file, or null: the flow is then a contract only.</param>
/// <param name="ModelFile">The model file, or null.</param>
public sealed record FlowItem(string FlowFile, string ClientName, string? EndpointFile, string? DeploymentFile, string? ModelFile)
{
    /// <summary>The flow's folder.</summary>
    public string Folder => Path.GetDirectoryName(FlowFile)!;

    /// <summary>How messages name the flow: its folder's name.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Whether anything is deployed for the item.</summary>
    public bool IsDeployed => DeploymentFile is not null || EndpointFile is not null;
}

/// <summary>What a build says about its project.</summary>
/// <param name="Name">The project's name.</param>
/// <param name="Directory">Full path of its folder.</param>
/// <param name="Items">Its flows.</param>
/// <param name="RepositoryRoot">The folder that includes must not leave; found from the project's folder when null.</param>
/// <param name="AllowOutsideFiles">FlowAllowOutsideFiles.</param>
/// <param name="Overrides">FlowSet: overrides of the deployment document. Values may be secret.</param>
public sealed record FlowProject(
    string Name, string Directory, IReadOnlyList<FlowItem> Items, string? RepositoryRoot = null, bool AllowOutsideFiles = false,
    IReadOnlyList<DocumentOverride>? Overrides = null)
{
    /// <summary>Flows of the project that the property <c>Flow</c> leaves out: nothing is done with them, and their deployments are kept.</summary>
    public IReadOnlyList<FlowItem> OtherItems { get; init; } = [];

    /// <summary>Whether the property <c>Flow</c> named the flows.</summary>
    public bool IsSelected { get; init; }

    /// <summary>FlowSlots names slots: a deployment gets the name of one of them.</summary>
    public bool HasSlots { get; init; }

    /// <summary>The folder that includes must not leave: the repository's, else the project's.</summary>
    public string Root => RepositoryRoot ?? FindRepository() ?? Directory;

    private string? FindRepository()
    {
        for (var folder = new DirectoryInfo(Directory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
