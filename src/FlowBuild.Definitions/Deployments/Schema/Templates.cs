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

        var isMarkup = text.IndexOf("</", StringComparison.Ordinal) >= 0;
        foreach (Match match in Unexpanded.Matches(text))
        {
            if (Array.IndexOf(PythonNames, match.Value) < 0 && !(isMarkup && match.Value[0] == '<'))
            {
                return match.Value;
            }
        }

        return null;
    }

    private static readonly string[] PythonNames = ["__init__", "__main__", "__name__", "__file__", "__all__", "__doc__", "__dict__", "__pycache__"];

    private static readonly Regex Unexpanded = new(
        @"\$\([A-Za-z_][\w.-]*\)|\$\{\{(?!\s*(?:azureml:|keyvault:))[^{}]*\}\}|%[A-Za-z_]\w*%|<[A-Za-z][\w .-]*>|__[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*__",
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
