using System.Globalization;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>
/// Finds values that a pipeline or a person should have filled in, wherever a file has them. The schema accepts them as texts, so they
/// would be deployed as they are.
/// </summary>
internal static class UnexpandedValues
{
    public static void Check(YamlMapping root, DiagnosticList problems)
    {
        foreach (var entry in root.Entries)
        {
            Check(entry.Key.Value, entry.Key, problems);
            Check(entry.Key.Value, entry.Value, problems);
        }
    }

    private static void Check(string name, YamlNode node, DiagnosticList problems)
    {
        switch (node)
        {
            case YamlMapping mapping:
                Check(mapping, problems);
                break;
            case YamlSequence sequence:
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    Check($"{name}[{i.ToString(CultureInfo.InvariantCulture)}]", sequence.Items[i], problems);
                }

                break;
            case YamlScalar scalar when Templates.FindUnexpanded(scalar.Value) is { } template && !problems.HasAny(
                scalar.Span, DeploymentRules.LeftoverTemplate, DeploymentRules.TemplateNotFilled, DeploymentRules.InvalidText, DeploymentRules.InvalidReference):
                problems.Add(DeploymentRules.LeftoverTemplate, scalar.Span, template, name);
                break;
        }
    }
}
