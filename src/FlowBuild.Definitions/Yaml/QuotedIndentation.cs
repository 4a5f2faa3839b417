using FlowBuild.Definitions.Text;
using YamlDotNet.Core;

namespace FlowBuild.Definitions.Yaml;

/// <summary>
/// Indents the lines of double-quoted texts. YamlDotNet refuses such a text when a later line of it stands further left than the
/// block around it; the original readers take it, and blanks at the beginning of those lines are no content. So they are put in,
/// and taken out of the places again.
/// </summary>
internal sealed class QuotedIndentation
{
    /// <summary>Each text that is mended costs one more run over the file.</summary>
    private const int MaxTexts = 50;

    private readonly Dictionary<int, int> _blanksByLine = [];
    private int _texts;

    /// <summary>Whether a text that stands too far left is what the parser complains about.</summary>
    public static bool IsCauseOf(YamlException exception) =>
        exception.Message.IndexOf("double-quoted scalar, found wrong indentation", StringComparison.Ordinal) >= 0;

    /// <summary>Indents the lines of the text whose opening quote stands at an offset.</summary>
    /// <returns>False when that changes nothing, so that reading again would not help.</returns>
    public bool TryIndent(ref string text, int quote)
    {
        if (++_texts > MaxTexts)
        {
            return false;
        }

        var line = 0;
        var lineStart = 0;
        for (var i = 0; i < quote; i++)
        {
            if (text[i] == '\n')
            {
                line++;
                lineStart = i + 1;
            }
        }

        var blanks = quote - lineStart + 1;
        var indented = new System.Text.StringBuilder(text, 0, quote + 1, text.Length + (blanks * 8));
        var changed = false;
        var at = quote + 1;
        for (; at < text.Length && text[at] != '"'; at++)
        {
            indented.Append(text[at]);
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is not ('\r' or '\n'))
            {
                indented.Append(text[++at]);
            }
            else if (text[at] == '\n')
            {
                line++;
                if (!_blanksByLine.ContainsKey(line))
                {
                    _blanksByLine.Add(line, blanks);
                    indented.Append(' ', blanks);
                    changed = true;
                }
            }
        }

        text = indented.Append(text, at, text.Length - at).ToString();
        return changed;
    }

    /// <summary>The place in the text as it was.</summary>
    public SourceSpan Undo(SourceSpan span) =>
        new(span.StartLine, Undo(span.StartLine, span.StartColumn), span.EndLine, Undo(span.EndLine, span.EndColumn));

    private int Undo(int line, int column) => _blanksByLine.TryGetValue(line, out var blanks) ? Math.Max(0, column - blanks) : column;
}
