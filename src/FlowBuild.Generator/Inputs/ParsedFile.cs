using System.Text;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Inputs;

/// <summary>A flow file as read.</summary>
internal sealed record ParsedFlow(FlowItem Item, FlowDefinition? Definition, EquatableArray<ReportedDiagnostic> Diagnostics);

/// <summary>An endpoint, deployment or model file as read.</summary>
/// <param name="Path">Full path of the file.</param>
/// <param name="Content">What the file says; null when it has errors.</param>
/// <param name="ResponseFields">The outputs that a deployment file lets through, the only part that generated code depends on.</param>
/// <param name="Diagnostics">The problems of the file itself.</param>
internal sealed record ParsedDeploymentFile(
    string Path, object? Content, EquatableArray<string>? ResponseFields, EquatableArray<ReportedDiagnostic> Diagnostics);

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
    public static ParsedDeploymentFile ParseDeploymentFile(AdditionalFile file, DeploymentOptions options, CancellationToken cancellationToken)
    {
        object? content;
        EquatableArray<string>? fields = null;
        EquatableArray<ReportedDiagnostic> diagnostics;
        switch (file.Kind)
        {
            case FileKind.Deployment:
                (var deployment, diagnostics) = Parse(
                    file.Text, (path, text) => DeploymentFileReader.ReadDeployment(path, text, options.Overrides), cancellationToken, options);
                (content, fields) = (deployment, deployment?.ResponseFields);
                break;
            case FileKind.Endpoint:
                (content, diagnostics) = Parse(file.Text, DeploymentFileReader.ReadEndpoint, cancellationToken);
                break;
            default:
                (content, diagnostics) = Parse(file.Text, DeploymentFileReader.ReadModel, cancellationToken);
                break;
        }

        // The compiler keeps '..' in the path of a file outside the project; items name the whole path.
        var isGood = diagnostics.All(static diagnostic => !diagnostic.IsError);
        return new ParsedDeploymentFile(Path.GetFullPath(file.Text.Path), isGood ? content : null, fields, diagnostics);
    }

    private static (T? Value, EquatableArray<ReportedDiagnostic> Diagnostics) Parse<T>(
        AdditionalText file, Func<string, string, ReadResult<T>> read, CancellationToken cancellationToken, DeploymentOptions? options = null)
        where T : class
    {
        var text = file.GetText(cancellationToken);
        if (text is null)
        {
            return (null, Report(FlowDiagnostic.At(GeneratorRules.UnreadableFile, file.Path, null, file.Path), text));
        }

        try
        {
            if (FindForeignEncoding(text) is { } fault)
            {
                return (null, Report(FlowDiagnostic.At(typeof(T) == typeof(FlowDefinition) ? FlowRules.NotUtf8 : DeploymentRules.NotUtf8, file.Path, fault.Span, fault.Value), text));
            }

            var result = read(file.Path, text.ToString());
            return (result.Value, result.Diagnostics
                .Select(diagnostic => diagnostic.File is null && options is not null ? options.Place(diagnostic) : ReportedDiagnostic.Of(diagnostic, text))
                .ToEquatableArray());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return (null, Report(Failure.Of(file.Path, exception), text));
        }
    }

    // The compiler reads a file that is not UTF-8 in another encoding, whose bytes are those of the file.
    private static Located<string>? FindForeignEncoding(SourceText text)
    {
        if (text.Encoding is not { } encoding || encoding.CodePage == Encoding.UTF8.CodePage)
        {
            return null;
        }

        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(text.ToString())];
        return Utf8Text.Decode(bytes, out var fault) is null ? fault : null;
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
