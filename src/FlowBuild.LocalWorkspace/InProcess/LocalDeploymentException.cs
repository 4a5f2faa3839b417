namespace FlowBuild.LocalWorkspace;

/// <summary>
/// A flow folder cannot be deployed. The message says why: of a broken file each error with file, line and column, as the compiler says it.
/// </summary>
public sealed class LocalDeploymentException : Exception
{
    /// <summary>Makes the exception without a reason.</summary>
    public LocalDeploymentException()
    {
    }

    /// <summary>Makes the exception.</summary>
    public LocalDeploymentException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the one behind it.</summary>
    public LocalDeploymentException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
