using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Writes what the deployment does to the build's log. Problems keep their place, code and help link.</summary>
internal sealed class TaskFlowLog(TaskLoggingHelper log, string projectFile) : IFlowLog
{
    private readonly List<FlowDiagnostic> _errors = [];

    /// <summary>The errors that were reported.</summary>
    public IReadOnlyList<FlowDiagnostic> Errors => _errors;

    public void Detail(string message) => log.LogMessage(MessageImportance.Low, message);

    // The default verbosity of dotnet shows high messages only, and whoever waits for a deployment wants to see that it lives.
    public void Progress(string message) => log.LogMessage(MessageImportance.High, "  " + message);

    public void Result(string message) => log.LogMessage(MessageImportance.High, "  " + message);

    // The terminal logger shows the last message of this form as the project's result, and no other message. A result that began with a
    // URL would be shown as a link to another address.
    public void Output(IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            log.LogMessage(MessageImportance.High, "{0}", $"{Path.GetFileNameWithoutExtension(projectFile)} -> {string.Join("\n    ", lines)}");
        }
    }

    public void Report(FlowDiagnostic diagnostic)
    {
        var rule = diagnostic.Rule;
        // An override stands in no file; a property of the project says it.
        var file = diagnostic is { File: { } own, Span: null or { OverrideIndex: null } } ? own : projectFile;
        var (line, column, endLine, endColumn) = diagnostic.Span is { OverrideIndex: null } span
            ? (span.StartLine + 1, span.StartColumn + 1, span.EndLine + 1, span.EndColumn + 1)
            : (0, 0, 0, 0);
        if (rule.Severity == RuleSeverity.Error)
        {
            _errors.Add(diagnostic);
            log.LogError(null, rule.Id, null, rule.HelpLink, file, line, column, endLine, endColumn, diagnostic.Message);
        }
        else
        {
            log.LogWarning(null, rule.Id, null, rule.HelpLink, file, line, column, endLine, endColumn, diagnostic.Message);
        }
    }
}

/// <summary>Hands messages on to the log of the task that runs now; a deployer outlives the task that made it.</summary>
internal sealed class RelayLog : IFlowLog
{
    public IFlowLog? Target { get; set; }

    public void Detail(string message) => Target?.Detail(message);

    public void Progress(string message) => Target?.Progress(message);

    public void Result(string message) => Target?.Result(message);

    public void Output(IReadOnlyList<string> lines) => Target?.Output(lines);

    public void Report(FlowDiagnostic diagnostic) => Target?.Report(diagnostic);
}
