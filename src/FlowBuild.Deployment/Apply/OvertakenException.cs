namespace FlowBuild.Deployment.Apply;

/// <summary>Another run changed what this one planned to change. The plan is out of date; a new one knows what the other run did.</summary>
/// <param name="what">What it did, such as <c>model chat:2 was registered by another run</c>.</param>
/// <param name="problem">The problem, for when it happens again and again.</param>
internal sealed class OvertakenException(string what, FlowDeploymentException problem) : Exception(what, problem)
{
    /// <summary>The problem, for when it happens again and again.</summary>
    public FlowDeploymentException Problem { get; } = problem;
}
