using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// Takes a prompty file apart as promptflow does: the definition stands between the first and the <em>last</em> row of hyphens that
/// ends a line, wherever they are, and the prompt after it.
/// </summary>
internal static class PromptyText
{
    private const string Fence = "---\n";

    /// <summary>
    /// The definition, with an empty line for each line before it, so that places in it are places in the file; null, with a problem
    /// that says why, when there is none.
    /// </summary>
    public static string? FrontMatter(string text, DiagnosticList problems)
    {
        text = text.Replace("\r\n", "\n").Replace('\r', '\n');
        var start = text.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        var end = text.LastIndexOf(Fence, StringComparison.Ordinal);
        if (end < start)
        {
            problems.Add(
                FlowRules.NoFlow,
                default(SourceSpan),
                "a prompty has its definition between two lines '---' with nothing behind the hyphens, and the prompt after them");
            return null;
        }

        var definition = text.Substring(start, end - start);
        if (("\n" + definition).IndexOf("\n" + Fence, StringComparison.Ordinal) >= 0)
        {
            var line = LinesIn(text.Substring(0, end));
            var column = end - text.LastIndexOf('\n', end) - 1;
            problems.Add(
                FlowRules.InvalidYaml,
                new SourceSpan(line, column, line, column + 3),
                "promptflow takes all that stands before this row of hyphens for the definition, since it is the last one at the end of a line; write it in another way in the prompt");
            return null;
        }

        return new string('\n', LinesIn(text.Substring(0, start))) + definition;
    }

    private static int LinesIn(string text) => text.Count(static c => c == '\n');
}
