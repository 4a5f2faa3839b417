using System.Text;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Sources;

/// <summary>The checks of a flow that need its folder: sources, templates, includes and data files.</summary>
public static class FlowFolderCheck
{
    /// <summary>The files with requests that the local workspace and the verification read.</summary>
    private static readonly string[] DataFiles = ["samples.json", "data.jsonl"];

    private static readonly string[] SourceFiles = ["*.py", "*.jinja2", "*.prompty", "requirements.txt", "samples.json"];

    /// <summary>
    /// Whether the flow's folder is there, and not the flow file alone, as a caller of the flow may have it: it holds one of the
    /// files that only a flow has, or one that a node names.
    /// </summary>
    /// <param name="flowFile">Full path of the flow file.</param>
    /// <param name="flow">The flow.</param>
    public static bool HasFolder(string flowFile, FlowDefinition flow)
    {
        var folder = Path.GetDirectoryName(flowFile)!;
        return flow.Nodes.Any(node => node.SourcePath is { } path && File.Exists(Path.Combine(folder, path.Value)))
            || Directory.Exists(Path.Combine(folder, ".promptflow"))
            || SourceFiles.Any(pattern => Directory.EnumerateFiles(folder, pattern).Any(file => file != flowFile));
    }

    /// <summary>Checks the folder.</summary>
    /// <param name="flowFile">Full path of the flow file.</param>
    /// <param name="flow">The flow.</param>
    /// <param name="paths">The files that the project may name.</param>
    /// <returns>The problems, in no particular order.</returns>
    public static IEnumerable<FlowDiagnostic> Check(string flowFile, FlowDefinition flow, ProjectPaths paths)
    {
        var folder = Path.GetDirectoryName(flowFile)!;
        var problems = new List<FlowDiagnostic>();
        foreach (var node in flow.Nodes)
        {
            CheckSource(flowFile, folder, flow, node, paths, problems);
        }

        // A template of several nodes is opened for each of them, and its encoding is one problem.
        problems.AddRange(FlowTemplates.Check(flow, path => ReadWithin(folder, path, paths, problems) is { } file ? new FlowTemplate(file.Path, file.Text) : null));
        foreach (var include in flow.AdditionalIncludes)
        {
            if (AdditionalInclude.Of(flowFile, include, paths).Fault is { } fault)
            {
                problems.Add(fault);
            }
        }

        foreach (var file in DataFiles)
        {
            ReadWithin(folder, file, paths, problems);
        }

        return problems.Distinct();
    }

    /// <summary>The text of a file in the flow's folder; null where there is none, or it cannot be read.</summary>
    /// <param name="folder">Full path of the folder.</param>
    /// <param name="path">The file's path in it.</param>
    /// <param name="paths">The files that the project may name.</param>
    /// <param name="problems">Takes the error of a file that is not UTF-8.</param>
    internal static (string Path, string Text)? ReadWithin(string folder, string path, ProjectPaths paths, List<FlowDiagnostic> problems)
    {
        var file = Path.GetFullPath(Path.Combine(folder, path));
        try
        {
            if (!PackageBuilder.IsWithin(file, folder) || !File.Exists(file))
            {
                return null;
            }

            var bytes = paths.ReadBytes(new NamedPath(file, path, file, null));
            if (Utf8Text.Decode(bytes, out var fault) is { } text)
            {
                return (file, text);
            }

            if (!(path.EndsWith(".py", StringComparison.Ordinal) && DeclaresEncoding(bytes)))
            {
                problems.Add(FlowDiagnostic.At(PackageRules.NotUtf8, file, fault!.Span, fault.Value));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FlowDeploymentException)
        {
            // A path that is refused, or a file that cannot be read, is reported where it is named or packaged.
        }

        return null;
    }

    private static void CheckSource(string flowFile, string folder, FlowDefinition flow, FlowNode node, ProjectPaths paths, List<FlowDiagnostic> problems)
    {
        if (node.SourcePath is not { } path)
        {
            return;
        }

        var named = NamedPath.Of(flowFile, path);
        if (!PackageBuilder.IsWithin(named.Full, folder))
        {
            problems.Add(FlowDiagnostic.At(PackageRules.SourceOutside, flowFile, path.Span, path.Value, Path.GetFileName(named.Full)));
        }
        else if (paths.Check(named, PathKind.Text) is { } fault)
        {
            problems.Add(fault);
        }
        else if (!ProjectPaths.Exists(named))
        {
            if (!flow.AdditionalIncludes.Any(include => Path.GetFileName(include.Value.TrimEnd('/')) == path.Value.Split('/')[0]))
            {
                problems.Add(FlowDiagnostic.At(
                    PackageRules.FileNotFound, flowFile, path.Span, path.Value, "source.path is relative to the flow's folder"));
            }
        }
        else if (node is { Type: "python", SourceType: "code" or null } && ReadWithin(folder, path.Value, paths, problems) is { } source
            && PythonTool.Read(source.Text) is { } tool)
        {
            CheckArguments(flowFile, node, path, tool, problems);
        }
    }

    private static void CheckArguments(string flowFile, FlowNode node, Located<string> path, PythonTool tool, List<FlowDiagnostic> problems)
    {
        var names = tool.Parameters.Select(static parameter => parameter.Name).ToList();
        foreach (var input in node.Inputs.Where(input => !tool.TakesAnyArgument && !names.Contains(input.Key)))
        {
            problems.Add(FlowDiagnostic.At(
                PackageRules.ArgumentUnknown, flowFile, input.Value.Span, tool.Function, path.Value, input.Key, node.Name,
                Suggestion.DidYouMean(input.Key, names.Except(node.Inputs.Select(static given => given.Key)), "; remove the input, or add the parameter")));
        }

        foreach (var parameter in tool.Parameters.Where(parameter => !parameter.HasDefault && node.Inputs.All(input => input.Key != parameter.Name)))
        {
            problems.Add(FlowDiagnostic.At(
                PackageRules.ArgumentMissing, flowFile, node.Span, tool.Function, path.Value, parameter.Name, node.Name));
        }
    }

    // Python reads a source in another encoding when one of its first two lines names it.
    private static bool DeclaresEncoding(byte[] source) =>
        Encoding.Latin1.GetString(source).Split('\n').Take(2).Any(static line => line.StartsWith('#') && line.Contains("coding", StringComparison.Ordinal));
}
