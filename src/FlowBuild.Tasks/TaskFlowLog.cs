using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FlowBuild.Tasks;

/// <summary>Says in the build's log what the deployment does. Problems keep their place, code and help link.</summary>
internal sealed class TaskFlowLog(TaskLoggingHelper log, string projectFile) : IFlowLog
{
    public void Detail(string message) => log.LogMessage(MessageImportance.Low, message);

    // The default verbosity of dotnet shows high messages only, and whoever waits for a deployment wants to see that it lives.
    public void Progress(string message) => log.LogMessage(MessageImportance.High, "  " + message);

    public void Result(string message) => log.LogMessage(MessageImportance.High, "  " + message);

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

    public void Report(FlowDiagnostic diagnostic) => Target?.Report(diagnostic);
}
