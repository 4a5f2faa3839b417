namespace FlowBuild.Generator;

/// <summary>Names of the pipeline's steps, by which tests see what was recomputed.</summary>
internal static class TrackingNames
{
    /// <summary>Which additional files are ours, and what their items say.</summary>
    public const string Files = nameof(Files);

    /// <summary>Type names of all flows of the project; needs no file content.</summary>
    public const string Names = nameof(Names);

    /// <summary>A flow file is read.</summary>
    public const string Parse = nameof(Parse);

    /// <summary>An endpoint, deployment or model file is read.</summary>
    public const string ParseDeploymentFile = nameof(ParseDeploymentFile);

    /// <summary>A flow's deployment is checked against the flow and the endpoint.</summary>
    public const string ItemCheck = nameof(ItemCheck);

    /// <summary>The problems of one file.</summary>
    public const string Diagnostics = nameof(Diagnostics);

    /// <summary>What one flow's code is made from; equal when an edit changes nothing that callers see.</summary>
    public const string Contract = nameof(Contract);
}
