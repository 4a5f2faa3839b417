namespace FlowBuild.Definitions.Diagnostics;

/// <summary>
/// Every rule of FlowBuild, by area: FLOW1xxx the flow file, FLOW2xxx endpoint, deployment, model and environment files,
/// FLOW3xxx the folder and the package, FLOW4xxx configuration and credentials, FLOW5xxx workspace and service,
/// FLOW6xxx the local workspace. The documentation is generated from this list.
/// </summary>
public static class DiagnosticCatalogue
{
    /// <summary>All rules, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        .. FlowRules.All,
        .. GeneratorRules.All,
        .. DeploymentRules.All,
        .. PackageRules.All,
        .. ConfigurationRules.All,
        .. WorkspaceRules.All,
        .. LocalWorkspaceRules.All,
    ];
}
