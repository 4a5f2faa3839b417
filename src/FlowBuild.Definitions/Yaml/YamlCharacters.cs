using System.Globalization;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>Checks on the characters of a text that YamlDotNet does not make and the original readers do.</summary>
internal static class YamlCharacters
{
    /// <summary>
    /// The first character that YAML forbids, such as a control character or half of a surrogate pair. NUL matters most: the
    /// parser would take it for the end of the text and the rest would be lost without a word.
    /// </summary>
    public static (SourceSpan Span, string Explanation)? FindForbidden(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= ' ' and <= '~' or '\n' or '\r' or '\t')
            {
                continue;
            }

            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            if (c < ' ' || c is >= '\u007F' and <= '\u009F' and not '\u0085' || char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF')
            {
                var code = ((int)c).ToString("X4", CultureInfo.InvariantCulture);
                return (SpanAt(text, i, 1), char.IsSurrogate(c)
                    ? $"it holds half of a character (U+{code}); save the file as UTF-8"
                    : $"it holds the control character U+{code}; remove it, or save the file as UTF-8");
            }
        }

        return null;
    }

    /// <summary>
    /// The first tab that is neither in a quoted text, a block text nor a comment. The original readers refuse it; YamlDotNet
    /// lets most of them pass.
    /// </summary>
    public static SourceSpan? FindSeparatingTab(string text, IReadOnlyList<SourceSpan> quoted)
    {
        if (text.IndexOf('\t') < 0)
        {
            return null;
        }

        var (line, lineStart, next) = (0, 0, 0);
        var inComment = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (IsLineBreak(text, i, out var length))
            {
                i += length - 1;
                line++;
                lineStart = i + 1;
                inComment = false;
                continue;
            }

            if (inComment || c is not ('\t' or '#'))
            {
                continue;
            }

            var column = i - lineStart;
            while (next < quoted.Count && Ends(quoted[next], line, column))
            {
                next++;
            }

            if (next < quoted.Count && Starts(quoted[next], line, column))
            {
                continue;
            }

            if (c == '#')
            {
                inComment = i == lineStart || text[i - 1] is ' ' or '\t';
            }
            else
            {
                return new(line, column, line, column + 1);
            }
        }

        return null;

        static bool Ends(SourceSpan span, int line, int column) => span.EndLine < line || (span.EndLine == line && span.EndColumn <= column);

        static bool Starts(SourceSpan span, int line, int column) =>
            span.StartLine < line || (span.StartLine == line && span.StartColumn <= column);
    }

    /// <summary>The offset of a line's first character, lines counted as the compiler counts them.</summary>
    public static int OffsetOfLine(string text, int line) => OffsetOfLine(text, line, out _);

    /// <summary>A line without its break.</summary>
    public static string LineAt(string text, int line) => LineFrom(text, OffsetOfLine(text, line));

    /// <summary>The offsets at which the lines begin.</summary>
    public static int[] LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (IsLineBreak(text, i, out var length))
            {
                i += length - 1;
                starts.Add(i + 1);
            }
        }

        return [.. starts];
    }

    /// <summary>What stands from an offset to the next line break.</summary>
    public static string LineFrom(string text, int start)
    {
        var end = start;
        while (end < text.Length && !IsLineBreak(text, end, out _))
        {
            end++;
        }

        return text.Substring(start, end - start);
    }

    /// <summary>The nearest span that lies inside a text.</summary>
    public static SourceSpan Clamp(SourceSpan span, string text)
    {
        var (startLine, startColumn) = ClampPosition(span.StartLine, span.StartColumn, text);
        var (endLine, endColumn) = ClampPosition(span.EndLine, span.EndColumn, text);
        return (endLine, endColumn).CompareTo((startLine, startColumn)) < 0
            ? new(startLine, startColumn, startLine, startColumn)
            : new(startLine, startColumn, endLine, endColumn);
    }

    /// <summary>Whether a place of the text begins with a word.</summary>
    public static bool StartsWith(string text, int line, int column, string word) =>
        column >= 0 && string.CompareOrdinal(text, OffsetOfLine(text, line) + column, word, 0, word.Length) == 0;

    private static (int Line, int Column) ClampPosition(int line, int column, string text)
    {
        var start = OffsetOfLine(text, line, out var missing);
        var end = start;
        while (end < text.Length && !IsLineBreak(text, end, out _))
        {
            end++;
        }

        // A line that the text does not have stands for the end of its last one.
        return (line - missing, missing > 0 ? end - start : Math.Min(column, end - start));
    }

    // Where the text has fewer lines, 'missing' says how many, and the offset is that of its last line.
    private static int OffsetOfLine(string text, int line, out int missing)
    {
        var start = 0;
        for (var i = 0; line > 0 && i < text.Length; i++)
        {
            if (IsLineBreak(text, i, out var length))
            {
                i += length - 1;
                line--;
                start = i + 1;
            }
        }

        missing = line;
        return start;
    }

    /// <summary>The line of an offset, and the offset of its first character.</summary>
    public static (int Line, int Start) LineOf(string text, int offset)
    {
        var (line, lineStart) = (0, 0);
        for (var i = 0; i < offset; i++)
        {
            if (IsLineBreak(text, i, out var length))
            {
                i += length - 1;
                line++;
                lineStart = i + 1;
            }
        }

        return (line, lineStart);
    }

    private static SourceSpan SpanAt(string text, int offset, int length)
    {
        var (line, lineStart) = LineOf(text, offset);
        return new(line, offset - lineStart, line, offset - lineStart + length);
    }

    /// <summary>Whether a line ends at an offset, as the compiler sees it.</summary>
    public static bool IsLineBreak(string text, int offset, out int length)
    {
        length = text[offset] == '\r' && offset + 1 < text.Length && text[offset + 1] == '\n' ? 2 : 1;
        return text[offset] is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';
    }
}
