namespace FlowBuild.Deployment.Apply;

/// <summary>Another run changed what this plan changes, so the plan is out of date. A new plan takes the other change into account.</summary>
/// <param name="what">The change, such as <c>model chat:2 was registered by another run</c>.</param>
/// <param name="problem">The problem to report when no new plan is made.</param>
internal sealed class StalePlanException(string what, FlowDeploymentException problem) : Exception(what, problem)
{
    /// <summary>The problem to report when no new plan is made.</summary>
    public FlowDeploymentException Problem { get; } = problem;
}
