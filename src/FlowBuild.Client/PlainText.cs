using System.Globalization;
using System.Text;

namespace FlowBuild;

/// <summary>Text that a server chose, fit for a message, a log or a span: short, and without characters that act on a terminal.</summary>
internal static class PlainText
{
    /// <summary>The longest code, name or id, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The text when it is an error code by its form, 1 to 100 characters of <c>A-Z a-z 0-9 _ . -</c>; else null.</summary>
    public static string? Code(string? text) =>
        text is { Length: > 0 and <= MaxNameLength } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
            ? text
            : null;

    /// <summary>A name or an id, on one line; null when nothing is left of it.</summary>
    public static string? Name(string? text) =>
        text is not null && Of(text, MaxNameLength, keepLines: false) is { Length: > 0 } name ? name : null;

    /// <summary>
    /// At most <paramref name="maxLength"/> characters, the last one <c>…</c> when there were more. Control characters, line and
    /// paragraph separators and marks of writing direction are left out; line breaks and tabs stay where <paramref name="keepLines"/>
    /// is set. Half of a surrogate pair becomes U+FFFD.
    /// </summary>
    public static string Of(string text, int maxLength, bool keepLines)
    {
        var plain = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPlain(rune, keepLines))
            {
                continue;
            }

            plain.Append(rune.ToString());
            if (plain.Length > maxLength)
            {
                var length = maxLength - 1;
                plain.Length = char.IsHighSurrogate(plain[length - 1]) ? length - 1 : length;
                return plain.Append('…').ToString();
            }
        }

        return plain.ToString();
    }

    private static bool IsPlain(Rune rune, bool keepLines) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control => keepLines && rune.Value is ('\n' or '\r' or '\t'),
        UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        _ => true,
    };
}
