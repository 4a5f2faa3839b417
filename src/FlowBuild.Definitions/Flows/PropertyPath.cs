using System.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// The property of a reference as promptflow takes it apart: words, <c>['quoted keys']</c> and <c>[indexes]</c>. Any other character
/// separates two steps.
/// </summary>
internal static class PropertyPath
{
    /// <summary>
    /// The steps of a property that is read otherwise than it looks, and how to write what it looks like, or null where that is not
    /// possible; null for a property that is read as it looks.
    /// </summary>
    public static (string Steps, string? Meant)? Misread(string property)
    {
        var meant = new StringBuilder();
        var (isMisread, canBeWritten) = (false, true);
        for (var i = 0; i < property.Length;)
        {
            var end = property[i] == '[' ? EndOfBracket(property, i) : property[i] == '.' ? i + 1 : EndOfName(property, i);
            var part = property.Substring(i, end - i);
            i = end;
            if (part == "." || IsRead(part))
            {
                meant.Append(part);
                continue;
            }

            isMisread = true;
            canBeWritten &= part[0] != '[' || (part.Length > 4 && part[1] == '"');
            meant.Append("['").Append(part.Trim('[', ']', '"')).Append("']");
        }

        return isMisread ? ("'" + string.Join("', '", WordsOf(property)) + "'", canBeWritten ? meant.ToString() : null) : null;
    }

    // A word in double quotes is no quoted key to promptflow, and the word in it means the same.
    private static bool IsRead(string part) =>
        part[0] != '[' ? part.All(IsWord)
        : part.Length < 3 ? false
        : part[1] == '\'' ? true
        : part[1] == '"' ? part.Length > 4 && part.Substring(2, part.Length - 4).All(IsWord)
        : part.Substring(1, part.Length - 2).All(char.IsDigit);

    private static int EndOfBracket(string text, int start)
    {
        var quote = start + 1 < text.Length && text[start + 1] is '\'' or '"' ? text[start + 1] + "]" : "]";
        var end = text.IndexOf(quote, Math.Min(start + quote.Length, text.Length), StringComparison.Ordinal);
        return end < 0 ? text.Length : end + quote.Length;
    }

    private static int EndOfName(string text, int start)
    {
        var end = text.IndexOfAny(['.', '['], start);
        return end < 0 ? text.Length : end;
    }

    private static IEnumerable<string> WordsOf(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            while (i < text.Length && IsWord(text[i]))
            {
                i++;
            }

            if (i > start)
            {
                yield return text.Substring(start, i - start);
            }

            i++;
        }
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
