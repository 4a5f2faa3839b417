namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW5xxx: what the workspace or the service answered.</summary>
public static class WorkspaceRules
{
    /// <summary>The workspace refused or failed a request.</summary>
    public static readonly DiagnosticRule RequestFailed = new(
        "FLOW5001", "The workspace refused a request", "{0}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [RequestFailed];
}
