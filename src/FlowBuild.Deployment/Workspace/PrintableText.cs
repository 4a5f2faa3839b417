using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Keys, tokens and addresses in headers and in files of other programs, where a line break would begin something new.</summary>
internal static class PrintableText
{
    /// <summary>The text, when it is one or more printable ASCII characters without blanks.</summary>
    /// <param name="text">The text; it is secret, and no message repeats it.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <exception cref="FlowDeploymentException">It is missing, or holds another character.</exception>
    public static string Require(string? text, string what) =>
        text is { Length: > 0 } && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text
            : throw FlowDeploymentException.Of(WorkspaceRules.CredentialUnusable, what);
}
