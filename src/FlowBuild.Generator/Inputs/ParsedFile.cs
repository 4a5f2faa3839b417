using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Inputs;

/// <summary>A flow file as read.</summary>
internal sealed record ParsedFlow(FlowItem Item, FlowDefinition? Definition, EquatableArray<ReportedDiagnostic> Diagnostics);

/// <summary>An endpoint, deployment or model file as read: only what the generated code can depend on.</summary>
internal sealed record ParsedDeploymentFile(
    string Path, FileKind Kind, EquatableArray<string>? ResponseFields, EquatableArray<ReportedDiagnostic> Diagnostics);

/// <summary>The outputs that a deployment file's environment variables let through.</summary>
internal sealed record DeploymentResponseFields(string Path, EquatableArray<string> Fields);

/// <summary>Reads additional files. A defect of a reader becomes a diagnostic of that file.</summary>
internal static class FileParser
{
    /// <summary>Reads a flow file.</summary>
    public static ParsedFlow ParseFlow(AdditionalFile file, CancellationToken cancellationToken)
    {
        var (value, diagnostics) = Parse(file.Text, FlowReader.Read, cancellationToken);
        return new ParsedFlow(file.Item!, value, diagnostics);
    }

    /// <summary>Reads an endpoint, deployment or model file.</summary>
    public static ParsedDeploymentFile ParseDeploymentFile(AdditionalFile file, CancellationToken cancellationToken)
    {
        EquatableArray<string>? fields = null;
        EquatableArray<ReportedDiagnostic> diagnostics;
        switch (file.Kind)
        {
            case FileKind.Deployment:
                (var deployment, diagnostics) = Parse(file.Text, DeploymentFileReader.ReadDeployment, cancellationToken);
                fields = deployment?.ResponseFields;
                break;
            case FileKind.Endpoint:
                (_, diagnostics) = Parse(file.Text, DeploymentFileReader.ReadEndpoint, cancellationToken);
                break;
            default:
                (_, diagnostics) = Parse(file.Text, DeploymentFileReader.ReadModel, cancellationToken);
                break;
        }

        // The compiler keeps '..' in the path of a file outside the project; items name the whole path.
        return new ParsedDeploymentFile(Path.GetFullPath(file.Text.Path), file.Kind, fields, diagnostics);
    }

    private static (T? Value, EquatableArray<ReportedDiagnostic> Diagnostics) Parse<T>(
        AdditionalText file, Func<string, string, ReadResult<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        var text = file.GetText(cancellationToken);
        if (text is null)
        {
            return (null, Report(FlowDiagnostic.At(GeneratorRules.UnreadableFile, file.Path, null, file.Path), text));
        }

        try
        {
            var result = read(file.Path, text.ToString());
            return (result.Value, result.Diagnostics.Select(diagnostic => ReportedDiagnostic.Of(diagnostic, text)).ToEquatableArray());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return (null, Report(Failure.Of(file.Path, exception), text));
        }
    }

    private static EquatableArray<ReportedDiagnostic> Report(FlowDiagnostic diagnostic, SourceText? text) =>
        new([ReportedDiagnostic.Of(diagnostic, text)]);
}

/// <summary>Turns a defect into a diagnostic.</summary>
internal static class Failure
{
    /// <summary>The diagnostic for an exception while a file was worked on.</summary>
    public static FlowDiagnostic Of(string file, Exception exception) =>
        FlowDiagnostic.At(GeneratorRules.GeneratorFailed, file, null, file, $"{exception.GetType().Name}: {exception.Message}");
}
