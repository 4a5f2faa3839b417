namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW4xxx: properties, items and credentials of the build.</summary>
public static class ConfigurationRules
{
    /// <summary>No workspace is named.</summary>
    public static readonly DiagnosticRule WorkspaceNotConfigured = new(
        "FLOW4001", "No workspace is configured", "No workspace is configured: {0}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [WorkspaceNotConfigured];
}
