using System.Text;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>
/// The characters U+0085, U+2028 and U+2029. YamlDotNet and the compiler take them for the end of a line; ruamel.yaml takes them
/// for a break inside a plain or quoted text, after which no indentation is wanted. So they are hidden from the parser and put
/// back into the values. Those at the end of a line stay, because there all readers agree.
/// </summary>
internal sealed class LineSeparators
{
    private const char FirstPrivate = '\uE000';
    private const char LastPrivate = '\uF8FF';
    private const string Separators = "\u0085\u2028\u2029";

    /// <summary>More than these are left to the parser, so that no place takes long to find.</summary>
    private const int MaxPlaces = 1000;

    private readonly char[] _hidden;
    private readonly List<(int Line, int Column, char Separator)> _places;
    private readonly List<SourceSpan> _restored = [];
    private int _count;

    private LineSeparators(char[] hidden, List<(int Line, int Column, char Separator)> places)
    {
        _hidden = hidden;
        _places = places;
    }

    /// <summary>Replaces the separators by characters that mean nothing to a parser and do not occur in the text.</summary>
    /// <returns>Null when none is replaced.</returns>
    public static LineSeparators? Hide(ref string text)
    {
        if (text.IndexOf('\u0085') < 0 && text.IndexOf('\u2028') < 0 && text.IndexOf('\u2029') < 0)
        {
            return null;
        }

        var hidden = UnusedCharacters(text, Separators.Length);
        if (hidden.Length < Separators.Length)
        {
            return null;
        }

        var places = new List<(int, int, char)>();
        var shown = new StringBuilder(text);
        var (line, lineStart) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var which = Separators.IndexOf(text[i]);
            if (which >= 0 && !EndsLine(text, i))
            {
                places.Add((line, i - lineStart, text[i]));
                shown[i] = hidden[which];
            }
            else if (YamlCharacters.IsLineBreak(text, i, out var length))
            {
                i += length - 1;
                line++;
                lineStart = i + 1;
            }
        }

        if (places.Count is 0 or > MaxPlaces)
        {
            return null;
        }

        text = shown.ToString();
        return new(hidden, places);
    }

    /// <summary>Puts the separators of a plain or quoted text back, with the blanks around them dropped and U+0085 folded like an end of line.</summary>
    /// <param name="value">The value as the parser gives it.</param>
    /// <param name="isPlain">Whether it is a plain text: such a one neither begins nor ends with a break.</param>
    /// <param name="span">The place in the text as it was.</param>
    public string Restore(string value, bool isPlain, SourceSpan span)
    {
        if (value.IndexOfAny(_hidden) < 0)
        {
            return value;
        }

        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (Array.IndexOf(_hidden, value[i]) < 0)
            {
                text.Append(value[i]);
                continue;
            }

            while (text.Length > 0 && text[text.Length - 1] is ' ' or '\t')
            {
                text.Length--;
            }

            var breaks = "";
            for (; i < value.Length && (value[i] is ' ' or '\t' || Array.IndexOf(_hidden, value[i]) >= 0); i++)
            {
                var which = Array.IndexOf(_hidden, value[i]);
                breaks += which < 0 ? "" : Separators[which] == '\u0085' ? '\n' : Separators[which];
                _count += which < 0 ? 0 : 1;
            }

            if (!isPlain || (text.Length > 0 && i < value.Length))
            {
                text.Append(breaks[0] != '\n' ? breaks : breaks.Length == 1 ? " " : breaks.Substring(1));
            }

            i--;
        }

        _restored.Add(span);
        return text.ToString();
    }

    /// <summary>The first separator that was in no plain or quoted text, where ruamel.yaml sees the end of a line at which none can end.</summary>
    public (SourceSpan Span, string Explanation)? FindMisplaced()
    {
        if (_count == _places.Count)
        {
            return null;
        }

        foreach (var (line, column, separator) in _places)
        {
            var span = Undo(new(line, column, line, column + 1));
            span = new(span.StartLine, span.StartColumn, span.StartLine, span.StartColumn + 1);
            if (!_restored.Exists(text => Contains(text, span)))
            {
                var code = ((int)separator).ToString("X4", System.Globalization.CultureInfo.InvariantCulture);
                return (span, $"it holds the line separator U+{code}, which ends a line here; write a line break in its place, or remove it");
            }
        }

        return null;
    }

    /// <summary>The place in the text as it was, with the separators counted as ends of lines, as the compiler counts them.</summary>
    public SourceSpan Undo(SourceSpan span)
    {
        var (startLine, startColumn) = Undo(span.StartLine, span.StartColumn);
        var (endLine, endColumn) = Undo(span.EndLine, span.EndColumn);
        return new(startLine, startColumn, endLine, endColumn);
    }

    private (int Line, int Column) Undo(int line, int column)
    {
        var before = 0;
        var lineStart = 0;
        foreach (var place in _places)
        {
            if (place.Line > line || (place.Line == line && place.Column >= column))
            {
                break;
            }

            before++;
            lineStart = place.Line == line ? place.Column + 1 : 0;
        }

        return (line + before, column - lineStart);
    }

    private static bool Contains(SourceSpan outer, SourceSpan inner) =>
        (outer.StartLine, outer.StartColumn).CompareTo((inner.StartLine, inner.StartColumn)) <= 0
        && (outer.EndLine, outer.EndColumn).CompareTo((inner.EndLine, inner.EndColumn)) >= 0;

    private static bool EndsLine(string text, int i)
    {
        while (i < text.Length && (text[i] is ' ' or '\t' || Separators.IndexOf(text[i]) >= 0))
        {
            i++;
        }

        return i == text.Length || text[i] is '\r' or '\n';
    }

    private static char[] UnusedCharacters(string text, int count)
    {
        var used = new bool[LastPrivate - FirstPrivate + 1];
        foreach (var c in text)
        {
            if (c is >= FirstPrivate and <= LastPrivate)
            {
                used[c - FirstPrivate] = true;
            }
        }

        var unused = new List<char>(count);
        for (var i = 0; i < used.Length && unused.Count < count; i++)
        {
            if (!used[i])
            {
                unused.Add((char)(FirstPrivate + i));
            }
        }

        return [.. unused];
    }
}
