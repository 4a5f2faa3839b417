namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW1xxx: what the flow file itself says.</summary>
public static class FlowRules
{
    /// <summary>The text is no YAML.</summary>
    public static readonly DiagnosticRule InvalidYaml = new(
        "FLOW1001", "The file is no valid YAML", "This is not valid YAML: {0}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [InvalidYaml];
}
