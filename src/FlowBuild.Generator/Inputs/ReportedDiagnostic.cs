using System.Collections.Immutable;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Inputs;

/// <summary>A problem and its place, as data: a Roslyn <see cref="Location"/> in the pipeline would defeat its caching.</summary>
internal sealed record ReportedDiagnostic(FlowDiagnostic Problem, TextSpan Characters, LinePositionSpan Lines)
{
    /// <summary>Whether the problem is an error, which the generator reports; warnings are the analyzer's.</summary>
    public bool IsError => Problem.Rule.Severity == RuleSeverity.Error;

    /// <summary>Adds the place in characters, which editors want, to the place in lines.</summary>
    public static ReportedDiagnostic Of(FlowDiagnostic problem, SourceText? text)
    {
        if (problem.Span is not { } span)
        {
            return new ReportedDiagnostic(problem, default, default);
        }

        var lines = new LinePositionSpan(
            new LinePosition(span.StartLine, span.StartColumn), new LinePosition(span.EndLine, span.EndColumn));
        if (text is null)
        {
            return new ReportedDiagnostic(problem, default, lines);
        }

        var start = Offset(text, span.StartLine, span.StartColumn);
        var end = Math.Max(start, Offset(text, span.EndLine, span.EndColumn));
        return new ReportedDiagnostic(problem, TextSpan.FromBounds(start, end), lines);
    }

    /// <summary>The descriptors of all rules of one severity that can be seen in a file's text.</summary>
    public static ImmutableArray<DiagnosticDescriptor> DescriptorsOf(RuleSeverity severity) =>
        FlowRules.All.Concat(GeneratorRules.All).Concat(DeploymentRules.All)
            .Concat([ConfigurationRules.EndpointNamesDiffer, ConfigurationRules.KindsDiffer])
            .Where(rule => rule.Severity == severity)
            .Select(MakeDescriptor)
            .ToImmutableArray();

    /// <summary>
    /// The diagnostic that the compiler shows. It prints path and message as they are, and the build reads errors from what it prints.
    /// </summary>
    public Diagnostic ToDiagnostic() => Diagnostic.Create(
        MakeDescriptor(Problem.Rule),
        Problem.File is null ? Location.None : Location.Create(LogText.EscapePath(Problem.File), Characters, Lines),
        [.. Problem.Arguments.Select(LogText.Escape)]);

    private static int Offset(SourceText text, int line, int column)
    {
        if (line >= text.Lines.Count)
        {
            return text.Length;
        }

        var found = text.Lines[line];
        return Math.Min(found.Start + column, found.End);
    }

    private static DiagnosticDescriptor MakeDescriptor(DiagnosticRule rule)
    {
        var isError = rule.Severity == RuleSeverity.Error;
        return new DiagnosticDescriptor(
            rule.Id,
            rule.Title,
            rule.MessageFormat,
            rule.Category,
            isError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            isEnabledByDefault: true,
            description: null,
            helpLinkUri: rule.HelpLink,
            customTags: isError ? [WellKnownDiagnosticTags.NotConfigurable] : []);
    }
}
