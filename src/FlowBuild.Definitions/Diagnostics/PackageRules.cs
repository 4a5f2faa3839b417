namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW3xxx: the flow's folder and the package made of it.</summary>
public static class PackageRules
{
    /// <summary>A file that the flow or a deployment file names is not there.</summary>
    public static readonly DiagnosticRule FileNotFound = new(
        "FLOW3001", "A file is missing", "The file '{0}' does not exist; {1}", RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [FileNotFound];
}
