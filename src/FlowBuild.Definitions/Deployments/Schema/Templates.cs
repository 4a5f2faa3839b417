namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>Finds what a template engine should have filled in. az ml expands nothing, so it would go to the service as it is.</summary>
internal static class Templates
{
    /// <summary>
    /// The beginning of a regular expression for editors, for texts that are no template. It is the more lenient of the two: behind a
    /// <c>${{…}}</c> it finds nothing.
    /// </summary>
    public const string NonePattern = @"^(?!(?:[^${]|\$(?!\{)|\$\{(?!\{|\w+\})|\{(?!\{))*(?:\{\{[\s\S]*\}\}|\$\{\w+\}))";

    /// <summary>
    /// The first <c>{{…}}</c> or <c>${VAR}</c> of a text, or null. <c>${{…}}</c> is none: the service resolves it when the
    /// container starts.
    /// </summary>
    public static string? Find(string text)
    {
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] == '$' && text[i + 1] == '{')
            {
                if (i + 2 < text.Length && text[i + 2] == '{')
                {
                    var end = text.IndexOf("}}", i, StringComparison.Ordinal);
                    if (end < 0)
                    {
                        return null;
                    }

                    i = end + 1;
                    continue;
                }

                if (VariableEnd(text, i + 2) is var close and > 0)
                {
                    return text.Substring(i, close - i + 1);
                }
            }
            else if (text[i] == '{' && text[i + 1] == '{' && text.IndexOf("}}", i, StringComparison.Ordinal) is var end and > 0)
            {
                return text.Substring(i, end - i + 2);
            }
        }

        return null;
    }

    /// <summary>
    /// What <see cref="Find"/> finds, or the text itself where it is nothing but <c>$NAME</c> or <c>$(NAME)</c>, as shells and
    /// pipelines write it; else null. For values that are wrong as they are: in others a <c>$</c> may be meant.
    /// </summary>
    public static string? FindInWrong(string text)
    {
        var name = text.StartsWith("$(", StringComparison.Ordinal) && text[text.Length - 1] == ')'
            ? text.Substring(2, text.Length - 3)
            : text.Length > 1 && text[0] == '$' ? text.Substring(1) : "";
        return Find(text) ?? (name.Length > 0 && name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '.') ? text : null);
    }

    private static int VariableEnd(string text, int start)
    {
        var i = start;
        while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_'))
        {
            i++;
        }

        return i > start && i < text.Length && text[i] is '}' ? i : -1;
    }
}
