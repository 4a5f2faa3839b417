using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Tests.Diagnostics;

/// <summary>Writes docs/diagnostics.md from the catalogue.</summary>
internal static class DiagnosticsPage
{
    private static readonly (char Digit, string Title, string Text)[] Areas =
    [
        ('1', "The flow file", "What `flow.dag.yaml` or `flow.flex.yaml` itself says. Errors come from the generator in every build; warnings from the analyzer. `ValidateFlow` reports both when no build has."),
        ('2', "Endpoint, deployment, model and environment files", "What az ml or the service refuses in the files that an item names, and advice. Reported in every build and by `ValidateFlow`; FLOW2107 to FLOW2110 by `ValidateFlow` and the targets that deploy, and by no build."),
        ('3', "The folder and the package", "Checks that open other files of the flow's folder. They run in `ValidateFlow`, `PackageFlow`, `PlanFlow`, `RegisterFlow` and `DeployFlow`, never in a plain build."),
        ('4', "Configuration and credentials", "Properties, items, workspace and credentials of the build."),
        ('5', "The workspace and the service", "What the workspace or the service answered."),
        ('6', "The local workspace", "The workspace on your own machine."),
    ];

    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # Diagnostics

            <!-- Written from the catalogue by DiagnosticCatalogueTests; edit the rules in src/FlowBuild.Definitions/Diagnostics instead. -->

            Every problem that FlowBuild reports has an id, and stands at a file, a line and a column where there is one.
            Errors are what promptflow, az ml or the service refuses; they cannot be turned off. Warnings follow `NoWarn`, `WarningsAsErrors` and
            `dotnet_diagnostic.<id>.severity` in a `.globalconfig` file (an `.editorconfig` does not reach a file that is not C#). What a target
            reports, as `ValidateFlow` does, follows `NoWarn` and `WarningsAsErrors` only, neither `.globalconfig` nor `TreatWarningsAsErrors`.
            `{0}`, `{1}` and so on stand for what the message names.

            """);
        foreach (var (digit, title, text) in Areas)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## FLOW{digit}xxx: {title}\n\n{text}\n");
            foreach (var rule in DiagnosticCatalogue.All.Where(rule => rule.Id[4] == digit))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### {rule.Id}\n\n**{rule.Title}** ({rule.Severity.ToString().ToLowerInvariant()})\n\n> {Message(rule)}\n");
            }
        }

        return page.ToString();
    }

    private static string Message(DiagnosticRule rule)
    {
        // Braces that the message itself shows are doubled in a format with holes.
        var message = rule.MessageFormat.Contains("{0}", StringComparison.Ordinal)
            ? rule.MessageFormat.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal)
            : rule.MessageFormat;
        return message.Replace("<", "&lt;", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
    }
}
