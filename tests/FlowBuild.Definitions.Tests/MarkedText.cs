using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Tests;

/// <summary>A text whose expected place stands between <c>«</c> and <c>»</c>, so that a test shows where a problem must be reported.</summary>
internal sealed record MarkedText(string Text, SourceSpan Span)
{
    public static MarkedText Parse(string marked)
    {
        var start = marked.IndexOf('«', StringComparison.Ordinal);
        var end = marked.IndexOf('»', StringComparison.Ordinal) - 1;
        var text = marked.Replace("«", "", StringComparison.Ordinal).Replace("»", "", StringComparison.Ordinal);
        return new(text, new SourceSpan(LineOf(text, start), ColumnOf(text, start), LineOf(text, end), ColumnOf(text, end)));
    }

    /// <summary>Asserts that one rule is broken, at the marked place, with a message that holds some words.</summary>
    public void AssertOnly(EquatableArray<FlowDiagnostic> diagnostics, DiagnosticRule rule, params string[] words)
    {
        var diagnostic = Assert.Single(diagnostics);
        AssertIs(diagnostic, rule, words);
    }

    /// <summary>Asserts that a rule is broken at the marked place, whatever else is.</summary>
    public void AssertAmong(EquatableArray<FlowDiagnostic> diagnostics, DiagnosticRule rule, params string[] words) =>
        AssertIs(Assert.Single(diagnostics, d => d.Rule == rule && d.Span == Span), rule, words);

    private void AssertIs(FlowDiagnostic diagnostic, DiagnosticRule rule, string[] words)
    {
        Assert.Equal(rule.Id, diagnostic.Rule.Id);
        Assert.Equal(Span, diagnostic.Span);
        foreach (var word in words)
        {
            Assert.Contains(word, diagnostic.Message, StringComparison.Ordinal);
        }
    }

    private static int LineOf(string text, int offset) => text.AsSpan(0, offset).Count('\n');

    private static int ColumnOf(string text, int offset) => offset - 1 - text.LastIndexOf('\n', Math.Max(offset - 1, 0), Math.Max(offset, 0));
}
