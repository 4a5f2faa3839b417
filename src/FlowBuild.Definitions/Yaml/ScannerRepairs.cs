using System.Text;
using FlowBuild.Definitions.Text;
using YamlDotNet.Core;

namespace FlowBuild.Definitions.Yaml;

/// <summary>
/// Mends a text where YamlDotNet's scanner refuses what both original readers take: only blanks are put in or taken out, at places
/// where they are no content. Places are taken back to the text as it was.
/// </summary>
internal sealed class ScannerRepairs
{
    /// <summary>Each repair costs one more run over the file.</summary>
    private const int MaxRepairs = 50;

    private readonly Dictionary<int, int> _blanksByLine = [];
    private int _repairs;

    /// <summary>Mends what the scanner stopped at.</summary>
    /// <param name="text">The text that it read.</param>
    /// <param name="exception">What it said; null when it left without a mark.</param>
    /// <param name="bracket">The offset of the outermost bracket that is open there, if any.</param>
    /// <returns>False when that changes nothing, so that reading again would not help.</returns>
    public bool TryRepair(ref string text, YamlException? exception, int? bracket)
    {
        if (++_repairs > MaxRepairs)
        {
            return false;
        }

        var start = (int)(exception?.Start.Index ?? 0);
        if (Says("double-quoted scalar, found wrong indentation"))
        {
            return TryIndent(ref text, start, EndOfQuoted(text, start));
        }

        if (Says("found extra spaces in first line") || Says("found more spaces in lines above first content line"))
        {
            return TryShortenBlankLines(ref text, start);
        }

        if (Says("found invalid comment after"))
        {
            return TrySetApart(ref text, start);
        }

        return bracket is { } opening && TryIndent(ref text, opening, EndOfCollection(text, opening));

        bool Says(string words) => exception?.Message.IndexOf(words, StringComparison.Ordinal) >= 0;
    }

    /// <summary>The place in the text as it was.</summary>
    public SourceSpan Undo(SourceSpan span) =>
        new(span.StartLine, Undo(span.StartLine, span.StartColumn), span.EndLine, Undo(span.EndLine, span.EndColumn));

    private int Undo(int line, int column) => _blanksByLine.TryGetValue(line, out var blanks) ? Math.Max(0, column - blanks) : column;

    /// <summary>Indents the lines of a quoted text or a bracketed collection that stand left of its beginning.</summary>
    private bool TryIndent(ref string text, int start, int end)
    {
        if (end < 0)
        {
            return false;
        }

        var (line, lineStart) = YamlCharacters.LineOf(text, start);
        var wanted = start - lineStart + 1;
        var indented = new StringBuilder(text.Length + (wanted * 8)).Append(text, 0, start);
        var changed = false;
        for (var at = start; at < end; at++)
        {
            indented.Append(text[at]);
            if (!YamlCharacters.IsLineBreak(text, at, out var length))
            {
                continue;
            }

            indented.Append(text, at + 1, length - 1);
            at += length - 1;
            line++;
            var blanks = at + 1;
            while (blanks < end && text[blanks] == ' ')
            {
                blanks++;
            }

            var missing = wanted - (blanks - at - 1);
            if (missing > 0)
            {
                indented.Append(' ', missing);
                _blanksByLine[line] = missing + (_blanksByLine.TryGetValue(line, out var before) ? before : 0);
                changed = true;
            }
        }

        text = indented.Append(text, end, text.Length - end).ToString();
        return changed;
    }

    /// <summary>The offset behind a double-quoted text, or -1 when it is never closed.</summary>
    private static int EndOfQuoted(string text, int quote)
    {
        for (var at = quote + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == '"')
            {
                return at + 1;
            }
        }

        return -1;
    }

    /// <summary>The offset behind a bracketed collection, or -1 when it is never closed.</summary>
    private static int EndOfCollection(string text, int bracket)
    {
        var depth = 0;
        for (var at = bracket; at < text.Length; at++)
        {
            // A quote or a '#' inside a word is an ordinary character.
            var beginsToken = at == 0 || text[at - 1] is ' ' or '\t' or '\r' or '\n' or '[' or '{' or ',' or ':';
            switch (text[at])
            {
                case '[' or '{':
                    depth++;
                    break;

                case ']' or '}' when --depth == 0:
                    return at + 1;

                case '"' when beginsToken:
                    at = EndOfQuoted(text, at) - 1;
                    break;

                case '\'' when beginsToken:
                    at = text.IndexOf('\'', at + 1);
                    break;

                case '#' when beginsToken:
                    at = text.IndexOf('\n', at);
                    break;
            }

            if (at < 0)
            {
                return -1;
            }
        }

        return -1;
    }

    /// <summary>Empties the lines of blanks between the head of a block text and its first line, which set no indentation.</summary>
    /// <param name="text">The text.</param>
    /// <param name="contentLine">The offset of the first line that holds more than blanks.</param>
    private static bool TryShortenBlankLines(ref string text, int contentLine)
    {
        var first = contentLine;
        for (var at = contentLine - 1; at >= 0 && text[at] is ' ' or '\r' or '\n'; at--)
        {
            first = text[at] == '\n' ? at + 1 : first;
        }

        // What stands no deeper than the head is no line of the text: then it has none.
        var content = contentLine + BlanksAt(text, contentLine);
        var head = BlanksAt(text, first < 2 ? 0 : text.LastIndexOf('\n', first - 2) + 1);
        var isText = content < text.Length && !YamlCharacters.IsLineBreak(text, content, out _) && content - contentLine > head;
        var indentation = isText ? content - contentLine : int.MaxValue;
        var emptied = new StringBuilder(text, 0, first, text.Length);
        var end = content == text.Length ? content : contentLine;
        var blanks = 0;
        for (var at = first; at < end; at++)
        {
            blanks = text[at] == ' ' ? blanks + 1 : 0;
            if (blanks > indentation)
            {
                return false;
            }

            if (blanks == 0)
            {
                emptied.Append(text[at]);
            }
        }

        var changed = emptied.Length < end;
        text = emptied.Append(text, end, text.Length - end).ToString();
        return changed;
    }

    private static int BlanksAt(string text, int start)
    {
        var at = start;
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        return at - start;
    }

    /// <summary>Puts a blank before the '#' of a comment that follows a value at once.</summary>
    private static bool TrySetApart(ref string text, int at)
    {
        at = at < text.Length && text[at] == '#' ? at : at + 1;
        if (at >= text.Length || text[at] != '#')
        {
            return false;
        }

        text = text.Insert(at, " ");
        return true;
    }
}
