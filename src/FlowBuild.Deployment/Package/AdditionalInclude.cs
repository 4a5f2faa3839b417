using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Package;

/// <summary>A file or folder outside the flow's folder that <c>additional_includes</c> brings into the package.</summary>
/// <param name="Name">Its name in the package.</param>
/// <param name="Source">Full path of the file or folder.</param>
/// <param name="IsZipped">The folder is packed into one file: a name that ends in <c>.zip</c> names a folder without that ending.</param>
/// <param name="Excluded">The default exclude that it is, or null.</param>
/// <param name="Fault">Why it cannot be packaged, or null.</param>
internal sealed record AdditionalInclude(string Name, string Source, bool IsZipped, string? Excluded, FlowDiagnostic? Fault)
{
    /// <summary>Resolves an include.</summary>
    /// <param name="flowFile">The flow file that names it.</param>
    /// <param name="include">The path as it is written, relative to the flow's folder.</param>
    /// <param name="paths">Which files the project may name.</param>
    public static AdditionalInclude Of(string flowFile, Located<string> include, ProjectPaths paths)
    {
        var written = include.Value.Replace('\\', '/').TrimEnd('/');
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(flowFile)!, written));
        var isZipped = !Path.Exists(path) && written.EndsWith(".zip", StringComparison.Ordinal) && Directory.Exists(path[..^4]);
        var source = isZipped ? path[..^4] : path;
        var named = new NamedPath(source, include.Value, flowFile, include.Span);
        var fault = paths.Check(named, PathKind.FileOrFolder);
        if (!paths.AllowOutside && (Path.IsPathRooted(written) || fault?.Rule == PackageRules.PathOutside))
        {
            fault = FlowDiagnostic.At(PackageRules.IncludeOutside, flowFile, include.Span, include.Value, paths.Root);
        }
        else if (fault is null && !ProjectPaths.Exists(named))
        {
            fault = FlowDiagnostic.At(
                PackageRules.FileNotFound, flowFile, include.Span, include.Value, "additional_includes are relative to the flow's folder");
        }

        // What is a default exclude stays out, as it does inside the flow's folder, and everything else is packaged.
        var name = Path.GetFileName(path);
        var excluded = fault is { Rule: var rule } && rule == PackageRules.PathExcluded ? fault.Arguments[1]
            : Directory.Exists(source) ? DefaultExcludes.Folder(name, Path.GetFileName(source))?.Reason
            : null;
        return new AdditionalInclude(name, source, isZipped, excluded, excluded is null ? fault : null);
    }
}
