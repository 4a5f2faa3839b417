using System.Text.RegularExpressions;

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

    /// <summary>
    /// What a pipeline or a person should have replaced in a value that could be meant as it is, or null: <c>$(NAME)</c>,
    /// <c>${{ … }}</c>, <c>%NAME%</c>, <c>&lt;name&gt;</c>, <c>__NAME__</c>. <c>${{azureml://…}}</c> and <c>${{keyvault:…}}</c> are
    /// resolved by the service, markup has closing tags, and Python has names of its own between two underscores.
    /// </summary>
    public static string? FindUnexpanded(string text)
    {
        if (text.IndexOf('$') < 0 && text.IndexOf('%') < 0 && text.IndexOf('<') < 0 && text.IndexOf("__", StringComparison.Ordinal) < 0)
        {
            return null;
        }

        foreach (Match match in Unexpanded.Matches(text))
        {
            var found = match.Value;
            var isMeant = found[0] == '<'
                ? !IsPlaceholder(text, match)
                : found[0] == '_' ? Array.IndexOf(PythonNames, found) >= 0
                : found[0] == '%' && found.Length < text.Trim().Length && !found.Trim('%').All(static c => c is '_' or '-' or (>= 'A' and <= 'Z') or (>= '0' and <= '9'));
            if (!isMeant)
            {
                return found;
            }
        }

        return null;
    }

    // Tags of markup and of language models have no blank, no separator, and stand in running text or alone; a placeholder is a part of an
    // address or a name, or says in words what belongs there.
    private static bool IsPlaceholder(string text, Match match)
    {
        var name = match.Value.Substring(1, match.Value.Length - 2);
        var (before, after) = (match.Index == 0 ? '\0' : text[match.Index - 1], match.Index + match.Length == text.Length ? '\0' : text[match.Index + match.Length]);
        var isWhole = match.Length == text.Trim().Length;
        return text.IndexOf("</", StringComparison.Ordinal) < 0 && Array.IndexOf(Tags, name.ToLowerInvariant()) < 0
            && (isWhole || ".:/@-_=".IndexOf(before) >= 0 || ".:/@-_=".IndexOf(after) >= 0
                || name.StartsWith("your", StringComparison.OrdinalIgnoreCase) || name.StartsWith("insert", StringComparison.OrdinalIgnoreCase)
                || name.All(static c => c is '_' or '-' or (>= 'A' and <= 'Z') or (>= '0' and <= '9')));
    }

    private static readonly string[] Tags =
        ["b", "bos", "br", "cls", "div", "em", "eos", "hr", "i", "img", "li", "mask", "ol", "p", "pad", "s", "sep", "span", "strong", "think", "ul", "unk"];

    private static readonly string[] PythonNames =
        ["__all__", "__author__", "__call__", "__class__", "__dict__", "__doc__", "__file__", "__init__", "__main__", "__name__", "__path__", "__pycache__", "__version__"];

    private static readonly Regex Unexpanded = new(
        @"\$\(\s*[A-Za-z_][\w .-]*\)|\$\{\{(?!\s*(?:azureml:|keyvault:))[^{}]*\}\}|%[A-Za-z_][\w-]{2,}%|<[A-Za-z][^<>\r\n]*>"
        + @"|(?<![A-Za-z0-9])__[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*__(?![A-Za-z0-9])",
        RegexOptions.CultureInvariant);

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
