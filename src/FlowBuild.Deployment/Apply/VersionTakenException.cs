namespace FlowBuild.Deployment.Apply;

/// <summary>Another run registered the version that this one planned. The plan is out of date; a new one knows the version.</summary>
internal sealed class VersionTakenException(string what, FlowDeploymentException refusal) : Exception(refusal.Message, refusal)
{
    /// <summary>The version, such as <c>model chat:2</c>.</summary>
    public string What { get; } = what;
}
