namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW2xxx: endpoint, deployment, model and environment files.</summary>
public static class DeploymentRules
{
    /// <summary>The text is no YAML.</summary>
    public static readonly DiagnosticRule InvalidYaml = new(
        "FLOW2001", "The file is no valid YAML", "This is not valid YAML: {0}", RuleSeverity.Error);

    /// <summary>One key twice in a mapping; az ml silently takes the last one.</summary>
    public static readonly DiagnosticRule DuplicateKey = new(
        "FLOW2101", "A key occurs twice", "The key '{0}' occurs twice in one mapping, first in line {1}, and only this last one counts; remove one of the two.", RuleSeverity.Warning);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [InvalidYaml, DuplicateKey];
}
