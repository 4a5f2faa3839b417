using System.Collections.Concurrent;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment;

/// <summary>Reports a problem once, although several targets of a build find it.</summary>
/// <param name="log">Where the problems go.</param>
/// <param name="scope">Which problems are reported once.</param>
internal sealed class DistinctLog(IFlowLog log, DistinctLog.Scope scope) : IFlowLog
{
    private readonly ConcurrentDictionary<FlowDiagnostic, bool> _reported = new();

    /// <summary>Which problems are reported once.</summary>
    public enum Scope
    {
        /// <summary>Warnings. A target that fails reports its error, also when one before it did.</summary>
        Warnings,

        /// <summary>Errors too.</summary>
        All,
    }

    public void Detail(string message) => log.Detail(message);

    public void Progress(string message) => log.Progress(message);

    public void Result(string message) => log.Result(message);

    public void Quote(string text) => log.Quote(text);

    public void Output(IReadOnlyList<OutputLine> lines) => log.Output(lines);

    public void Report(FlowDiagnostic diagnostic)
    {
        if ((scope == Scope.Warnings && diagnostic.Rule.Severity == RuleSeverity.Error) || _reported.TryAdd(diagnostic, true))
        {
            log.Report(diagnostic);
        }
    }
}
