using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions;

/// <summary>What a reader made of a text: a value, the problems found, or both.</summary>
/// <typeparam name="T">The record that the text describes.</typeparam>
/// <param name="Value">The record, or null when an error leaves nothing to work with.</param>
/// <param name="Diagnostics">All problems of the text, in the order of the text.</param>
public sealed record ReadResult<T>(T? Value, EquatableArray<FlowDiagnostic> Diagnostics)
    where T : class
{
    /// <summary>Whether any problem is an error.</summary>
    public bool HasErrors => Diagnostics.Any(static d => d.Rule.Severity == RuleSeverity.Error);
}
