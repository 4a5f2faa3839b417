using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// Finds the variables that a Jinja template takes from outside. A scan of its tokens and not a parse: names that the template
/// itself sets anywhere count as its own everywhere, so a name in doubt is left out rather than reported.
/// </summary>
internal static class TemplateVariables
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "and", "or", "not", "in", "is", "if", "else", "elif", "endif", "for", "endfor", "set", "endset", "block", "endblock", "macro", "endmacro",
        "call", "endcall", "filter", "endfilter", "include", "import", "from", "as", "with", "endwith", "without", "context", "ignore", "missing",
        "recursive", "extends", "raw", "endraw", "do", "break", "continue", "autoescape", "endautoescape", "scoped", "required",
        "true", "false", "none", "True", "False", "None",
        "loop", "self", "super", "varargs", "kwargs", "caller", "range", "dict", "lipsum", "cycler", "joiner", "namespace",
    };

    /// <summary>The variables in the order of their first use, each with that place.</summary>
    public static List<Located<string>> Find(string template)
    {
        var uses = new List<(string Name, int Offset)>();
        var own = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < template.Length; i++)
        {
            if (template[i] != '{' || template[i + 1] is not ('{' or '%' or '#'))
            {
                continue;
            }

            var close = template[i + 1] switch { '{' => "}}", '%' => "%}", _ => "#}" };
            var end = template.IndexOf(close, i + 2, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            if (close != "#}")
            {
                var isStatement = close == "%}";
                Scan(template, i + 2, end, isStatement, uses, own);
                if (isStatement && FirstWord(template, i + 2, end) == "raw")
                {
                    var raw = template.IndexOf("endraw", end, StringComparison.Ordinal);
                    end = raw < 0 ? template.Length : raw;
                }
            }

            i = Math.Min(end + 1, template.Length);
        }

        return Place(template, uses, own);
    }

    private static List<Located<string>> Place(string template, List<(string Name, int Offset)> uses, HashSet<string> own)
    {
        var variables = new List<Located<string>>();
        var (line, lineStart, at) = (0, 0, 0);
        foreach (var (name, offset) in uses)
        {
            if (!own.Add(name))
            {
                continue;
            }

            for (; at < offset; at++)
            {
                if (template[at] == '\n')
                {
                    line++;
                    lineStart = at + 1;
                }
            }

            variables.Add(new(name, new(line, offset - lineStart, line, offset - lineStart + name.Length)));
        }

        return variables;
    }

    private static void Scan(string text, int start, int end, bool isStatement, List<(string Name, int Offset)> uses, HashSet<string> own)
    {
        var statement = isStatement ? FirstWord(text, start, end) : "";
        var isTarget = statement is "for" or "set" or "macro" or "with" or "import" or "from" or "block" or "call";
        var previous = "";
        for (var i = start; i < end; i++)
        {
            var c = text[i];
            if (c is '\'' or '"')
            {
                i = SkipText(text, i, end);
                previous = "text";
            }
            else if (char.IsLetter(c) || c == '_')
            {
                var from = i;
                while (i < end && (char.IsLetterOrDigit(text[i]) || text[i] == '_'))
                {
                    i++;
                }

                var name = text.Substring(from, i - from);
                i--;
                Take(name, from, i + 1);
                previous = name;
            }
            else if (char.IsDigit(c))
            {
                // The letters of a number, as in 1e3, are no name.
                while (i + 1 < end && (char.IsLetterOrDigit(text[i + 1]) || text[i + 1] == '_'))
                {
                    i++;
                }

                previous = "number";
            }
            else if (c is not (' ' or '\t' or '\r' or '\n'))
            {
                isTarget &= !(c == '=' && statement is "set");
                previous = c.ToString();
            }
        }

        void Take(string name, int from, int after)
        {
            if (previous is "." or "|" or "is" || (previous == "not" && EndsWithIs(text, start, from)))
            {
                return;
            }

            if (Words.Contains(name))
            {
                isTarget &= !(name == "in" && statement == "for");
                return;
            }

            if (isTarget || IsKeyword(text, after, end))
            {
                if (isTarget)
                {
                    own.Add(name);
                }

                return;
            }

            uses.Add((name, from));
        }
    }

    /// <summary>Whether a name is that of a keyword argument, <c>name=</c>.</summary>
    private static bool IsKeyword(string text, int after, int end)
    {
        while (after < end && text[after] == ' ')
        {
            after++;
        }

        return after < end && text[after] == '=' && (after + 1 == end || text[after + 1] != '=');
    }

    /// <summary>Whether the words before a name are <c>is not</c>, after which a test follows.</summary>
    private static bool EndsWithIs(string text, int start, int from)
    {
        var end = WordsEnd(from);
        end = end - start >= 3 && string.CompareOrdinal(text, end - 3, "not", 0, 3) == 0 ? WordsEnd(end - 3) : end;
        return end - start >= 3 && string.CompareOrdinal(text, end - 3, " is", 0, 3) == 0;

        // Only the white space before a place is looked at: a template may hold as many names as it has characters.
        int WordsEnd(int at)
        {
            while (at > start && char.IsWhiteSpace(text[at - 1]))
            {
                at--;
            }

            return at;
        }
    }

    private static string FirstWord(string text, int start, int end)
    {
        while (start < end && text[start] is ' ' or '\t' or '\r' or '\n' or '-' or '+')
        {
            start++;
        }

        var from = start;
        while (start < end && char.IsLetter(text[start]))
        {
            start++;
        }

        return text.Substring(from, start - from);
    }

    private static int SkipText(string text, int start, int end)
    {
        var i = start + 1;
        while (i < end && text[i] != text[start])
        {
            i += text[i] == '\\' ? 2 : 1;
        }

        return Math.Min(i, end);
    }
}
