using System.Globalization;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// promptflow inserts a default as it is written and converts it like a value of a request, so one that does not convert fails
/// each request that relies on it, and nothing before.
/// </summary>
internal static class FlowDefaults
{
    public static void Check(string input, FlowValueType type, YamlEntry given, DiagnosticList problems)
    {
        if (!Fits(type, given.Value))
        {
            problems.Add(FlowRules.DefaultDoesNotFit, given.ValueSpan, input, FlowWords.WordOf(type), Instead(type));
        }
    }

    private static bool Fits(FlowValueType type, YamlNode value)
    {
        var scalar = value as YamlScalar;
        var kind = scalar is null ? (ScalarKind?)null : YamlScalars.KindOf(scalar, YamlDialect.PromptFlow);
        return type switch
        {
            FlowValueType.Int => kind is ScalarKind.Int or ScalarKind.Bool
                || (kind == ScalarKind.Float && IsFinite(YamlValues.FloatOf(scalar!)))
                || (kind == ScalarKind.Text && IsWholeNumber(scalar!.Value)),
            FlowValueType.Double => kind is ScalarKind.Int or ScalarKind.Float or ScalarKind.Bool
                || (kind == ScalarKind.Text && IsNumber(scalar!.Value)),
            FlowValueType.Bool => kind == ScalarKind.Bool || (kind == ScalarKind.Text && IsBoolWord(scalar!.Value)),
            FlowValueType.List => value is YamlSequence || (kind == ScalarKind.Text && scalar!.Value.TrimStart().StartsWith("[", StringComparison.Ordinal)),
            FlowValueType.Image => value is YamlMapping || (kind == ScalarKind.Text && scalar!.Value.Length > 0),

            // Any value is text to the server, as Python writes it, and any is an object.
            _ => true,
        };
    }

    private static bool IsFinite(double value) => !double.IsNaN(value) && !double.IsInfinity(value);

    private static bool IsWholeNumber(string text)
    {
        text = text.Trim();
        var start = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        for (var i = start; i < text.Length; i++)
        {
            if (!char.IsDigit(text[i]) && text[i] != '_')
            {
                return false;
            }
        }

        return text.Length > start && HasDigitsAroundUnderscores(text);
    }

    /// <summary>Python reads <c>_</c> in a number only between two digits.</summary>
    private static bool HasDigitsAroundUnderscores(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && (i == 0 || i == text.Length - 1 || !char.IsDigit(text[i - 1]) || !char.IsDigit(text[i + 1])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNumber(string text) =>
        (HasDigitsAroundUnderscores(text) && double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        || text.Trim().TrimStart('+', '-').ToLowerInvariant() is "nan" or "inf" or "infinity";

    private static bool IsBoolWord(string text) =>
        string.Equals(text, "true", StringComparison.OrdinalIgnoreCase) || string.Equals(text, "false", StringComparison.OrdinalIgnoreCase);

    private static string Instead(FlowValueType type) => type switch
    {
        FlowValueType.Int => "a whole number",
        FlowValueType.Double => "a number",
        FlowValueType.Bool => "true or false",
        FlowValueType.List => "a list",
        FlowValueType.Image => "an image such as {\"data:image/png;url\": \"https://…\"}, or remove the default",
        _ => "a text",
    };
}
