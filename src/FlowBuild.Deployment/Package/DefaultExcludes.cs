using System.IO.Enumeration;

namespace FlowBuild.Deployment.Package;

/// <summary>What never belongs into a deployed flow, whatever the ignore file says.</summary>
internal static class DefaultExcludes
{
    private static readonly string[] Folders = [".git", ".runs", "__pycache__", ".venv", "bin", "obj", "connections"];
    private static readonly string[] Files = ["*.pyc"];
    private static readonly string[] Secrets = [".env*", "*.pem", "*.pfx"];

    private static readonly string[] Project =
    [
        "*.cs", "*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx", "*.csproj.user", "Directory.Build.props", "Directory.Build.targets",
        "Directory.Packages.props", "Directory.Build.rsp", "packages.lock.json", "appsettings*.json",
    ];

    /// <summary>The reason why a folder stays out, or null.</summary>
    public static LeftOut? Folder(string path, string name) => name switch
    {
        "connections" => new LeftOut(path + "/", "default exclude connections/", MayHoldSecrets: true),
        _ when Secret(path + "/", name) is { } secret => secret,
        _ when Folders.Contains(name, StringComparer.Ordinal) => new LeftOut(path + "/", $"default exclude {name}", MayHoldSecrets: false),
        _ => null,
    };

    /// <summary>The reason why a file stays out, or null.</summary>
    /// <param name="path">The path relative to the package.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="keepsProjects">C# sources and projects belong to a csharp flow, and to a folder that is no flow.</param>
    public static LeftOut? File(string path, string name, bool keepsProjects)
    {
        if (Secret(path, name) is { } secret)
        {
            return secret;
        }

        return First(Files, name) is { } pattern ? new LeftOut(path, $"default exclude {pattern}", MayHoldSecrets: false)
            : !keepsProjects && First(Project, name) is { } project ? new LeftOut(path, $"project file {project}", MayHoldSecrets: false)
            : null;
    }

    private static LeftOut? Secret(string path, string name) =>
        First(Secrets, name) is { } pattern ? new LeftOut(path, $"default exclude {pattern}", MayHoldSecrets: true) : null;

    private static string? First(string[] patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Contains('*', StringComparison.Ordinal)
                ? FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true)
                : name.Equals(pattern, StringComparison.OrdinalIgnoreCase))
            {
                return pattern;
            }
        }

        return null;
    }
}
