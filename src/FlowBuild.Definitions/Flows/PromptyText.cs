namespace FlowBuild.Definitions.Flows;

/// <summary>Takes a prompty file apart: a definition in YAML between two lines <c>---</c>, then the prompt.</summary>
internal static class PromptyText
{
    /// <summary>
    /// The definition, with an empty line for each line before it, so that places in it are places in the file; null when the file
    /// does not begin with one.
    /// </summary>
    public static string? FrontMatter(string text)
    {
        var start = text.Length > 0 && text[0] == '\uFEFF' ? 1 : 0;
        var lines = 0;
        while (start < text.Length && text[start] is ' ' or '\t' or '\r' or '\n')
        {
            lines += text[start] == '\n' ? 1 : 0;
            start++;
        }

        if (!IsFence(text, start, out var bodyStart))
        {
            return null;
        }

        for (var line = bodyStart; line < text.Length;)
        {
            if (IsFence(text, line, out _))
            {
                return new string('\n', lines + 1) + text.Substring(bodyStart, line - bodyStart);
            }

            var end = text.IndexOf('\n', line);
            line = end < 0 ? text.Length : end + 1;
        }

        return null;
    }

    /// <summary>Whether a line is <c>---</c> and nothing else.</summary>
    private static bool IsFence(string text, int start, out int next)
    {
        next = text.Length;
        if (string.CompareOrdinal(text, start, "---", 0, 3) != 0)
        {
            return false;
        }

        for (var i = start + 3; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                next = i + 1;
                return true;
            }

            if (text[i] is not (' ' or '\t' or '\r'))
            {
                return false;
            }
        }

        return true;
    }
}
