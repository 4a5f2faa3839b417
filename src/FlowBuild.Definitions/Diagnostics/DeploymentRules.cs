namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW2xxx: endpoint, deployment, model and environment files.</summary>
public static class DeploymentRules
{
    /// <summary>The text is no YAML.</summary>
    public static readonly DiagnosticRule InvalidYaml = new(
        "FLOW2001", "The file is no valid YAML", "This is not valid YAML: {0}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [InvalidYaml];
}
