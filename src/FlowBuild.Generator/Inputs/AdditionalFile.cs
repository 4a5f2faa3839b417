using FlowBuild.Definitions.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FlowBuild.Generator.Inputs;

/// <summary>What an additional file is for.</summary>
internal enum FileKind
{
    /// <summary>Not ours.</summary>
    Other,

    /// <summary>A flow.</summary>
    Flow,

    /// <summary>An endpoint file of az ml.</summary>
    Endpoint,

    /// <summary>A deployment file of az ml.</summary>
    Deployment,

    /// <summary>A model file of az ml.</summary>
    Model,
}

/// <summary>An additional file and what its item says. Equal when neither the file's text nor its item changed.</summary>
internal sealed record AdditionalFile(AdditionalText Text, FileKind Kind, FlowItem? Item)
{
    private const string Metadata = "build_metadata.AdditionalFiles.";

    /// <summary>Classifies a file by the metadata of its item.</summary>
    public static AdditionalFile Of(AdditionalText text, AnalyzerConfigOptionsProvider provider)
    {
        var options = provider.GetOptions(text);
        var kind = Value(options, "FlowBuildKind") switch
        {
            "PromptFlow" => FileKind.Flow,
            "EndpointFile" => FileKind.Endpoint,
            "DeploymentFile" => FileKind.Deployment,
            "ModelFile" => FileKind.Model,
            _ => FileKind.Other,
        };
        return new AdditionalFile(text, kind, kind == FileKind.Flow
            ? new FlowItem(
                text.Path,
                Value(options, "ClientName"),
                Value(options, "Namespace"),
                Value(options, "Visibility"),
                Value(options, "ResponseFields"),
                Value(options, "FlowBuildDeploymentPath"),
                Value(options, "FlowBuildEndpointPath"),
                Value(options, "FlowBuildModelPath"),
                Value(options, "ValueTypes"),
                Value(options, "JsonContext"),
                ProjectFile(provider))
            : null);
    }

    private static string ProjectFile(AnalyzerConfigOptionsProvider provider) =>
        provider.GlobalOptions.TryGetValue("build_property.MSBuildProjectFullPath", out var file) ? file : "";

    private static string Value(AnalyzerConfigOptions options, string name) =>
        options.TryGetValue(Metadata + name, out var value) ? value.Trim() : "";
}

/// <summary>The metadata of a PromptFlow item; an empty string is one that is not set.</summary>
/// <param name="Path">Full path of the flow file.</param>
/// <param name="ClientName">Base name of the generated types; default: from the folder's name.</param>
/// <param name="Namespace">Default: the project's root namespace.</param>
/// <param name="Visibility"><c>public</c> (default) or <c>internal</c>.</param>
/// <param name="ResponseFields">The outputs that the deployment returns: names separated by blanks or commas, or a JSON array of them.</param>
/// <param name="DeploymentPath">Full path of the item's deployment file.</param>
/// <param name="EndpointPath">Full path of the item's endpoint file.</param>
/// <param name="ModelPath">Full path of the item's model file.</param>
/// <param name="ValueTypes">What outputs, lists and objects hold: <c>name=type</c>, separated by blanks.</param>
/// <param name="JsonContext">The source-generated serializer context that knows those types.</param>
/// <param name="ProjectFile">Full path of the project file, or empty where the compiler is not told.</param>
internal sealed record FlowItem(
    string Path,
    string ClientName,
    string Namespace,
    string Visibility,
    string ResponseFields,
    string DeploymentPath,
    string EndpointPath,
    string ModelPath,
    string ValueTypes,
    string JsonContext,
    string ProjectFile)
{
    /// <summary>
    /// Metadata that cannot be used. They stand in the project file, and its place is the project file as a whole; in the flow, no place
    /// is wrong.
    /// </summary>
    public ReportedDiagnostic MetadataProblem(string name, string value, string advice)
    {
        var path = Path.Replace('\\', '/');
        var folder = path.LastIndexOf('/', Math.Max(path.LastIndexOf('/') - 1, 0));
        return ReportedDiagnostic.Of(
            FlowDiagnostic.At(
                GeneratorRules.InvalidItemMetadata, ProjectFile.Length > 0 ? ProjectFile : Path, null, name, value, advice, path.Substring(folder + 1)),
            null);
    }
}

/// <summary>What the project says.</summary>
/// <param name="RootNamespace">May be empty, and may hold what no namespace can.</param>
/// <param name="Directory">Full path of the project's folder with <c>/</c> at its end, or empty.</param>
internal sealed record ProjectOptions(string RootNamespace, string Directory)
{
    /// <summary>Reads the properties that are visible to the compiler.</summary>
    public static ProjectOptions Of(AnalyzerConfigOptionsProvider provider)
    {
        provider.GlobalOptions.TryGetValue("build_property.RootNamespace", out var rootNamespace);
        provider.GlobalOptions.TryGetValue("build_property.ProjectDir", out var directory);
        directory = (directory ?? "").Replace('\\', '/');
        var isComplete = directory.Length == 0 || directory.EndsWith("/", StringComparison.Ordinal);
        return new ProjectOptions(rootNamespace ?? "", isComplete ? directory : directory + "/");
    }
}
