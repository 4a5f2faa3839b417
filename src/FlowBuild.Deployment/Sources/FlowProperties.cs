using System.Xml;
using System.Xml.Linq;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Deployment.Sources;

/// <summary>The MSBuild properties of FlowBuild, as docs/targets.md lists them.</summary>
public static class FlowProperties
{
    private const string Prefix = "Flow";

    /// <summary>Their names; MSBuild ignores case.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "Flow", "FlowAllowBreakingChange", "FlowAllowOutsideFiles", "FlowAllTraffic", "FlowApiVersion", "FlowCheckFolder", "FlowCheckImage", "FlowCloud", "FlowConfirm", "FlowContainer",
        "FlowContinueOnError", "FlowCredential", "FlowCredentialsFile", "FlowDeploymentFile", "FlowDeploymentName", "FlowEndpointFile", "FlowForce",
        "FlowGrantAccess", "FlowLocalIdleTimeout", "FlowLogTail", "FlowMirrorTraffic", "FlowModelFile", "FlowModelVersion", "FlowNoWait",
        "FlowOpenBrowser", "FlowRequestFile", "FlowResourceGroup", "FlowRetire", "FlowRollout", "FlowRolloutInterval", "FlowServeCommand", "FlowSet",
        "FlowSlots", "FlowSubscriptionId", "FlowTargetFramework", "FlowTimeout", "FlowTraffic", "FlowUseAzureCliDefaults", "FlowVerifyRequest",
        "FlowWorkspace", "FlowWriteUserSecrets",
    ];

    /// <summary>Properties whose name begins with <c>Flow</c> and is nearly one of <see cref="Names"/>. Others are the project's own.</summary>
    /// <param name="globalProperties">The names of the build's global properties.</param>
    /// <param name="environment">The names of the process's environment variables, which MSBuild takes as properties.</param>
    /// <param name="projectFiles">The project file and the files that it imports by convention; those that cannot be read are passed over.</param>
    public static IEnumerable<FlowDiagnostic> Check(IEnumerable<string> globalProperties, IEnumerable<string> environment, IEnumerable<string> projectFiles) =>
        globalProperties.Concat(environment).Select(static name => new NamedProperty(name, null, null))
            .Concat(projectFiles.SelectMany(PropertiesOf))
            .Where(static property => property.Name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                && !property.Name.StartsWith("FlowBuild", StringComparison.OrdinalIgnoreCase) && !Names.Contains(property.Name, StringComparer.OrdinalIgnoreCase))
            .DistinctBy(static property => property.Name, StringComparer.OrdinalIgnoreCase)
            .Select(static property => (Property: property, Nearest: Nearest(property.Name[Prefix.Length..])))
            .Where(static found => found.Nearest is not null)
            .Select(static found => FlowDiagnostic.At(
                ConfigurationRules.PropertyUnknown, found.Property.File, found.Property.Span, found.Property.Name, Prefix + found.Nearest));

    // A slip of the pen and an abbreviation; other properties that begin with Flow are somebody else's.
    private static string? Nearest(string suffix) =>
        string.Equals(suffix, "s", StringComparison.OrdinalIgnoreCase) ? ""
        : Suffixes.Where(name => suffix.Length > 3 && name.StartsWith(suffix, StringComparison.OrdinalIgnoreCase)).ToList() is [var only]
            ? only
            : Suggestion.Nearest(suffix, Suffixes, limit: suffix.Length > 6 ? 2 : 1);

    // The common prefix would make unrelated names look near.
    private static IEnumerable<string> Suffixes => Names.Select(static name => name[Prefix.Length..]).Where(static name => name.Length > 0);

    private static List<NamedProperty> PropertiesOf(string file)
    {
        try
        {
            return File.Exists(file)
                ? [.. XDocument.Load(file, LoadOptions.SetLineInfo).Descendants()
                    .Where(static e => e.Parent?.Name.LocalName == "PropertyGroup").Select(e => new NamedProperty(e.Name.LocalName, file, SpanOf(e)))]
                : [];
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static SourceSpan SpanOf(XElement element)
    {
        IXmlLineInfo place = element;
        return new SourceSpan(place.LineNumber - 1, place.LinePosition - 1, place.LineNumber - 1, place.LinePosition - 1 + element.Name.LocalName.Length);
    }

    private sealed record NamedProperty(string Name, string? File, SourceSpan? Span);
}
