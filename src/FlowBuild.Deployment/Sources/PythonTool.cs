namespace FlowBuild.Deployment.Sources;

/// <summary>The function of a Python source that promptflow calls: the one with the decorator <c>@tool</c>.</summary>
/// <param name="Function">Its name.</param>
/// <param name="Parameters">Its parameters that can be passed by name, in their order.</param>
/// <param name="TakesAnyArgument">It has <c>**kwargs</c>.</param>
internal sealed record PythonTool(string Function, IReadOnlyList<PythonParameter> Parameters, bool TakesAnyArgument)
{
    /// <summary>
    /// Reads the signature out of a source. A scan of its text and no parse: null where there is not exactly one such function at the
    /// top level of the module, as for a tool that is a method of a class.
    /// </summary>
    public static PythonTool? Read(string source)
    {
        PythonTool? found = null;
        var lines = source.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!IsDecorator(lines[i].TrimStart()))
            {
                continue;
            }

            if (found is not null || lines[i][0] is ' ' or '\t' || ReadFunction(lines, i + 1) is not { } tool)
            {
                return null;
            }

            found = tool;
        }

        return found;
    }

    private static bool IsDecorator(string line)
    {
        if (!line.StartsWith('@'))
        {
            return false;
        }

        var name = line[1..].Split('(', '#')[0].Trim();
        return name == "tool" || name.EndsWith(".tool", StringComparison.Ordinal);
    }

    // Other decorators, blank lines and comments may stand between; the rest of a decorator over several lines is passed over too.
    private static PythonTool? ReadFunction(string[] lines, int start)
    {
        for (var i = start; i < lines.Length; i++)
        {
            var line = lines[i].StartsWith("async ", StringComparison.Ordinal) ? lines[i][6..].TrimStart() : lines[i];
            if (line.StartsWith("def ", StringComparison.Ordinal))
            {
                var open = line.IndexOf('(', StringComparison.Ordinal);
                var rest = open < 0 ? null : string.Join('\n', [line[(open + 1)..], .. lines[(i + 1)..]]);
                return rest is null || Arguments(rest) is not { } arguments ? null : Of(line[4..open].Trim(), arguments);
            }

            if (line.StartsWith("class ", StringComparison.Ordinal))
            {
                return null;
            }
        }

        return null;
    }

    private static PythonTool Of(string name, List<string> arguments)
    {
        var parameters = new List<PythonParameter>();
        var takesAny = false;
        foreach (var argument in arguments)
        {
            if (argument.StartsWith("**", StringComparison.Ordinal))
            {
                takesAny = true;
            }
            else if (argument.Length > 0 && argument[0] is not ('*' or '/'))
            {
                var equals = IndexAtTop(argument, '=');
                var declaration = equals < 0 ? argument : argument[..equals];
                var colon = declaration.IndexOf(':', StringComparison.Ordinal);
                parameters.Add(new PythonParameter(
                    (colon < 0 ? declaration : declaration[..colon]).Trim(), colon < 0 ? "" : declaration[(colon + 1)..].Trim(), equals >= 0));
            }
        }

        return new PythonTool(name, parameters, takesAny);
    }

    /// <summary>The arguments up to the closing parenthesis, without comments; null when there is none.</summary>
    private static List<string>? Arguments(string text)
    {
        var arguments = new List<string>();
        var current = new System.Text.StringBuilder();
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '#')
            {
                i = text.IndexOf('\n', i) is var end and >= 0 ? end : text.Length;
                continue;
            }

            if (c is '\'' or '"')
            {
                var end = EndOfText(text, i);
                current.Append(text, i, end - i);
                i = end - 1;
                continue;
            }

            if (depth == 0 && c is ',' or ')')
            {
                arguments.Add(current.ToString().Trim());
                current.Clear();
                if (c == ')')
                {
                    return arguments;
                }

                continue;
            }

            depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            current.Append(c);
        }

        return null;
    }

    private static int IndexAtTop(string text, char wanted)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\'' or '"')
            {
                i = EndOfText(text, i) - 1;
            }
            else if (depth == 0 && text[i] == wanted)
            {
                return i;
            }
            else
            {
                depth += text[i] is '(' or '[' or '{' ? 1 : text[i] is ')' or ']' or '}' ? -1 : 0;
            }
        }

        return -1;
    }

    private static int EndOfText(string text, int start)
    {
        var quote = text[start];
        var mark = start + 2 < text.Length && text[start + 1] == quote && text[start + 2] == quote ? new string(quote, 3) : quote.ToString();
        for (var i = start + mark.Length; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (string.CompareOrdinal(text, i, mark, 0, mark.Length) == 0)
            {
                return i + mark.Length;
            }
        }

        return text.Length;
    }
}

/// <summary>One parameter of a Python function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Annotation">The text of its annotation; empty when there is none.</param>
/// <param name="HasDefault">It may be left out.</param>
internal sealed record PythonParameter(string Name, string Annotation, bool HasDefault)
{
    /// <summary>Whether the annotation names a type of connection, also as one of several.</summary>
    public bool IsConnection => Annotation.Split([' ', '[', ']', ',', '|', '.', '"', '\'', '(', ')', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Any(static word => word.EndsWith("Connection", StringComparison.Ordinal));
}
