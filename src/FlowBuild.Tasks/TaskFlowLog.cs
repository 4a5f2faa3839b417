using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>
/// The only way of a task to the build's log. Whatever a message holds of files, services and containers, it leaves as text that no
/// terminal and no agent of a pipeline obeys.
/// </summary>
internal sealed class TaskLog(TaskLoggingHelper log)
{
    public bool HasLoggedErrors => log.HasLoggedErrors;

    public void LogMessage(MessageImportance importance, string message) => log.LogMessage(importance, LogText.Escape(message));

    public void LogQuotation(MessageImportance importance, string indentation, string text)
    {
        foreach (var line in LogText.Quote(text))
        {
            log.LogMessage(importance, indentation + line);
        }
    }

    // The terminal logger shows the last message of this form as the project's result, and no other message. A result that began with a
    // URL would be shown as a link to another address.
    public void LogOutput(string project, IReadOnlyList<OutputLine> lines) => log.LogMessage(
        MessageImportance.High, "{0}",
        $"{LogText.Escape(project)} -> {string.Join("\n    ", lines.Select(static line => line.IsQuotation ? LogText.QuotePrefix + LogText.Escape(line.Text) : LogText.Escape(line.Text)))}");

    public void LogDiagnostic(FlowDiagnostic diagnostic, string file, SourceSpan? span)
    {
        var rule = diagnostic.Rule;
        file = LogText.EscapePath(file);
        var (line, column, endLine, endColumn) = span is { } place
            ? (place.StartLine + 1, place.StartColumn + 1, place.EndLine + 1, place.EndColumn + 1)
            : (0, 0, 0, 0);
        if (rule.Severity == RuleSeverity.Error)
        {
            log.LogError(null, rule.Id, null, rule.HelpLink, file, line, column, endLine, endColumn, diagnostic.Message);
        }
        else
        {
            log.LogWarning(null, rule.Id, null, rule.HelpLink, file, line, column, endLine, endColumn, diagnostic.Message);
        }
    }
}

/// <summary>Writes what the deployment does to the build's log. Problems keep their place, code and help link.</summary>
internal sealed class TaskFlowLog(TaskLog log, string projectFile) : IFlowLog
{
    private const string Indentation = "  ";
    private readonly List<FlowDiagnostic> _errors = [];

    /// <summary>The errors that were reported.</summary>
    public IReadOnlyList<FlowDiagnostic> Errors => _errors;

    public void Detail(string message)
    {
        // Of several lines, such as those of an exception, any may hold what a service said.
        if (message.Contains('\n', StringComparison.Ordinal))
        {
            log.LogQuotation(MessageImportance.Low, "", message);
        }
        else
        {
            log.LogMessage(MessageImportance.Low, message);
        }
    }

    // The default verbosity of dotnet shows high messages only, and whoever waits for a deployment wants to see that it lives.
    public void Progress(string message) => log.LogMessage(MessageImportance.High, Indentation + message);

    public void Result(string message) => log.LogMessage(MessageImportance.High, Indentation + message);

    public void Quote(string text) => log.LogQuotation(MessageImportance.High, Indentation, text);

    public void Output(IReadOnlyList<OutputLine> lines)
    {
        if (lines.Count > 0)
        {
            log.LogOutput(Path.GetFileNameWithoutExtension(projectFile), lines);
        }
    }

    // An override stands in no file; a property of the project says it.
    public void Report(FlowDiagnostic diagnostic)
    {
        if (diagnostic.Rule.Severity == RuleSeverity.Error)
        {
            _errors.Add(diagnostic);
        }

        var file = diagnostic is { File: { } own, Span: null or { OverrideIndex: null } } ? own : projectFile;
        log.LogDiagnostic(diagnostic, file, diagnostic.Span is { OverrideIndex: null } span ? span : null);
    }
}

/// <summary>Hands messages on to the log of the task that runs now; a deployer outlives the task that made it.</summary>
internal sealed class RelayLog : IFlowLog
{
    public IFlowLog? Target { get; set; }

    public void Detail(string message) => Target?.Detail(message);

    public void Progress(string message) => Target?.Progress(message);

    public void Result(string message) => Target?.Result(message);

    public void Quote(string text) => Target?.Quote(text);

    public void Output(IReadOnlyList<OutputLine> lines) => Target?.Output(lines);

    public void Report(FlowDiagnostic diagnostic) => Target?.Report(diagnostic);
}
