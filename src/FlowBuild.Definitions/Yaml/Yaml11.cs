using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>
/// Plain scalars of a document that says <c>%YAML 1.1</c>, which ruamel.yaml then reads by that version: <c>yes</c> is true, <c>010</c>
/// is eight, <c>1:30</c> is ninety.
/// </summary>
internal static class Yaml11
{
    /// <summary>Writes a plain scalar as YAML 1.2 writes its value, so that nothing behind the reader has to know of the version.</summary>
    /// <returns>Null when it is text in YAML 1.1, whatever it would be in 1.2.</returns>
    public static string? InYaml12(string text)
    {
        if (text is "y" or "Y" or "n" or "N")
        {
            return text is "y" or "Y" ? "true" : "false";
        }

        // PyYAML has the same version, but for exponents and single letters.
        var scalar = new YamlScalar(text, isPlain: true, tag: null, default);
        switch (YamlScalars.KindOf(scalar, YamlDialect.AzureMl))
        {
            case ScalarKind.Bool:
                return YamlValues.BoolOf(scalar) ? "true" : "false";

            case ScalarKind.Int:
                return YamlValues.IntText(scalar, YamlDialect.AzureMl);

            case ScalarKind.Float when text.IndexOf(':') >= 0:
                return PythonRepr.Of(YamlValues.FloatOf(scalar));
        }

        var isSignedFraction = text.Length > 2 && text[0] is '-' or '+' && text[1] == '.' && char.IsDigit(text[2]);
        return isSignedFraction || YamlScalars.KindOf(scalar, YamlDialect.PromptFlow) == ScalarKind.Int ? null : text;
    }
}
