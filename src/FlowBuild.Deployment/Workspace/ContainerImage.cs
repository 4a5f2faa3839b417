namespace FlowBuild.Deployment.Workspace;

/// <summary>The parts of an image's name, as Docker reads it.</summary>
/// <param name="Registry">The registry's host, with a port where the name has one.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Reference">A tag, or a digest.</param>
internal sealed record ContainerImage(string Registry, string Repository, string Reference)
{
    private const string DockerHub = "registry-1.docker.io";

    /// <summary>The registry's manifest of the image.</summary>
    public Uri Manifest => new($"https://{Registry}/v2/{Repository}/manifests/{Reference}");

    /// <summary>Reads a name; null where it is none.</summary>
    /// <param name="name">Such as <c>example.azurecr.io/flows/chat:1</c>. A first part without a dot or a colon belongs to Docker Hub; without tag or digest the tag is <c>latest</c>.</param>
    public static ContainerImage? Parse(string name)
    {
        var (rest, digest) = name.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at ? (name[..at], name[(at + 1)..]) : (name, null);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : rest[..slash];
        var registry = first == "localhost" || first.AsSpan().ContainsAny('.', ':') ? first : "";
        var path = registry.Length > 0 ? rest[(slash + 1)..] : rest;
        var (repository, tag) = path.LastIndexOf(':') is >= 0 and var colon && !path[colon..].Contains('/', StringComparison.Ordinal)
            ? (path[..colon], path[(colon + 1)..])
            : (path, "latest");
        var image = registry is "" or "docker.io" or "index.docker.io"
            ? new ContainerImage(DockerHub, repository.Contains('/', StringComparison.Ordinal) ? repository : $"library/{repository}", digest ?? tag)
            : new ContainerImage(registry.ToLowerInvariant(), repository, digest ?? tag);
        return IsPlain(image.Repository) && IsPlain(image.Reference) && !image.Reference.Contains('/', StringComparison.Ordinal) && IsHost(image.Registry)
            ? image
            : null;
    }

    // Only what is written alike in the name and in the address: other characters may turn into a slash or a dot.
    private static bool IsHost(string registry) =>
        registry.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']') && Uri.TryCreate($"https://{registry}/", UriKind.Absolute, out var uri)
        && (uri.Authority == registry || (uri.IsDefaultPort && $"{uri.Host}:{uri.Port}" == registry));

    // What else a name may hold would be another address.
    private static bool IsPlain(string part) =>
        part.Length > 0 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':' or '+') && !part.Contains("..", StringComparison.Ordinal);
}
