using System.Globalization;

namespace FlowBuild.Definitions.Flows;

/// <summary>What a value is before promptflow converts it to the type of an input.</summary>
public enum GivenKind
{
    /// <summary>Null, or what only YAML has, such as a date.</summary>
    Other,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>Infinity, or no number at all (NaN).</summary>
    InfiniteNumber,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A list.</summary>
    List,

    /// <summary>A mapping, which JSON calls an object.</summary>
    Mapping,
}

/// <summary>
/// How promptflow's server converts a value to the declared type of an input: a value that does not convert is refused with 400.
/// It is the same for a default of the flow file and for a member of a request.
/// </summary>
public static class ValueConversion
{
    /// <summary>Whether the server can make the type of a value.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="kind">What the value is.</param>
    /// <param name="text">The value when it is a text.</param>
    public static bool Fits(FlowValueType type, GivenKind kind, string text) => type switch
    {
        FlowValueType.Int => kind is GivenKind.Number or GivenKind.Bool || (kind == GivenKind.Text && IsWholeNumber(text)),
        FlowValueType.Double => kind is GivenKind.Number or GivenKind.InfiniteNumber or GivenKind.Bool || (kind == GivenKind.Text && IsNumber(text)),
        FlowValueType.Bool => kind == GivenKind.Bool || (kind == GivenKind.Text && IsBoolWord(text)),
        FlowValueType.List => kind == GivenKind.List || (kind == GivenKind.Text && text.TrimStart().StartsWith("[", StringComparison.Ordinal)),

        // A list counts as one of images, as nodes that aggregate are given.
        FlowValueType.Image => kind is GivenKind.Mapping or GivenKind.List || (kind == GivenKind.Text && text.Length > 0),

        // Any value is text to the server, as Python writes it, and any is an object.
        _ => true,
    };

    /// <summary>What to write for a type.</summary>
    public static string Instead(FlowValueType type) => type switch
    {
        FlowValueType.Int => "a whole number",
        FlowValueType.Double => "a number",
        FlowValueType.Bool => "true or false",
        FlowValueType.List => "a list",
        FlowValueType.Image => "an image such as {\"data:image/png;url\": \"https://…\"}",
        _ => "a text",
    };

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
}
