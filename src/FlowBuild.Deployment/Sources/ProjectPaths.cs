using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Sources;

/// <summary>What a path must lead to.</summary>
public enum PathKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A regular file that is read as a whole, so its size is limited.</summary>
    Text,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A regular file or a folder.</summary>
    FileOrFolder,
}

/// <summary>A path that a file of the project names.</summary>
/// <param name="Full">The full path.</param>
/// <param name="Written">The path as it is written.</param>
/// <param name="File">The file that names it, or null.</param>
/// <param name="Span">Where the file names it, or null.</param>
public sealed record NamedPath(string Full, string Written, string? File, SourceSpan? Span)
{
    /// <summary>A path relative to the folder of the file that names it.</summary>
    public static NamedPath Of(string file, Located<string> path) =>
        new(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, path.Value)), path.Value, file, path.Span);
}

/// <summary>
/// The one place that decides which files a project may name. The files may come from people nobody knows, so a path stays within the
/// repository wherever its symbolic links lead, and nothing is opened that may have no end.
/// </summary>
/// <param name="root">Full path of the folder that paths must not leave.</param>
/// <param name="allowOutside">FlowAllowOutsideFiles.</param>
/// <param name="ownFolder">Full path of the project's folder. It and the folders above it are not looked at for secrets.</param>
public sealed class ProjectPaths(string root, bool allowOutside, string ownFolder)
{
    private readonly string _realRoot = RealPath.Of(root);
    private readonly string _realOwnFolder = RealPath.Of(ownFolder);

    /// <summary>The paths of a project.</summary>
    public static ProjectPaths Of(FlowProject project) => new(project.Root, project.AllowOutsideFiles, project.Directory);

    /// <summary>The folder that paths must not leave.</summary>
    public string Root => root;

    /// <summary>FlowAllowOutsideFiles.</summary>
    public bool AllowOutside => allowOutside;

    /// <summary>What is wrong with a path, or null. Whether what it leads to exists is not asked.</summary>
    /// <param name="path">The path.</param>
    /// <param name="kind">What it must lead to.</param>
    /// <param name="folder">Full path of another folder that it must not leave, whatever FlowAllowOutsideFiles says; or null.</param>
    public FlowDiagnostic? Check(NamedPath path, PathKind kind, string? folder = null)
    {
        string real;
        try
        {
            real = RealPath.Of(path.Full);
            if (folder is not null && !PackageBuilder.IsWithin(real, RealPath.Of(folder)))
            {
                return Fault(PackageRules.PathOutside, folder, "put the file into that folder");
            }
        }
        catch (IOException)
        {
            return Fault(PackageRules.NotRegularFile, "a symbolic link that leads to itself", "a file");
        }

        return CheckLocation(path, real) ?? (SensitivePart(path.Full, real) is { } pattern
            ? Fault(PackageRules.PathExcluded, $"default exclude {pattern}")
            : CheckContent());

        FlowDiagnostic? CheckContent()
        {
            if (Directory.Exists(real))
            {
                return kind is PathKind.File or PathKind.Text ? Fault(PackageRules.NotRegularFile, "a folder", "a file") : null;
            }

            return !File.Exists(real) ? null
                : !ReadableFile.IsRegular(real)
                    ? Fault(PackageRules.NotRegularFile, PackageRules.SpecialFile, kind == PathKind.Folder ? "a folder" : "a regular file")
                : kind == PathKind.Folder ? Fault(PackageRules.NotRegularFile, "a file", "a folder")
                : kind == PathKind.Text && new FileInfo(real).Length > ReadableFile.LongestText
                    ? Fault(PackageRules.FileTooLarge, Sizes.Text(ReadableFile.LongestText))
                : null;
        }

        FlowDiagnostic Fault(DiagnosticRule rule, params string[] arguments) =>
            FlowDiagnostic.At(rule, path.File, path.Span, [path.Written, .. arguments]);
    }

    /// <summary>Whether a path that is not refused leads to a file or folder; a link to nothing does not.</summary>
    public static bool Exists(NamedPath path) => Path.Exists(RealPath.Of(path.Full));

    /// <summary>The text of a file.</summary>
    /// <exception cref="FlowDeploymentException">The path is refused, or the file cannot be read.</exception>
    public string ReadText(NamedPath path)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(path)));
        return reader.ReadToEnd();
    }

    /// <summary>The bytes of a file of text.</summary>
    /// <exception cref="FlowDeploymentException">The path is refused, or the file cannot be read.</exception>
    public byte[] ReadBytes(NamedPath path) =>
        Check(path, PathKind.Text) is { } fault ? throw new FlowDeploymentException(fault) : ReadableFile.ReadBytes(path.Full, ReadableFile.LongestText);

    private FlowDiagnostic? CheckLocation(NamedPath path, string real) => allowOutside || PackageBuilder.IsWithin(real, _realRoot) ? null
        : FlowDiagnostic.At(
            PackageRules.PathOutside, path.File, path.Span, path.Written, root, "move the file inside, or set FlowAllowOutsideFiles=true");

    // What the project's own place is called is not the choice of whoever names a path.
    private string? SensitivePart(string full, string real) =>
        DefaultExcludes.SensitivePart(Path.GetRelativePath(ownFolder, full))
            ?? DefaultExcludes.SensitivePart(Path.GetRelativePath(_realOwnFolder, real));
}
