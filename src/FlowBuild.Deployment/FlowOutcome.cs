namespace FlowBuild.Deployment;

/// <summary>How the deployment of one flow ended.</summary>
public enum FlowOutcome
{
    /// <summary>It was not begun: an earlier flow of the run failed.</summary>
    NotBegun,

    /// <summary>Something was changed, and all steps succeeded.</summary>
    Deployed,

    /// <summary>The workspace already held what the files say.</summary>
    Unchanged,

    /// <summary>The deployment was started and not waited for (FlowNoWait); it is not verified.</summary>
    Started,

    /// <summary>It ended with an error.</summary>
    Failed,
}
