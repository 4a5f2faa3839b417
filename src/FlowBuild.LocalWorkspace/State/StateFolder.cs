namespace FlowBuild.LocalWorkspace.State;

/// <summary>The folder that holds all that a local workspace knows. It is the user's alone: 0700, files 0600, no links.</summary>
internal sealed class StateFolder
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private StateFolder(string path) => Path = path;

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>Opens a state folder, or makes it.</summary>
    /// <exception cref="WorkspaceStartException">The folder is a link, or belongs to someone else.</exception>
    public static StateFolder Open(string path)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        MakeFolder(full);
        return new StateFolder(full);
    }

    /// <summary>The folder that is used when none is named: <c>FLOWBUILD_LOCAL_WORKSPACE</c>, else <c>~/.flowbuild/local</c>.</summary>
    /// <exception cref="WorkspaceStartException">There is no home folder.</exception>
    public static string DefaultPath()
    {
        if (Environment.GetEnvironmentVariable("FLOWBUILD_LOCAL_WORKSPACE") is { Length: > 0 } named)
        {
            return named;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return System.IO.Path.IsPathFullyQualified(home) ? System.IO.Path.Combine(home, ".flowbuild", "local")
            : throw new WorkspaceStartException("There is no home folder for the state of the local workspace. Name a folder in FLOWBUILD_LOCAL_WORKSPACE.");
    }

    /// <summary>Why a folder with a file that cannot be read is not opened.</summary>
    public WorkspaceStartException Damaged(string file, Exception? cause = null) =>
        new($"'{file}' is damaged. Remove the folder '{Path}' to start with an empty workspace.", cause!);

    /// <summary>Full path of a file directly in the folder; refuses a link of that name, and a file of another user.</summary>
    public string FilePath(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw new WorkspaceStartException($"'{path}' is a symbolic link. A local workspace keeps its state in plain files; remove the link.");
        }

        return !File.Exists(path) || FileOwner.IsUser(path) ? path : throw new WorkspaceStartException(
            $"'{path}' belongs to another user, who may know what it holds. Remove the file, or name another folder in FLOWBUILD_LOCAL_WORKSPACE.");
    }

    /// <summary>Full path of a subfolder, made when it is missing.</summary>
    public string Subfolder(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        MakeFolder(path);
        return path;
    }

    /// <summary>Opens a file for the user alone.</summary>
    public static FileStream OpenFile(string path, System.IO.FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, Options = FileOptions.Asynchronous };
        if (mode == System.IO.FileMode.Append)
        {
            options.Access = FileAccess.Write;
        }

        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        return new FileStream(path, options);
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, FolderMode);
        if (new DirectoryInfo(path).LinkTarget is not null)
        {
            throw new WorkspaceStartException($"The state folder '{path}' is a symbolic link. Name the real folder instead.");
        }

        if (!FileOwner.IsUser(path))
        {
            throw new WorkspaceStartException($"The state folder '{path}' belongs to another user. Name another folder in FLOWBUILD_LOCAL_WORKSPACE.");
        }

        if (File.GetUnixFileMode(path) != FolderMode)
        {
            File.SetUnixFileMode(path, FolderMode);
        }
    }
}
