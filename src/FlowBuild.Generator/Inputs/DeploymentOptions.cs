using System.Text;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FlowBuild.Generator.Inputs;

/// <summary>The properties of the build that change what a deployment file means.</summary>
/// <param name="Overrides">FlowSet, without the values of environment variables: those are unknown here.</param>
/// <param name="HasSlots">FlowSlots names slots.</param>
/// <param name="ProjectFile">Full path of the project file, or empty where the compiler is not told.</param>
/// <param name="Problems">What of FlowSet cannot be read.</param>
internal sealed record DeploymentOptions(
    EquatableArray<DocumentOverride> Overrides, bool HasSlots, string ProjectFile, EquatableArray<ReportedDiagnostic> Problems)
{
    private const string Property = "build_property.";

    /// <summary>Reads the properties that are visible to the compiler.</summary>
    public static DeploymentOptions Of(AnalyzerConfigOptionsProvider provider)
    {
        var projectFile = Value(provider, "MSBuildProjectFullPath");
        var overrides = OverrideList.Parse(Decode(Value(provider, "FlowBuildSet")), environment: null, out var fault);
        var problems = fault is null ? [] : new[]
        {
            Place(FlowDiagnostic.At(DeploymentRules.InvalidOverride, null, null, fault.Text, fault.Advice), projectFile),
        };
        return new DeploymentOptions(new(overrides), Value(provider, "FlowSlots").Trim().Length > 0, projectFile, new(problems));
    }

    /// <summary>A problem of an override stands in no file; a property of the project says it.</summary>
    public ReportedDiagnostic Place(FlowDiagnostic problem) => Place(problem, ProjectFile);

    private static ReportedDiagnostic Place(FlowDiagnostic problem, string projectFile) =>
        ReportedDiagnostic.Of(projectFile.Length > 0 ? problem with { File = projectFile } : problem, null);

    // Base64, since the file that hands properties to the compiler takes a semicolon for the begin of a comment.
    private static string Decode(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static string Value(AnalyzerConfigOptionsProvider provider, string name) =>
        provider.GlobalOptions.TryGetValue(Property + name, out var value) ? value : "";
}
