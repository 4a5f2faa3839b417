using FlowBuild.Definitions.Text;
using YamlDotNet.Core;

namespace FlowBuild.Definitions.Yaml;

/// <summary>Says in a user's words what the parser means and how to mend it.</summary>
internal static class YamlErrors
{
    public static (SourceSpan Span, string Explanation) Explain(YamlException exception, string text)
    {
        var (line, column) = ((int)Math.Max(exception.Start.Line - 1, 0), (int)Math.Max(exception.Start.Column - 1, 0));
        var lineText = YamlCharacters.LineAt(text, line);
        column = Math.Min(column, lineText.Length);
        var rest = lineText.Substring(column);
        var message = exception.Message;

        if (rest.StartsWith("{{", StringComparison.Ordinal) || rest.StartsWith("{%", StringComparison.Ordinal))
        {
            return (OfText(line, column, rest), "'" + Shorten(rest) + "' is a template that nobody fills in here; write the value");
        }

        if (Says("tab"))
        {
            return (FindTab(text, line), "a tab cannot indent; use blanks");
        }

        if (Says("did not find expected key") && column > 0 && lineText[column - 1] is '"' or '\'')
        {
            return (OfText(line, column, rest), "the quoted text ends before this; write \\\" for a quote inside \"…\", and '' for one inside '…'");
        }

        if (Says("did not find expected key") || Says("could not find expected ':'"))
        {
            return (OfText(line, column, rest), IsEntry(rest)
                ? "this line is indented like no line above it; give it the indentation of the lines it belongs with"
                : $"'{Shorten(rest)}' is no 'key: value'; write a key before it, or remove the line");
        }

        if (Says("did not find expected '-' indicator"))
        {
            return (OfText(line, column, rest), rest.StartsWith("- ", StringComparison.Ordinal)
                ? "this item is indented like no list above it; give it the indentation of the items it belongs with"
                : $"'{Shorten(rest)}' stands among the items of a list; begin it with '- ', or indent it like the key it belongs with");
        }

        if (Says("anchor or alias") && rest.Length > 0)
        {
            return (new(line, column, line, column + 1), $"'{rest[0]}' begins {(rest[0] == '&' ? "an anchor" : "an alias")}, and no name follows; put the text in quotes");
        }

        if (Says("invalid mapping") || Says("mapping values are not allowed"))
        {
            if (FindLineWithoutColon(text, line, lineText) is var (before, start, words))
            {
                return (new(before, start, before, start + words.Length), $"'{Shorten(words)}' is no 'key: value'; write a ':' and a blank after the key");
            }

            return (new(line, column, line, column + 1),
                "a ': ' cannot stand here; put the whole value in quotes, or, where a new key begins, indent it like its neighbours");
        }

        if (Says("expected ',' or"))
        {
            return (new(line, column, line, column + 1), column > 0 && lineText[column - 1] == '$'
                ? "inside '{ }' and '[ ]' a reference stands in quotes: \"${…}\""
                : "a ',' is missing here, or a '{' or '[' before it is not closed");
        }

        if (Says("quoted scalar") && Says("end of stream"))
        {
            return (new(line, column, line, column + 1), "the quote that opens here is never closed");
        }

        if (Says("unknown escape character") || Says("escape"))
        {
            return (new(line, column, line, column + 1), "this text holds a '\\' that begins no known escape; write '\\\\', or use single quotes");
        }

        if (Says("cannot start any token") && rest.Length > 0)
        {
            return (new(line, column, line, column + 1), $"a value cannot begin with '{rest[0]}'; put it in quotes");
        }

        return (OfText(line, column, rest.Length == 0 ? "" : rest.Substring(0, 1)), LowerFirst(message));

        bool Says(string words) => message.IndexOf(words, StringComparison.Ordinal) >= 0;
    }

    /// <summary>
    /// The line before a 'key: value', when it stands at the same indentation and is none: the parser took both for one long text.
    /// </summary>
    private static (int Line, int Column, string Words)? FindLineWithoutColon(string text, int line, string lineText)
    {
        var indentation = lineText.Length - lineText.TrimStart().Length;
        var before = line > 0 ? YamlCharacters.LineAt(text, line - 1) : "";
        var words = before.Trim();
        var isBare = words.Length > 0 && words[0] is not ('-' or '#' or '"' or '\'') && !IsEntry(words);
        return isBare && before.Length - before.TrimStart().Length == indentation ? (line - 1, indentation, words) : null;
    }

    /// <summary>Whether a line reads as <c>key: value</c>.</summary>
    private static bool IsEntry(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 || line.TrimEnd().EndsWith(":", StringComparison.Ordinal);
    }

    private static SourceSpan OfText(int line, int column, string rest) => new(line, column, line, column + rest.TrimEnd().Length);

    private static SourceSpan FindTab(string text, int line)
    {
        var last = line + 1;
        for (; line <= last; line++)
        {
            var tab = YamlCharacters.LineAt(text, line).IndexOf('\t');
            if (tab >= 0)
            {
                return new(line, tab, line, tab + 1);
            }
        }

        return new(last - 1, 0, last - 1, 0);
    }

    private static string Shorten(string text)
    {
        text = text.Trim();
        return text.Length <= 60 ? text : text.Substring(0, 57) + "…";
    }

    private static string LowerFirst(string message) =>
        message.Length == 0 ? "it cannot be read" : char.ToLowerInvariant(message[0]) + message.Substring(1).TrimEnd('.');
}
