using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>
/// Finds environment variables that hold a secret in plain text: the service shows them to everyone who can read the deployment.
/// Judged by the name, since a value says nothing for sure; the value itself enters no message.
/// </summary>
internal static class SecretVariables
{
    /// <summary>Shorter values, such as <c>true</c>, are no secrets.</summary>
    private const int ShortestSecret = 8;

    private static readonly string[] Endings = ["KEY", "SECRET", "PASSWORD", "PASSWD", "PWD", "TOKEN", "CONNECTION_STRING", "CONNECTIONSTRING", "SAS"];

    public static void Check(YamlEntry? variables, DiagnosticList problems)
    {
        if (variables is not { Value: YamlMapping mapping })
        {
            return;
        }

        foreach (var variable in mapping.Entries)
        {
            // An override says what is set from outside the file; '${' begins what the service or the flow resolves.
            if (variable.Value is YamlScalar { Value.Length: >= ShortestSecret, Span.OverrideIndex: null } value
                && value.Value.IndexOf("${", StringComparison.Ordinal) < 0
                && Array.Exists(Endings, ending => variable.Key.Value.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            {
                problems.Add(DeploymentRules.SecretInPlainText, value.Span, variable.Key.Value);
            }
        }
    }
}
