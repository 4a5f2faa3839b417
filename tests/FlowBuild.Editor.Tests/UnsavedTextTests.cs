using Microsoft.CodeAnalysis;

namespace FlowBuild.Editor.Tests;

/// <summary>What an editor learns while the text of a file changes: nothing here is saved or built.</summary>
public sealed class UnsavedTextTests(OpenSample sample) : IClassFixture<OpenSample>
{
    private const string Flow = "flow.dag.yaml";
    private const string Contracts = "BasicChat.Contracts.g.cs";

    [Fact]
    public async Task A_sample_opens_with_its_flow_and_without_a_fault()
    {
        var compilation = await sample.Project.GetCompilationAsync(TestContext.Current.CancellationToken);

        Assert.Empty(sample.Failures);
        Assert.Contains(sample.Project.AdditionalDocuments, static document => document.Name == Flow);
        Assert.DoesNotContain(compilation!.GetDiagnostics(TestContext.Current.CancellationToken), static problem => problem.Severity == DiagnosticSeverity.Error);
        Assert.Empty(await OpenSample.GeneratorDiagnosticsAsync(sample.Project));
        Assert.Empty(await OpenSample.AnalyzerDiagnosticsAsync(sample.Project, Flow));
    }

    [Fact]
    public async Task The_generated_types_follow_the_text_of_the_flow()
    {
        var edited = sample.WithText(Flow, static text => text.Replace("outputs:\n", "  top_k:\n    type: int\n    description: How many passages to use.\noutputs:\n", StringComparison.Ordinal));

        Assert.DoesNotContain("TopK", await OpenSample.GeneratedAsync(sample.Project, Contracts), StringComparison.Ordinal);
        var generated = await OpenSample.GeneratedAsync(edited, Contracts);
        Assert.Contains("long TopK", generated, StringComparison.Ordinal);
        Assert.Contains("How many passages to use.", generated, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_uses_a_renamed_output_no_longer_compiles()
    {
        var edited = sample.WithText(Flow, static text => text.Replace("  answer:\n", "  reply:\n", StringComparison.Ordinal));

        var compilation = await edited.GetCompilationAsync(TestContext.Current.CancellationToken);

        var problem = Assert.Single(compilation!.GetDiagnostics(TestContext.Current.CancellationToken), static problem => problem.Severity == DiagnosticSeverity.Error);
        Assert.Equal("Program.cs", Path.GetFileName(problem.Location.GetLineSpan().Path));
    }

    [Fact]
    public async Task An_error_stands_where_it_is_typed_and_goes_when_it_is_mended()
    {
        var broken = sample.WithText(Flow, static text => text.Replace("type: list", "type: lst", StringComparison.Ordinal));

        var error = Assert.Single(await OpenSample.GeneratorDiagnosticsAsync(broken));

        Assert.Equal("FLOW1006", error.Id);
        Assert.Equal(DiagnosticSeverity.Error, error.Severity);
        await AssertStandsAtAsync(error, broken, "lst");
        Assert.Empty(await OpenSample.GeneratorDiagnosticsAsync(sample.Project));
    }

    [Fact]
    public async Task A_warning_stands_where_it_is_typed_and_goes_when_it_is_mended()
    {
        var edited = sample.WithText(Flow, static text => text.Replace("is_chat_output", "is_chat_outptu", StringComparison.Ordinal));

        var warning = Assert.Single(await OpenSample.AnalyzerDiagnosticsAsync(edited, Flow));

        Assert.Equal("FLOW1101", warning.Id);
        Assert.Equal(DiagnosticSeverity.Warning, warning.Severity);
        Assert.Contains("is_chat_output", warning.GetMessage(null), StringComparison.Ordinal);
        await AssertStandsAtAsync(warning, edited, "is_chat_outptu");
        Assert.Empty(await OpenSample.AnalyzerDiagnosticsAsync(sample.Project, Flow));
    }

    [Fact]
    public async Task An_error_in_a_deployment_file_follows_its_text_too()
    {
        var broken = sample.WithText("deployment.yml", static text => text.Replace("instance_count", "instance_cout", StringComparison.Ordinal));

        var error = Assert.Single(await OpenSample.GeneratorDiagnosticsAsync(broken));

        Assert.Equal("FLOW2004", error.Id);
        await AssertStandsAtAsync(error, broken, "instance_cout", "deployment.yml");
    }

    private static async Task AssertStandsAtAsync(Diagnostic problem, Project project, string word, string file = Flow)
    {
        var document = project.AdditionalDocuments.Single(document => document.Name == file);
        var text = await document.GetTextAsync();
        var place = problem.Location.GetLineSpan();
        Assert.Equal(document.FilePath, place.Path);
        Assert.Equal(word, text.ToString(text.Lines.GetTextSpan(place.Span)));
    }
}
