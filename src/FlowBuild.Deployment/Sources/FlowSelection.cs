using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>Chooses the flows that the property <c>Flow</c> names: by item, client name or endpoint.</summary>
public static class FlowSelection
{
    /// <summary>The project with the named flows as its items; those that are not named become <see cref="FlowProject.OtherItems"/>.</summary>
    /// <param name="project">The project with all its flows.</param>
    /// <param name="names">
    /// For each flow the folder's name, the path of the flow file or its folder, the client name, or the endpoint's name; case does not
    /// count. An endpoint stands for all flows that are deployed to it. Empty: all flows.
    /// </param>
    /// <exception cref="FlowDeploymentException">A name fits no flow of the project, or several that no endpoint joins.</exception>
    public static FlowProject Select(FlowProject project, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return project;
        }

        var candidates = project.Items.Select(item => new Candidate(item, project)).ToList();
        var selected = names.SelectMany(name => Find(name, candidates)).Distinct().ToList();
        return project with
        {
            Items = [.. project.Items.Where(selected.Contains)],
            OtherItems = [.. project.Items.Where(item => !selected.Contains(item))],
            IsSelected = true,
        };
    }

    private static List<FlowItem> Find(string name, List<Candidate> candidates)
    {
        var named = candidates.Where(c => c.HasName(name)).Select(static c => c.Item).ToList();
        var deployed = candidates.Where(c => Same(c.Endpoint, name)).Select(static c => c.Item).ToList();
        var isAmbiguous = named.Count > 1 || (named.Count == 1 && deployed.Exists(item => item != named[0]));
        if (isAmbiguous)
        {
            throw FlowDeploymentException.Of(
                ConfigurationRules.FlowNotSelected, name, "fits several flows",
                string.Join(", ", candidates.Where(c => named.Contains(c.Item) || deployed.Contains(c.Item)).Select(static c => $"'{c.Path}'")));
        }

        return named.Count == 1 ? named : deployed.Count > 0 ? deployed : throw FlowDeploymentException.Of(
            ConfigurationRules.FlowNotSelected, name, "is not a flow of the project",
            candidates.Count == 0 ? "none, the project has no flow" : string.Join(", ", candidates));
    }

    private static bool Same(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private sealed class Candidate(FlowItem item, FlowProject project)
    {
        public FlowItem Item => item;

        public string Path { get; } = System.IO.Path.GetRelativePath(project.Directory, item.FlowFile).Replace('\\', '/');

        /// <summary>The endpoint that the item's files name, or null where they name none or cannot be read.</summary>
        public string? Endpoint { get; } = EndpointOf(item, project);

        public bool HasName(string name)
        {
            var path = name.Replace('\\', '/').TrimEnd('/');
            path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
            return Same(item.ClientName, name) || Same(System.IO.Path.GetFileName(item.Folder), name)
                || Same(Path, path) || Same(System.IO.Path.GetDirectoryName(Path)?.Replace('\\', '/'), path);
        }

        public override string ToString() => Endpoint is null ? $"'{item.Name}'" : $"'{item.Name}' (endpoint {Endpoint})";
    }

    // What is wrong with the files is reported when they are read to be used.
    private static string? EndpointOf(FlowItem item, FlowProject project) =>
        DeploymentOf(item, project)?.EndpointName.Value
        ?? (TextOf(item.EndpointFile, project) is { } text ? DeploymentFileReader.ReadEndpoint(item.EndpointFile!, text).Value?.Name.Value : null);

    /// <summary>The deployment file of an item, without a word about its problems; null where it cannot be used.</summary>
    internal static DeploymentSpec? DeploymentOf(FlowItem item, FlowProject project) =>
        TextOf(item.DeploymentFile, project) is { } text
            ? DeploymentFileReader.ReadDeployment(item.DeploymentFile!, text, project.Overrides ?? []).Value
            : null;

    private static string? TextOf(string? file, FlowProject project)
    {
        try
        {
            return file is null ? null : ProjectPaths.Of(project).ReadText(new NamedPath(file, file, null, null));
        }
        catch (Exception e) when (e is FlowDeploymentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
