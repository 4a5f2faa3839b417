using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;
using Microsoft.CodeAnalysis;

namespace FlowBuild.Generator.Tests;

/// <summary>Every real flow at hand. The corpus is not part of the repository; <c>FLOWBUILD_CORPUS</c> names its folder.</summary>
public sealed class CorpusTests
{
    [Fact]
    public void Every_valid_flow_of_the_corpus_gives_code_that_compiles_without_a_warning()
    {
        var rows = Rows();
        var wrong = new List<string>();
        foreach (var row in rows.Where(static row => row.IsAccepted))
        {
            var run = new FlowProject().Flow(row.Path, row.Text).Run();
            var problems = run.Problems.Concat(run.CompilerProblems).ToArray();
            if (run.Sources.Count == 0 || problems.Length > 0)
            {
                wrong.Add($"{row.Path}: {run.Sources.Count} files\n  {string.Join("\n  ", problems)}");
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"right {rows.Count(static row => row.IsAccepted) - wrong.Count} / wrong {wrong.Count} / total {rows.Count(static row => row.IsAccepted)}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_flow_that_promptflow_refuses_by_its_text_is_an_error_at_a_place_of_the_file()
    {
        foreach (var row in Rows().Where(static row => !row.IsAccepted))
        {
            var run = new FlowProject().Flow(row.Path, row.Text).Run();
            var error = Assert.IsType<Diagnostic>(run.Diagnostics.FirstOrDefault(), exactMatch: false);
            Assert.Equal(DiagnosticSeverity.Error, error.Severity);
            Assert.Equal(FlowProject.Folder + row.Path, error.Location.GetLineSpan().Path);
        }
    }

    [Fact]
    public void All_valid_flows_of_the_corpus_live_in_one_project()
    {
        var project = new FlowProject();
        foreach (var row in Rows().Where(static row => row.IsAccepted))
        {
            project.Flow(row.Path, row.Text);
        }

        var run = project.Run();
        Assert.Empty(run.Problems);
        Assert.Empty(run.CompilerProblems);
    }

    private static Row[] Rows()
    {
        if (Repository.Corpus is not { } corpus)
        {
            Assert.SkipUnless(Repository.AllTestsMustRun, "The corpus of real files is not here; FLOWBUILD_CORPUS can name its folder.");
            throw new InvalidOperationException("The corpus is not here, and FLOWBUILD_TESTS=all forbids to skip: FLOWBUILD_CORPUS must name its folder.");
        }

        var flows = Path.Combine(corpus, "flows");
        return
        [
            .. File.ReadLines(Path.Combine(flows, "EXPECTED.tsv")).Skip(1).Select(line => line.Split('\t')).Select(cells => new Row(
                cells[0], File.ReadAllText(Path.Combine(flows, cells[0])), cells[1] != "invalid" || cells[2] != "contract")),
        ];
    }

    private sealed record Row(string Path, string Text, bool IsAccepted);
}
