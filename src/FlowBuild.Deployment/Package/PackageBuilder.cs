using System.IO.Compression;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;

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
    bool AllowOutsideFiles);

/// <summary>
/// Makes the package of a flow: the folder after az ml's ignore rules and FlowBuild's default excludes, with the files of
/// <c>additional_includes</c> in place, since nothing on the serving side resolves them.
/// </summary>
public sealed class PackageBuilder
{
    private readonly PackageSource _source;
    private readonly IgnoreRules _ignore;
    private readonly IFlowLog _log;
    private readonly List<LeftOut> _leftOut = [];
    private readonly string _root;
    private readonly bool _keepsProjects;

    private PackageBuilder(PackageSource source, IFlowLog log)
    {
        _source = source;
        _log = log;
        _ignore = IgnoreRules.Of(source.Folder);
        _root = FinalPath(source.Folder);
        _keepsProjects = source.FlowFile is null || source.Flow?.Language == "csharp";
    }

    /// <summary>Makes the package. Warnings go to the log.</summary>
    /// <exception cref="FlowDeploymentException">A file cannot be packaged, or nothing is left to package.</exception>
    public static FlowPackage Build(PackageSource source, IFlowLog log, CancellationToken cancellationToken)
    {
        try
        {
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

    // The name of a single file is not in its hash, and no rule leaves it out: the user named it.
    private static FlowPackage BuildFile(string path, CancellationToken cancellationToken)
    {
        var (hash, file) = StagedTree.HashFile(path, cancellationToken);
        return new FlowPackage(file.Path, path, [file], [], hash) { IsFile = true };
    }

    private FlowPackage Build(CancellationToken cancellationToken)
    {
        var tree = new StagedFolder("");
        Stage(tree, "", _source.Folder, [_root], cancellationToken);
        foreach (var include in _source.Flow?.AdditionalIncludes ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            Include(tree, include, cancellationToken);
        }

        foreach (var fault in _ignore.Faults)
        {
            _log.Report(FlowDiagnostic.At(
                PackageRules.IgnorePatternFaulty, Path.Combine(_source.Folder, _ignore.File!), new SourceSpan(fault.Line, 0, fault.Line, fault.Text.Length), fault.Text, fault.Reason));
        }

        foreach (var secret in _leftOut.Where(static l => l.MayHoldSecrets))
        {
            _log.Report(FlowDiagnostic.At(PackageRules.SecretLeftOut, _source.FlowFile, null, secret.Path));
        }

        var (hash, files) = StagedTree.Hash(tree, _source.Folder, cancellationToken);
        return files.Count > 0
            ? new FlowPackage(Path.GetFileName(_source.Folder), _source.Folder, files, _leftOut, hash)
            : throw FlowDeploymentException.At(
                PackageRules.EmptyPackage, _source.FlowFile, null, _source.Folder, _ignore.File ?? "there is none");
    }

    private void Stage(StagedFolder into, string prefix, string folder, string[] above, CancellationToken cancellationToken)
    {
        // Only an include can meet what is there already.
        var isMerged = into.Children.Count > 0;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(static e => e.Name, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = prefix + entry.Name;
            if (LeavesOut(entry, path) is { } leftOut)
            {
                _leftOut.Add(leftOut);
                continue;
            }

            CheckName(entry.Name, entry.FullName);
            var target = CheckLink(entry, path, above);
            if (entry is FileInfo)
            {
                if (isMerged)
                {
                    into.Children.RemoveAll(c => c.Name == entry.Name);
                }

                into.Children.Add(new StagedFile(entry.Name, entry.FullName, InlinedFlowFile(entry.FullName)));
            }
            else
            {
                Stage(into.Folder(entry.Name), path + "/", entry.FullName, [.. above, target], cancellationToken);
                DropIfOursEmptiedIt(into, entry.Name, path);
            }
        }
    }

    // A folder that only default excludes emptied would name itself in the hash on one machine and not on another.
    private void DropIfOursEmptiedIt(StagedFolder parent, string name, string path)
    {
        if (parent.Children.Find(c => c.Name == name) is StagedFolder { Children.Count: 0 } empty
            && _leftOut.Exists(l => l.Path.StartsWith(path + "/", StringComparison.Ordinal) && l.Reason != _ignore.File))
        {
            parent.Children.Remove(empty);
        }
    }

    private LeftOut? LeavesOut(FileSystemInfo entry, string path)
    {
        var excluded = entry is DirectoryInfo ? DefaultExcludes.Folder(path, entry.Name) : DefaultExcludes.File(path, entry.Name, _keepsProjects);
        if (excluded is not null && !(excluded.MayHoldSecrets && _ignore.Excludes(path)))
        {
            return excluded;
        }

        return _ignore.Excludes(path) ? new LeftOut(path, _ignore.File!, MayHoldSecrets: false)
            : _source.DeploymentFiles.Contains(entry.FullName, StringComparer.Ordinal)
                ? new LeftOut(path, "deployment file", MayHoldSecrets: false)
                : null;
    }

    private void Include(StagedFolder tree, Located<string> include, CancellationToken cancellationToken)
    {
        var written = include.Value.Replace('\\', '/').TrimEnd('/');
        var path = Path.GetFullPath(Path.Combine(_source.Folder, written));
        var zipped = !Path.Exists(path) && written.EndsWith(".zip", StringComparison.Ordinal) && Directory.Exists(path[..^4]);
        if (!Path.Exists(path) && !zipped)
        {
            throw FlowDeploymentException.At(
                PackageRules.FileNotFound, _source.FlowFile, include.Span, include.Value, "additional_includes are relative to the flow's folder");
        }

        var real = FinalPath(zipped ? path[..^4] : path);
        if (!_source.AllowOutsideFiles && (Path.IsPathRooted(written) || !IsWithin(real, FinalPath(_source.RepositoryRoot))))
        {
            throw FlowDeploymentException.At(
                PackageRules.IncludeOutside, _source.FlowFile, include.Span, include.Value, _source.RepositoryRoot);
        }

        var name = Path.GetFileName(path);
        CheckName(name, path);
        if (Directory.Exists(path))
        {
            Stage(tree.Folder(name), name + "/", path, [real], cancellationToken);
            return;
        }

        if (!zipped && LeavesOut(new FileInfo(path), name) is { } leftOut)
        {
            _leftOut.Add(leftOut);
            return;
        }

        if (tree.Children.RemoveAll(c => c.Name == name) > 0)
        {
            _log.Report(FlowDiagnostic.At(PackageRules.IncludeReplaces, _source.FlowFile, include.Span, include.Value, name));
        }

        tree.Children.Add(new StagedFile(name, path, zipped ? Zip(path[..^4], cancellationToken) : null));
    }

    // The same bytes on every machine: entries sorted, one fixed time.
    private byte[] Zip(string folder, CancellationToken cancellationToken)
    {
        var staged = new StagedFolder("");
        Stage(staged, "", folder, [FinalPath(folder)], cancellationToken);
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in StagedTree.Hash(staged, folder, cancellationToken).Files)
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
            ? FlowFileText.WithoutAdditionalIncludes(File.ReadAllBytes(path))
            : null;

    private string CheckLink(FileSystemInfo entry, string path, string[] above)
    {
        if (entry.LinkTarget is null)
        {
            return Path.Combine(above[^1], entry.Name);
        }

        var target = entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        if (target is null || !Path.Exists(target))
        {
            throw FlowDeploymentException.At(PackageRules.FileNotFound, entry.FullName, null, path, "it is a symbolic link to nothing");
        }

        target = FinalPath(target);
        if (!_source.AllowOutsideFiles && !IsWithin(target, _root))
        {
            throw FlowDeploymentException.At(PackageRules.LinkLeavesFolder, entry.FullName, null, path, _source.Folder);
        }

        return !above.Contains(target, StringComparer.Ordinal) ? target
            : throw FlowDeploymentException.At(PackageRules.LinkCircle, entry.FullName, null, path);
    }

    private static void CheckName(string name, string fullPath)
    {
        var problem = name.Any(char.IsControl) ? "it holds a control character"
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

    // The path with every link in it resolved, so that a comparison of prefixes means what it says.
    private static string FinalPath(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        var resolved = Path.Combine(FinalPath(parent), Path.GetFileName(full));
        FileSystemInfo info = Directory.Exists(resolved) ? new DirectoryInfo(resolved) : new FileInfo(resolved);
        return info.LinkTarget is null ? resolved : FinalPath(info.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
    }
}
