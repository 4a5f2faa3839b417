namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW6xxx: the local workspace.</summary>
public static class LocalWorkspaceRules
{
    /// <summary>The local workspace did not start.</summary>
    public static readonly DiagnosticRule DidNotStart = new(
        "FLOW6001", "The local workspace did not start", "The local workspace did not start: {0}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [DidNotStart];
}
