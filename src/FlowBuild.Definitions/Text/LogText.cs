using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FlowBuild.Definitions.Text;

/// <summary>
/// Makes text that others wrote harmless in a log. Terminals obey control characters; the agents of GitHub Actions and Azure Pipelines
/// take lines of a log for commands, and MSBuild takes lines of a program's output for errors.
/// </summary>
public static class LogText
{
    /// <summary>
    /// What a quoted line begins with. Nothing that follows its two colons has the form of an MSBuild error
    /// (<c>origin: error code: text</c>), and no quoted line reads like one of FlowBuild's own.
    /// </summary>
    public const string QuotePrefix = "|:: ";

    private static readonly char[] LineBreaks = ['\r', '\n'];

    // '##vso[' and '##[' count anywhere in a line, in Azure Pipelines and in older forms of GitHub's commands.
    private static readonly Regex BracketCommand = new("##(?=[a-z]*\\[)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // What compilers, MSBuild and problem matchers share: 'file(1,2): error', 'file:1:2: warning' (or '::: warning:'), and 'error AB12:'
    // anywhere.
    // Each part between colons is looked at once, so a long line takes no longer than its length.
    private static readonly Regex Location = new("(?<=(?:\\([0-9,\\- ]+\\)\\s*|:[0-9]+):)[^:]+", RegexOptions.CultureInvariant);
    private static readonly Regex Severity = new("\\b(error|warning)\\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    private static readonly Regex OtherSeverity = new(
        "\\b(error|warning)(?=\\s+[a-z]+[0-9]+\\s*:)|(?<=:[0-9]*:[0-9]*: )(error|warning)(?=:)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>
    /// The text as one line: control characters, line breaks, bidirectional marks and other invisible characters as <c>\u001b</c>, and the
    /// beginnings of commands and compiler messages broken the same way. Escaped text stays as it is.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string Escape(string text)
    {
        if (IsHarmless(text))
        {
            return text;
        }

        var line = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (IsVisible(text, i))
            {
                line.Append(text[i]);
            }
            else
            {
                line.Append(Escaped(text[i]));
            }
        }

        var escaped = BracketCommand.Replace(line.ToString(), "#" + Escaped('#'));
        escaped = Location.Replace(escaped, static match => Severity.Replace(match.Value, BreakWord));
        escaped = OtherSeverity.Replace(escaped, BreakWord);

        // GitHub Actions looks for '::' behind any white space at the start of a line.
        var start = escaped.Length - escaped.TrimStart().Length;
        return string.CompareOrdinal(escaped, start, "::", 0, 2) == 0
            ? escaped.Substring(0, start) + Escaped(':') + escaped.Substring(start + 1)
            : escaped;
    }

    /// <summary>A path as a message begins with it: escaped, and without a colon that could pass for its end.</summary>
    /// <param name="path">The path of a file.</param>
    public static string EscapePath(string path)
    {
        var escaped = Escape(path);
        var drive = escaped.Length > 1 && escaped[0] is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') && escaped[1] == ':' ? 2 : 0;
        return escaped.Substring(0, drive) + escaped.Substring(drive).Replace(":", Escaped(':'));
    }

    /// <summary>The lines of a text that others wrote, such as a container's log, each escaped and marked as a quotation.</summary>
    /// <param name="text">Any text; line breaks at its end do not count.</param>
    public static IEnumerable<string> Quote(string text)
    {
        foreach (var line in text.TrimEnd(LineBreaks).Replace("\r\n", "\n").Split(LineBreaks))
        {
            yield return QuotePrefix + Escape(line);
        }
    }

    // As nearly every message is: no character to replace, and none that a command or a compiler message begins with.
    private static bool IsHarmless(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var isSuspicious = text[i] switch
            {
                < ' ' or > '~' => true,
                '#' => i > 0 && text[i - 1] == '#',
                ':' => i > 0 && text[i - 1] is ':' or ')' or ' ' or (>= '0' and <= '9'),
                _ => false,
            };
            if (isSuspicious)
            {
                return false;
            }
        }

        return true;
    }

    private static string BreakWord(Match word) => Escaped(word.Value[0]) + word.Value.Substring(1);

    private static bool IsVisible(string text, int index)
    {
        var c = text[index];
        if (c is '\t' or (>= ' ' and <= '~'))
        {
            return true;
        }

        return CharUnicodeInfo.GetUnicodeCategory(c) switch
        {
            UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
            // The joiners are part of words and emoji.
            UnicodeCategory.Format => c is '\u200c' or '\u200d',
            UnicodeCategory.Surrogate => char.IsHighSurrogate(c)
                ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
                : index > 0 && char.IsHighSurrogate(text[index - 1]),
            _ => true,
        };
    }

    private static string Escaped(char c) => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);
}
