using System.Text;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Generator.Emit;

/// <summary>Turns text from a flow file into XML and comments, so that no text can end a comment.</summary>
internal static class CSharpText
{
    /// <summary>Text as XML content of a documentation comment; line breaks are kept as <c>\n</c>.</summary>
    public static string Xml(string value)
    {
        if (IsPlain(value, '&', '<', '>'))
        {
            return value;
        }

        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            switch (c)
            {
                case '&':
                    text.Append("&amp;");
                    break;
                case '<':
                    text.Append("&lt;");
                    break;
                case '>':
                    text.Append("&gt;");
                    break;
                case '\r' when i + 1 < value.Length && value[i + 1] == '\n':
                    break;
                // Each of these ends a line for the C# compiler, and with it the comment.
                case '\r' or '\n' or '\u0085' or '\u2028' or '\u2029':
                    text.Append('\n');
                    break;
                case '\t':
                    text.Append(' ');
                    break;
                default:
                    text.Append(IsXmlCharacter(value, i) ? c : '\uFFFD');
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Text as XML content that stays on one line, cut after a number of characters.</summary>
    public static string XmlLine(string value, int limit = 200)
    {
        if (value.Length > limit)
        {
            var end = char.IsHighSurrogate(value[limit - 1]) ? limit - 1 : limit;
            value = value.Substring(0, end) + "…";
        }

        return Xml(value).Replace('\n', ' ');
    }

    /// <summary>Text for a <c>//</c> comment: one line, without marks that change the order in which it is shown.</summary>
    public static string Comment(string value) => LogText.Escape(value);

    // What nearly every text of a flow is: printable ASCII that stands for itself.
    private static bool IsPlain(string value, char special, char other, char third)
    {
        foreach (var c in value)
        {
            if (c is < ' ' or > '~' || c == special || c == other || c == third)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsXmlCharacter(string value, int index) =>
        !IsHalf(value, index) && value[index] is >= ' ' and not ('\uFFFE' or '\uFFFF');

    private static bool IsHalf(string value, int index) => char.IsHighSurrogate(value[index])
        ? index + 1 == value.Length || !char.IsLowSurrogate(value[index + 1])
        : char.IsLowSurrogate(value[index]) && (index == 0 || !char.IsHighSurrogate(value[index - 1]));
}
