using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment;

/// <summary>Makes a coded problem of anything that can go wrong.</summary>
public static class FlowFailure
{
    /// <summary>The exception as one with a problem.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="where">The target or task, for a fault that nobody expected.</param>
    public static FlowDeploymentException Of(Exception exception, string where) => exception switch
    {
        FlowDeploymentException coded => coded,
        IOException or UnauthorizedAccessException => new FlowDeploymentException(
            FlowDiagnostic.At(ConfigurationRules.FileNotUsable, null, null, exception.Message.TrimEnd('.')), null, exception),
        _ => new FlowDeploymentException(
            FlowDiagnostic.At(WorkspaceRules.Unexpected, null, null, where, exception.Message.Split('\n')[0].Trim()), null, exception),
    };
}
