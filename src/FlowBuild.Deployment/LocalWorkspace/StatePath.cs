using FlowBuild.Definitions.Diagnostics;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>
/// The state folder of the local workspace as its client sees it. Whoever can write there decides where requests and tokens go, so
/// folder and files are trusted only when they are the user's alone and no links.
/// </summary>
public sealed class StatePath
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Others = OthersWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Makes it.</summary>
    /// <param name="chosen">The folder that the build chose, or empty.</param>
    /// <param name="named">Value of <c>FLOWBUILD_LOCAL_WORKSPACE</c>, or null.</param>
    /// <param name="home">The user's home folder, or empty where there is none.</param>
    /// <exception cref="FlowDeploymentException">No folder is named, and there is no home.</exception>
    public StatePath(string chosen, string? named, string home)
    {
        var folder = chosen.Length > 0 ? chosen
            : named is { Length: > 0 } ? named
            : System.IO.Path.IsPathFullyQualified(home) ? System.IO.Path.Combine(home, ".flowbuild", "local")
            : throw FlowDeploymentException.Of(LocalWorkspaceRules.NoStateFolder, Environment.GetEnvironmentVariable("HOME") ?? "");
        Path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
    }

    /// <summary>Full path, without a separator at the end: a link with one would look like what it leads to.</summary>
    public string Path { get; }

    /// <summary>Full path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file's content, or null when there is none.</summary>
    /// <exception cref="FlowDeploymentException">Folder or file are not the user's alone, or cannot be read.</exception>
    public byte[]? ReadFile(string name)
    {
        try
        {
            var folder = new DirectoryInfo(Path);
            if (folder.LinkTarget is null && !folder.Exists)
            {
                return null;
            }

            Check(folder, OthersWrite, "");
            var file = new FileInfo(File(name));
            if (file.LinkTarget is null && !file.Exists)
            {
                return null;
            }

            Check(file, Others, $"holds '{name}', which ");
            return System.IO.File.ReadAllBytes(file.FullName);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowDeploymentException(
                FlowDiagnostic.At(LocalWorkspaceRules.UnsafeFolder, null, null, Path, $"cannot be read ({e.Message.TrimEnd('.')})"), null, e);
        }
    }

    private void Check(FileSystemInfo entry, UnixFileMode refused, string what)
    {
        var problem = entry.LinkTarget is not null ? "is a symbolic link"
            : !FileOwner.IsUser(entry.FullName) ? "belongs to another user"
            : !OperatingSystem.IsWindows() && (entry.UnixFileMode & refused) != 0 ? $"is open to others (mode {Convert.ToString((int)entry.UnixFileMode, 8)})"
            : null;
        if (problem is not null)
        {
            throw FlowDeploymentException.Of(LocalWorkspaceRules.UnsafeFolder, Path, what + problem);
        }
    }
}
