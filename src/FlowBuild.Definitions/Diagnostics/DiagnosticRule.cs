using System.Globalization;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Diagnostics;

/// <summary>How much a diagnostic weighs.</summary>
public enum RuleSeverity
{
    /// <summary>Advice, or a trap that the original tools accept. Configurable by the user.</summary>
    Warning,

    /// <summary>promptflow, az ml's schema or the service refuses it. Not configurable.</summary>
    Error,
}

/// <summary>
/// One kind of problem. The same rule serves compiler, build and deployment, so a problem reads the same everywhere.
/// </summary>
/// <param name="Id"><c>FLOW</c> and four digits; the first digit tells the area (see <see cref="DiagnosticCatalogue"/>).</param>
/// <param name="Title">What the rule is about, in a few words.</param>
/// <param name="MessageFormat">What is wrong and what to write instead, with numbered holes for the arguments.</param>
/// <param name="Severity">Error or warning.</param>
public sealed record DiagnosticRule(string Id, string Title, string MessageFormat, RuleSeverity Severity)
{
    /// <summary>Where the rule is explained.</summary>
    public string HelpLink => $"https://github.com/flowbuild/flowbuild/blob/main/docs/diagnostics.md#{Id.ToLowerInvariant()}";

    /// <summary>The area of the rule, as compilers group them.</summary>
    public string Category => Id[4] switch
    {
        '1' => "FlowBuild.Flow",
        '2' => "FlowBuild.DeploymentFiles",
        '3' => "FlowBuild.Package",
        '4' => "FlowBuild.Configuration",
        '5' => "FlowBuild.Workspace",
        _ => "FlowBuild.LocalWorkspace",
    };
}

/// <summary>One problem found: the rule, the place, and what fills the holes of its message. Plain data, so it caches.</summary>
/// <param name="Rule">The kind of problem.</param>
/// <param name="File">Full path of the file, or null when the problem is not in a file.</param>
/// <param name="Span">The place in the file, or null for the file as a whole.</param>
/// <param name="Arguments">What fills the holes of the rule's message, in order.</param>
public sealed record FlowDiagnostic(DiagnosticRule Rule, string? File, SourceSpan? Span, EquatableArray<string> Arguments)
{
    /// <summary>Makes a diagnostic at a place of a file.</summary>
    public static FlowDiagnostic At(DiagnosticRule rule, string? file, SourceSpan? span, params string[] arguments) =>
        new(rule, file, span, new EquatableArray<string>(arguments));

    /// <summary>The message with its holes filled, as one line that is safe in a log (see <see cref="LogText.Escape"/>).</summary>
    public string Message => Arguments.Count == 0
        ? Rule.MessageFormat
        : LogText.Escape(string.Format(CultureInfo.InvariantCulture, Rule.MessageFormat, [.. Arguments]));
}
