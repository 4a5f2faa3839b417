using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Deployment;

/// <summary>A deployment cannot go on. Carries the problem as the log shows it, and never a secret.</summary>
public sealed class FlowDeploymentException : Exception
{
    /// <summary>Makes an exception of a problem.</summary>
    /// <param name="diagnostic">The problem.</param>
    /// <param name="details">Lines that help to understand it, such as a container's log; shown after it.</param>
    /// <param name="innerException">The fault below, or null.</param>
    public FlowDeploymentException(FlowDiagnostic diagnostic, IReadOnlyList<string>? details = null, Exception? innerException = null)
        : base(diagnostic.Message, innerException)
    {
        Diagnostic = diagnostic;
        Details = details ?? [];
    }

    /// <summary>The problem.</summary>
    public FlowDiagnostic Diagnostic { get; }

    /// <summary>Lines that help to understand it.</summary>
    public IReadOnlyList<string> Details { get; }

    internal static FlowDeploymentException Of(DiagnosticRule rule, params string[] arguments) =>
        new(FlowDiagnostic.At(rule, null, null, arguments));

    internal static FlowDeploymentException At(DiagnosticRule rule, string? file, SourceSpan? span, params string[] arguments) =>
        new(FlowDiagnostic.At(rule, file, span, arguments));
}

/// <summary>Writes exceptions to a log.</summary>
public static class FlowLogExtensions
{
    /// <summary>Reports the problem of an exception, with the lines that help to understand it after it.</summary>
    public static void Report(this IFlowLog log, FlowDeploymentException exception)
    {
        log.Report(exception.Diagnostic);
        foreach (var line in exception.Details)
        {
            log.Quote(line);
        }

        log.Detail(exception.ToString());
    }
}
