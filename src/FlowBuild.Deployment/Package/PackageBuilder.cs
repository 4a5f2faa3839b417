using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Package;

/// <summary>What a package is made of.</summary>
/// <param name="Folder">Full path of the folder to package, or of a single file.</param>
/// <param name="FlowFile">Full path of the flow file, or null when the folder is no flow.</param>
/// <param name="Flow">The flow, or null.</param>
/// <param name="DeploymentFiles">Full paths of the deployment's own files, which stay out.</param>
/// <param name="RepositoryRoot">The folder that includes must not leave.</param>
/// <param name="AllowOutsideFiles">Lets links and includes reach outside.</param>
public sealed record PackageSource(
    string Folder,
    string? FlowFile,
    FlowDefinition? Flow,
    IReadOnlyList<string> DeploymentFiles,
    string RepositoryRoot,
    bool AllowOutsideFiles)
{
    /// <summary>Which files the package may be made of.</summary>
    internal ProjectPaths Paths => new(RepositoryRoot, AllowOutsideFiles, Folder);
}

/// <summary>
/// Makes the package of a flow: the folder after az ml's ignore rules and FlowBuild's default excludes, with the files of
/// <c>additional_includes</c> in place, since nothing on the serving side resolves them.
/// </summary>
public sealed class PackageBuilder
{
    // Zipped includes are made in memory: this is for all of a flow.
    private const long LargestZip = 1024L * 1024 * 1024;

    // A few links can make a small folder endless, and a file of a few lines can include a folder a thousand times.
    private const int MostEntries = 250_000;
    private const int MostFolders = 100;
    private const int MostIncludes = 1000;

    private static readonly SearchValues<char> ControlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, 0xa0).Select(static c => (char)c).Where(char.IsControl)]);

    private readonly PackageSource _source;
    private readonly ProjectPaths _paths;
    private readonly IgnoreRules _ignore;
    private readonly IFlowLog _log;
    private readonly List<LeftOut> _leftOut = [];
    private readonly string _root;
    private readonly bool _keepsProjects;
    private PackageFindings? _findings;
    private int _entries;
    private long _zippedLength;

    private PackageBuilder(PackageSource source, IFlowLog log)
    {
        _source = source;
        _log = log;
        _paths = source.Paths;
        _ignore = IgnoreRules.Of(source.Folder, _paths);
        _root = RealPath.Of(source.Folder);
        _keepsProjects = source.FlowFile is null || source.Flow?.Language == "csharp";
    }

    /// <summary>Makes the package. Warnings go to the log.</summary>
    /// <exception cref="FlowDeploymentException">A file cannot be packaged, or nothing is left to package.</exception>
    public static FlowPackage Build(PackageSource source, IFlowLog log, CancellationToken cancellationToken)
    {
        try
        {
            if (source.Paths.Check(new NamedPath(source.Folder, source.Folder, null, null), PathKind.FileOrFolder) is { } fault)
            {
                throw new FlowDeploymentException(fault);
            }

            return File.Exists(source.Folder)
                ? BuildFile(source.Folder, cancellationToken)
                : new PackageBuilder(source, log).Build(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowDeploymentException(
                FlowDiagnostic.At(PackageRules.FileNotFound, null, null, source.Folder, $"or it cannot be read: {e.Message}"), null, e);
        }
    }

    /// <summary>Everything that packaging would refuse or warn of. No content is hashed.</summary>
    public static IReadOnlyList<FlowDiagnostic> Check(PackageSource source)
    {
        var log = new PackageFindings();
        if (File.Exists(source.Folder))
        {
            log.Try(() => ReadableFile.Require(source.Folder));
            return log.Problems;
        }

        log.Try(() => new PackageBuilder(source, log) { _findings = log }.CheckAll());
        return log.Problems;
    }

    private void CheckAll()
    {
        var tree = StageAll(CancellationToken.None);
        ReportLeftOut();
        if (CheckFiles(tree) == 0 && _findings!.Problems.All(static problem => problem.Rule.Severity == RuleSeverity.Warning))
        {
            throw Empty();
        }
    }

    private int CheckFiles(StagedFolder folder) => folder.Children.Sum(child =>
    {
        if (child is StagedFolder inner)
        {
            return CheckFiles(inner);
        }

        if (child is StagedFile { Content: null } file)
        {
            Attempt(() =>
            {
                ReadableFile.Require(file.SourcePath);
                File.OpenHandle(file.SourcePath).Dispose();
            });
        }

        return 1;
    });

    // A check goes on after an entry that is refused; a package does not.
    private void Attempt(Action action)
    {
        if (_findings is null)
        {
            action();
        }
        else
        {
            _findings.Try(action);
        }
    }

    // The name of a single file is not in its hash, and no rule leaves it out: the user named it.
    private static FlowPackage BuildFile(string path, CancellationToken cancellationToken)
    {
        var (hash, file) = StagedTree.HashFile(path, cancellationToken);
        return new FlowPackage(file.Path, path, [file], [], hash) { IsFile = true };
    }

    private FlowPackage Build(CancellationToken cancellationToken)
    {
        var tree = StageAll(cancellationToken);
        ReportLeftOut();
        var (hash, files) = StagedTree.Hash(tree, cancellationToken);
        return files.Count > 0 ? new FlowPackage(Path.GetFileName(_source.Folder), _source.Folder, files, _leftOut, hash) : throw Empty();
    }

    private FlowDeploymentException Empty() => FlowDeploymentException.At(
        PackageRules.EmptyPackage, _source.FlowFile, null, _source.Folder, _ignore.File ?? "there is none");

    private StagedFolder StageAll(CancellationToken cancellationToken)
    {
        var tree = new StagedFolder("");
        Stage(tree, "", _source.Folder, [_root], cancellationToken);
        var includes = (_source.Flow?.AdditionalIncludes ?? EquatableArray.Empty<Located<string>>()).DistinctBy(static i => i.Value).ToList();
        if (includes.Count > MostIncludes)
        {
            throw FlowDeploymentException.At(
                PackageRules.FileTooLarge, _source.FlowFile, includes[MostIncludes].Span, "additional_includes", $"{MostIncludes} entries");
        }

        foreach (var include in includes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Attempt(() => Include(tree, include, cancellationToken));
        }

        return tree;
    }

    private void ReportLeftOut()
    {
        foreach (var fault in _ignore.Faults)
        {
            _log.Report(FlowDiagnostic.At(
                PackageRules.IgnorePatternFaulty, Path.Combine(_source.Folder, _ignore.File!), new SourceSpan(fault.Line, 0, fault.Line, fault.Text.Length), fault.Text, fault.Reason));
        }

        foreach (var secret in _leftOut.Where(static l => l.MayHoldSecrets))
        {
            _log.Report(FlowDiagnostic.At(PackageRules.SecretLeftOut, _source.FlowFile, null, secret.Path, InsteadOf(secret.Path)));
        }
    }

    private void Stage(StagedFolder into, string prefix, string folder, string[] above, CancellationToken cancellationToken)
    {
        if (above.Length > MostFolders)
        {
            throw FlowDeploymentException.At(PackageRules.FileTooLarge, folder, null, prefix, $"{MostFolders} folders in each other");
        }

        foreach (var entry in FolderEntry.In(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (HasTooMany())
            {
                return;
            }

            var path = prefix + entry.Name;
            var fullPath = Path.Combine(folder, entry.Name);
            if (LeavesOut(fullPath, path, entry) is { } leftOut)
            {
                _leftOut.Add(leftOut);
                continue;
            }

            Attempt(() => StageEntry(into, path, fullPath, entry, above, cancellationToken));
        }
    }

    // It is reported once: a check, which goes on after an error, finds nothing more to look at.
    private bool HasTooMany()
    {
        if (_entries++ == MostEntries)
        {
            throw FlowDeploymentException.At(
                PackageRules.FileTooLarge, _source.FlowFile, null, _source.Folder, $"{MostEntries.ToString(CultureInfo.InvariantCulture)} files and folders");
        }

        return _entries > MostEntries;
    }

    private void StageEntry(
        StagedFolder into, string path, string fullPath, FolderEntry entry, string[] above, CancellationToken cancellationToken)
    {
        CheckName(entry.Name, fullPath);
        var target = entry.MayBeLink ? CheckLink(fullPath, path, entry, above) : null;
        if (target is not null && DefaultExcludes.SensitivePart(Path.GetRelativePath(above[0], target)) is { } pattern)
        {
            _leftOut.Add(new LeftOut(path, $"link to default exclude {pattern}", MayHoldSecrets: true));
            return;
        }

        if (!entry.IsFolder)
        {
            // From here on the path that was checked is read: a link may lead elsewhere later.
            into.Set(new StagedFile(entry.Name, target ?? fullPath, InlinedFlowFile(fullPath)));
        }
        else
        {
            var inner = into.Folder(entry.Name);
            Stage(inner, path + "/", target ?? fullPath, [.. above, target ?? Path.Combine(above[^1], entry.Name)], cancellationToken);
            DropIfOursEmptiedIt(into, inner, path);
        }
    }

    private static string InsteadOf(string secret) => Path.GetFileName(secret.TrimEnd('/')).StartsWith(".env", StringComparison.OrdinalIgnoreCase)
        ? "code that reads it, with load_dotenv() for instance, finds none of its variables in the deployment, so set them under environment_variables of the deployment file; to be rid of this warning, keep it outside the flow's folder or list it in the ignore file"
        : "keep it outside the flow's folder, or list it in the ignore file";

    // A folder that only default excludes emptied would name itself in the hash on one machine and not on another.
    private void DropIfOursEmptiedIt(StagedFolder parent, StagedFolder folder, string path)
    {
        if (folder.Children.Count == 0
            && _leftOut.Exists(l => l.Path.StartsWith(path + "/", StringComparison.Ordinal) && l.Reason != _ignore.File))
        {
            parent.Remove(folder.Name);
        }
    }

    private LeftOut? LeavesOut(string fullPath, string path, FolderEntry entry)
    {
        var excluded = entry.IsFolder ? DefaultExcludes.Folder(path, entry.Name) : DefaultExcludes.File(path, entry.Name, _keepsProjects);
        var ignored = _ignore.Excludes(path);
        if (excluded is not null && !(excluded.MayHoldSecrets && ignored))
        {
            return excluded;
        }

        return ignored ? new LeftOut(path, _ignore.File!, MayHoldSecrets: false)
            : _source.DeploymentFiles.Contains(fullPath, StringComparer.Ordinal)
                ? new LeftOut(path, "deployment file", MayHoldSecrets: false)
                : null;
    }

    private void Include(StagedFolder tree, Located<string> written, CancellationToken cancellationToken)
    {
        var include = AdditionalInclude.Of(_source.FlowFile!, written, _paths);
        if (include.Fault is { } fault)
        {
            throw new FlowDeploymentException(fault);
        }

        if (HasTooMany())
        {
            return;
        }

        var name = include.Name;
        if (include.Excluded is { } reason)
        {
            _leftOut.Add(new LeftOut(name, reason, MayHoldSecrets: false));
            _log.Report(FlowDiagnostic.At(PackageRules.IncludeExcluded, _source.FlowFile, written.Span, written.Value, reason));
            return;
        }

        CheckName(name, include.Source);
        if (!include.IsZipped && Directory.Exists(include.Source))
        {
            Stage(tree.Folder(name), name + "/", include.Source, [RealPath.Of(include.Source)], cancellationToken);
            return;
        }

        if (!include.IsZipped && LeavesOut(include.Source, name, new FolderEntry(name, IsFolder: false, MayBeLink: false)) is { } leftOut)
        {
            _leftOut.Add(leftOut);
            if (leftOut is { MayHoldSecrets: false } && leftOut.Reason != _ignore.File)
            {
                _log.Report(FlowDiagnostic.At(PackageRules.IncludeExcluded, _source.FlowFile, written.Span, written.Value, leftOut.Reason));
            }

            return;
        }

        var file = new StagedFile(name, include.Source, include.IsZipped ? Zip(include.Source, cancellationToken) : null);
        if (tree.Set(file))
        {
            _log.Report(FlowDiagnostic.At(PackageRules.IncludeReplaces, _source.FlowFile, written.Span, written.Value, name));
        }
    }

    // The same bytes on every machine: entries sorted, one fixed time.
    private byte[] Zip(string folder, CancellationToken cancellationToken)
    {
        var staged = new StagedFolder("");
        Stage(staged, "", folder, [RealPath.Of(folder)], cancellationToken);
        var files = StagedTree.Hash(staged, cancellationToken).Files;
        _zippedLength += files.Sum(static file => file.Length);
        if (_zippedLength > LargestZip)
        {
            throw FlowDeploymentException.At(
                PackageRules.FileTooLarge, _source.FlowFile, null, Path.GetFileName(folder), Sizes.Text(LargestZip));
        }

        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var entry = archive.CreateEntry(file.Path, CompressionLevel.Optimal);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var to = entry.Open();
                using var from = file.Open();
                from.CopyTo(to);
            }
        }

        return bytes.ToArray();
    }

    private byte[]? InlinedFlowFile(string path) =>
        path == _source.FlowFile && _source.Flow is { AdditionalIncludes.Count: > 0 }
            ? FlowFileText.WithoutAdditionalIncludes(ReadableFile.ReadBytes(path, ReadableFile.LongestText))
            : null;

    // Where a link leads, or null when it is none.
    private string? CheckLink(string fullPath, string path, FolderEntry entry, string[] above)
    {
        FileSystemInfo link = entry.IsFolder ? new DirectoryInfo(fullPath) : new FileInfo(fullPath);
        if (link.LinkTarget is null)
        {
            return null;
        }

        // As the system follows it: a '..' in a link leaves the folder that the link before it leads to.
        var target = RealPath.Of(fullPath);
        if (!Path.Exists(target))
        {
            throw FlowDeploymentException.At(PackageRules.FileNotFound, fullPath, null, path, "it is a symbolic link to nothing");
        }

        if (!_source.AllowOutsideFiles && !IsWithin(target, _root))
        {
            throw FlowDeploymentException.At(PackageRules.LinkLeavesFolder, fullPath, null, path, _source.Folder);
        }

        return !above.Contains(target, StringComparer.Ordinal) ? target
            : throw FlowDeploymentException.At(PackageRules.LinkCircle, fullPath, null, path);
    }

    private static void CheckName(string name, string fullPath)
    {
        var problem = name.AsSpan().IndexOfAny(ControlCharacters) >= 0 ? "it holds a control character"
            : name.Contains('\\', StringComparison.Ordinal) ? "it holds a backslash"
            : name.EndsWith('.') ? "it ends with a dot"
            : name.Length > 255 ? "it is longer than 255 characters"
            : null;
        if (problem is not null)
        {
            throw FlowDeploymentException.At(PackageRules.InvalidName, fullPath, null, name, problem);
        }
    }

    /// <summary>Whether a path is a folder or lies in it.</summary>
    internal static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
