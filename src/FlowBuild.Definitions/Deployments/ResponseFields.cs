using System.Globalization;
using System.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>
/// Reads <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>, a JSON array of output names. Text that is not JSON stops the serving app
/// from starting.
/// </summary>
public static class ResponseFields
{
    /// <summary>The environment variable that lists the outputs a deployment returns.</summary>
    public const string Variable = "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS";

    /// <summary>What <see cref="Parse"/> takes, as a regular expression for editors.</summary>
    internal const string Pattern = $@"^{Blanks}\[{Blanks}(?:{Name}(?:{Blanks},{Blanks}{Name})*)?{Blanks}\]{Blanks}$";

    private const string Blanks = @"[ \t\n\r]*";
    private const string Name = @"""(?:[^""\\\u0000-\u001f]|\\[""\\/bfnrt]|\\u[0-9a-fA-F]{4})*""";

    /// <summary>Parses the value of the variable.</summary>
    /// <param name="text">The value.</param>
    /// <param name="fault">What is wrong with it, or null. It never holds the value.</param>
    /// <returns>The names in their order, or null when the text is no JSON array of texts.</returns>
    public static EquatableArray<string>? Parse(string text, out string? fault)
    {
        var names = new List<string>();
        var at = SkipBlanks(text, 0);
        fault = null;
        if (at == text.Length || text[at] != '[')
        {
            fault = at == text.Length ? "it is empty" : "it does not begin with '['";
            return null;
        }

        at = SkipBlanks(text, at + 1);
        if (at < text.Length && text[at] == ']')
        {
            at++;
        }
        else
        {
            while (true)
            {
                if (at == text.Length || text[at] != '"')
                {
                    fault = at < text.Length && text[at] == '\'' ? "its names stand in single quotes; JSON wants double quotes"
                        : at == text.Length ? "it is not closed with ']'"
                        : "an item is no name in double quotes";
                    return null;
                }

                if (ReadName(text, ref at) is not { } name)
                {
                    fault = "a name in it is not closed, or holds an escape that JSON does not know";
                    return null;
                }

                names.Add(name);
                at = SkipBlanks(text, at);
                if (at < text.Length && text[at] == ',')
                {
                    at = SkipBlanks(text, at + 1);
                    continue;
                }

                if (at < text.Length && text[at] == ']')
                {
                    at++;
                    break;
                }

                fault = at == text.Length ? "it is not closed with ']'" : "a comma is missing between two names";
                return null;
            }
        }

        if (SkipBlanks(text, at) != text.Length)
        {
            fault = "something follows its closing ']'";
            return null;
        }

        return new(names);
    }

    private static string? ReadName(string text, ref int at)
    {
        var name = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '"')
            {
                at++;
                return name.ToString();
            }

            if (c < ' ')
            {
                return null;
            }

            if (c != '\\')
            {
                name.Append(c);
                continue;
            }

            if (++at == text.Length)
            {
                return null;
            }

            switch (text[at])
            {
                case '"' or '\\' or '/':
                    name.Append(text[at]);
                    break;
                case 'b':
                    name.Append('\b');
                    break;
                case 'f':
                    name.Append('\f');
                    break;
                case 'n':
                    name.Append('\n');
                    break;
                case 'r':
                    name.Append('\r');
                    break;
                case 't':
                    name.Append('\t');
                    break;
                case 'u' when at + 4 < text.Length && int.TryParse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                    name.Append((char)code);
                    at += 4;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\n' or '\r')
        {
            at++;
        }

        return at;
    }
}
