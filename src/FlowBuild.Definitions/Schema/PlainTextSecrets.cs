using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Schema;

/// <summary>
/// Finds secrets in plain text: the service shows variables, tags and properties to everyone who can read the resource. The value
/// itself enters no message.
/// </summary>
internal static class PlainTextSecrets
{
    /// <summary>Checks a mapping of environment variables, by their names and by the form of their values.</summary>
    public static void Check(YamlEntry? variables, DiagnosticRule rule, DiagnosticList problems) => Check(variables, rule, problems, byName: true);

    /// <summary>Checks mappings that are not meant for secrets, such as tags, by the form of their values.</summary>
    public static void CheckTexts(YamlEntry? texts, DiagnosticRule rule, DiagnosticList problems) => Check(texts, rule, problems, byName: false);

    private static void Check(YamlEntry? texts, DiagnosticRule rule, DiagnosticList problems, bool byName)
    {
        if (texts is not { Value: YamlMapping mapping })
        {
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            // An override says what is set from outside the file.
            if (entry.Value is not YamlScalar { Span.OverrideIndex: null } value)
            {
                continue;
            }

            if (SecretText.FormOf(value.Value) is { } form)
            {
                problems.Add(rule, value.Span, entry.Key.Value, $"holds what looks like {form}");
            }
            else if (byName && SecretText.IsNamedSecret(entry.Key.Value, value.Value))
            {
                problems.Add(rule, value.Span, entry.Key.Value, "is named like a secret");
            }
        }
    }
}
