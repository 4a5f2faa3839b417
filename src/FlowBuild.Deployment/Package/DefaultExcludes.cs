using System.IO.Enumeration;

namespace FlowBuild.Deployment.Package;

/// <summary>What never belongs into a deployed flow, whatever the ignore file says.</summary>
internal static class DefaultExcludes
{
    private const string KeyFile = "id_*";

    private static readonly string[] Folders = [".runs", "__pycache__", ".venv", "bin", "obj"];
    private static readonly string[] Repositories = [".git", ".hg", ".svn"];
    private static readonly string[] SecretFolders =
        ["connections", ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".gcloud", ".docker", ".m2", ".terraform.d",
            ".password-store"];

    // A worktree and a submodule have a file in place of the folder.
    private static readonly string[] Files = ["*.pyc", .. Repositories];

    private static readonly string[] Secrets =
    [
        ".env*", "*.pem", "*.pfx", "*.p12", "*.key", "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.publishsettings", "*.tfstate",
        "*.tfstate.backup", "*.tfvars", "kubeconfig", ".databrickscfg", "nuget.config", "local.settings.json", "secrets.json",
        ".npmrc", ".yarnrc.yml", ".netrc", "_netrc", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".dockercfg", ".git-credentials",
        ".gitconfig", ".boto", ".s3cfg", "application_default_credentials.json", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", KeyFile,
    ];

    private static readonly string[] Project =
    [
        "*.cs", "*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx", "*.csproj.user", "Directory.Build.props", "Directory.Build.targets",
        "Directory.Packages.props", "Directory.Build.rsp", "packages.lock.json", "appsettings*.json",
    ];

    /// <summary>The reason why a folder stays out, or null.</summary>
    public static LeftOut? Folder(string path, string name) =>
        First(SecretFolders, name) is { } folder ? new LeftOut(path + "/", $"default exclude {folder}/", MayHoldSecrets: true)
        : Secret(path + "/", name) is { } secret ? secret
        : First(Repositories, name) is { } repository ? new LeftOut(path + "/", $"default exclude {repository}", MayHoldSecrets: false)
        : Folders.Contains(name, StringComparer.Ordinal) ? new LeftOut(path + "/", $"default exclude {name}", MayHoldSecrets: false)
        : null;

    /// <summary>The default exclude that a part of a path matches, of those that keep secrets from being uploaded; or null.</summary>
    /// <param name="path">A path; its last part is a file or a folder.</param>
    public static string? SensitivePart(string path)
    {
        foreach (var part in path.Split(['/', Path.DirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries))
        {
            if ((First(Repositories, part) ?? First(SecretFolders, part) ?? First(Secrets, part)) is { } pattern)
            {
                return pattern;
            }
        }

        return null;
    }

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
            // Private keys of OpenSSH have no extension; source code that is about ids has one.
            if (pattern == KeyFile && Path.GetExtension(name).Length > 0 && !name.EndsWith(".pub", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

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
