namespace FlowBuild.LocalWorkspace;

/// <summary>A local workspace cannot start; the message says why and what to do.</summary>
public sealed class WorkspaceStartException : Exception
{
    /// <summary>Makes the exception without a reason.</summary>
    public WorkspaceStartException()
    {
    }

    /// <summary>Makes the exception.</summary>
    public WorkspaceStartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the one behind it.</summary>
    public WorkspaceStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Another process serves the state folder.</summary>
    internal bool IsBusy { get; init; }
}
