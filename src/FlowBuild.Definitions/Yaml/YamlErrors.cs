using FlowBuild.Definitions.Text;
using YamlDotNet.Core;

namespace FlowBuild.Definitions.Yaml;

/// <summary>Says in a user's words what the parser means and how to mend it.</summary>
internal static class YamlErrors
{
    /// <summary>YAML's bound on a key that no '?' announces.</summary>
    private const int MaxKeyLength = 1024;

    public static (SourceSpan Span, string Explanation) Explain(YamlException exception, string text)
    {
        var (line, column) = ((int)Math.Max(exception.Start.Line - 1, 0), (int)Math.Max(exception.Start.Column - 1, 0));
        var lineText = YamlCharacters.LineAt(text, line);
        column = Math.Min(column, lineText.Length);
        var rest = lineText.Substring(column);
        var message = exception.Message;

        if (rest.StartsWith("{{", StringComparison.Ordinal) || rest.StartsWith("{%", StringComparison.Ordinal))
        {
            return (OfText(line, column, rest), "'" + Shorten(rest) + "' is a template that nobody fills in here; write " + WhatTemplateMeans(rest, text));
        }

        if (LongKey(lineText) is var (keyStart, keyLength))
        {
            return (new(line, keyStart, line, keyStart + keyLength), $"a key can have {MaxKeyLength:N0} characters at most, and this one has {keyLength:N0}; shorten it");
        }

        if (Says("did not find expected key") && column > 0 && lineText[column - 1] is '"' or '\'')
        {
            return (OfText(line, column, rest), "the quoted text ends before this; write \\\" for a quote inside \"…\", and '' for one inside '…'");
        }

        if (Says("did not find expected key") || Says("could not find expected ':'"))
        {
            if (IsEntry(rest) && FindLineWithoutColon(text, line, lineText) is var (above, start, words))
            {
                return (new(above, start, above, start + words.Length), $"'{Shorten(words)}' is no 'key: value'; {AddColon(words)}");
            }

            return (OfText(line, column, rest), IsEntry(rest)
                ? "this line is indented like no line above it; give it the indentation of the lines it belongs with"
                : $"'{Shorten(rest)}' is no 'key: value'; {(IsWord(rest.TrimEnd()) ? "write a ':' after it" : "write a key before it")}, or remove the line");
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
                return (new(before, start, before, start + words.Length), $"'{Shorten(words)}' is no 'key: value'; {AddColon(words)}");
            }

            return (new(line, column, line, column + 1),
                "a ': ' cannot stand here; put the whole value in quotes, or, where a new key begins, indent it like its neighbours");
        }

        if (Says("found extra spaces in first line") || Says("found more spaces in lines above first content line"))
        {
            return (OfText(line, column, rest), "a line of blanks above this one, the first of a text, has more blanks than this; remove them");
        }

        if (Says("found invalid comment after"))
        {
            return (OfText(line, column, rest), "put a blank before the '#' of this comment");
        }

        if (Says("key indicator format"))
        {
            return (new(line, column, line, column + 1), "inside '{ }' and '[ ]' a lone '-' stands in quotes");
        }

        if (Says("expected ',' or") && AnchorBefore(lineText, column) is { } anchor)
        {
            return (new(line, anchor, line, column), "an anchor on a value that others follow inside '{ }' is not read; write this mapping in lines of its own");
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

        if (Says("scanning a tag"))
        {
            return (new(line, column, line, column + 1), "'!' begins a tag, and this is none; a text that begins with '!' stands in quotes");
        }

        if (Says("expected <document start>") || Says("expected <document end>"))
        {
            return (OfText(line, column, rest), "nothing can follow the value that ends before this; look for a bracket or a quote that closes too early, or remove this");
        }

        return (OfText(line, column, rest.Length == 0 ? "" : rest.Substring(0, 1)), LowerFirst(message));

        bool Says(string words) => message.IndexOf(words, StringComparison.Ordinal) >= 0;
    }

    /// <summary>What to write for a template: the reference, where it names an input or a node of the flow, else the value.</summary>
    /// <param name="template">The line from the template on.</param>
    /// <param name="text">The file.</param>
    public static string WhatTemplateMeans(string template, string text)
    {
        var end = template.IndexOf("}}", StringComparison.Ordinal);
        var path = end < 0 || !template.StartsWith("{{", StringComparison.Ordinal) ? "" : template.Substring(2, end - 2).Trim();
        var name = path.Split('.')[0];
        if (!IsWord(name))
        {
            return "the value";
        }

        if (path.StartsWith("inputs.", StringComparison.Ordinal))
        {
            return $"'${{{path}}}'";
        }

        foreach (var line in text.Split('\n'))
        {
            if (line.Trim(' ', '\r', '-') == "name: " + name)
            {
                return $"'${{{(path == name ? path + ".output" : path)}}}'";
            }
        }

        return path == name && IsInput(name, text) ? $"'${{inputs.{name}}}'" : "the value";
    }

    /// <summary>Whether a word is a key in the block <c>inputs</c> of a flow.</summary>
    private static bool IsInput(string name, string text)
    {
        var isWithin = false;
        foreach (var line in text.Split('\n'))
        {
            if (line.TrimEnd().Length > 0 && line[0] is not (' ' or '#'))
            {
                isWithin = line.StartsWith("inputs:", StringComparison.Ordinal);
            }
            else if (isWithin && line.TrimStart().StartsWith(name + ":", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the anchor of the value before a column begins, or null.</summary>
    private static int? AnchorBefore(string lineText, int column)
    {
        var before = lineText.Substring(0, column).TrimEnd(' ', ',');
        var anchor = before.LastIndexOf(" &", StringComparison.Ordinal) + 1;
        return anchor > 0 && before.IndexOf(',', anchor) < 0 ? anchor : null;
    }

    /// <summary>The key with which a line begins, when it is too long to be one.</summary>
    private static (int Start, int Length)? LongKey(string lineText)
    {
        var start = 0;
        while (start < lineText.Length && (lineText[start] == ' ' || (lineText[start] == '-' && start + 1 < lineText.Length && lineText[start + 1] == ' ')))
        {
            start++;
        }

        var colon = lineText.IndexOf(": ", start, StringComparison.Ordinal);
        var end = colon >= 0 ? colon : lineText.TrimEnd().EndsWith(":", StringComparison.Ordinal) ? lineText.TrimEnd().Length - 1 : start;
        return end - start > MaxKeyLength ? (start, end - start) : null;
    }

    /// <summary>
    /// The line before a 'key: value' that stands at the same indentation, or is one word at a lesser one, and has no ':' itself:
    /// the parser took both for one long text.
    /// </summary>
    private static (int Line, int Column, string Words)? FindLineWithoutColon(string text, int line, string lineText)
    {
        var indentation = lineText.Length - lineText.TrimStart().Length;
        do
        {
            line--;
        }
        while (line > 0 && YamlCharacters.LineAt(text, line).Trim().Length == 0);

        var before = line >= 0 ? YamlCharacters.LineAt(text, line) : "";
        var start = before.Length - before.TrimStart(' ', '-').Length;
        var words = before.Substring(start);
        var comment = words.IndexOf(" #", StringComparison.Ordinal);
        words = (comment < 0 ? words : words.Substring(0, comment)).Trim();
        var isBare = words.Length > 0 && words[0] is not ('#' or '"' or '\'') && !IsEntry(words);
        return isBare && (start == indentation || (start < indentation && IsWord(words))) ? (line, start, words) : null;
    }

    private static string AddColon(string words) => IsWord(words) ? "write a ':' after it" : "write a ':' and a blank after the key";

    private static bool IsWord(string text) => text.Length > 0 && text.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-');

    /// <summary>Whether a line reads as <c>key: value</c>.</summary>
    private static bool IsEntry(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 || line.TrimEnd().EndsWith(":", StringComparison.Ordinal);
    }

    private static SourceSpan OfText(int line, int column, string rest) => new(line, column, line, column + rest.TrimEnd().Length);

    private static string Shorten(string text)
    {
        text = text.Trim();
        return text.Length <= 60 ? text : text.Substring(0, 57) + "…";
    }

    private static string LowerFirst(string message) =>
        message.Length == 0 ? "it cannot be read" : char.ToLowerInvariant(message[0]) + message.Substring(1).TrimEnd('.');
}
