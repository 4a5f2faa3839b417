using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Flows;

public sealed class FlowTemplateTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("{{question}} {{ chat_history }}", "")]
    [InlineData("{% for item in chat_history %}{{item.inputs.question}} {{loop.index}}{% endfor %} {{question}}", "")]
    [InlineData("{% for key, value in question.items() %}{{key}}={{value}}{% endfor %}", "")]
    [InlineData("{% set name = question | upper %}{{ name }}", "")]
    [InlineData("{% if question is defined and question is not none %}{{ question | default('other', true) }}{% endif %}", "")]
    [InlineData("{# {{ other }} #}{% raw %}{{ other }}{% endraw %}{{ question }}", "")]
    [InlineData("{{ question.replace('other', \"a\") }} {{ range(1, 3) }} {{ dict(a=question) }} {{ 1e3 }}", "")]
    [InlineData("{% macro show(x) %}{{ x }}{% endmacro %}{{ show(question) }}", "")]
    [InlineData("{{ question if other else 'no' }}", "other")]
    [InlineData("{{ question[other] }}", "other")]
    [InlineData("{{ not closed", "")]
    [InlineData("no variables at all", "")]
    public void Variables_that_the_node_does_not_fill_are_warned_of(string template, string unfilled)
    {
        var found = Check("llm", template).Where(static d => d.Rule == PackageRules.TemplateVariableWithoutInput).Select(static d => d.Arguments[0]);

        Assert.Equal(unfilled.Split(' ', StringSplitOptions.RemoveEmptyEntries), found);
    }

    [Fact]
    public void A_variable_with_a_reserved_name_is_an_error_at_its_place()
    {
        var text = MarkedText.Parse("system:\n{{question}}\n{{ «prompt» }}\n");

        var diagnostic = Assert.Single(Check("llm", text.Text));
        Assert.Equal(PackageRules.ReservedTemplateVariable, diagnostic.Rule);
        Assert.Equal(text.Span, diagnostic.Span);
        Assert.Equal("a.jinja2", diagnostic.File);
        Assert.Equal("template", Assert.Single(Check("prompt", "{{template}}")).Arguments[0]);
    }

    [Fact]
    public void A_misspelt_variable_suggests_the_input()
    {
        Assert.Contains("did you mean 'question'?", Assert.Single(Check("prompt", "{{ qestion }}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_of_real_flows_have_no_errors()
    {
        var folder = Corpus.Folder("flows");
        var (templates, warnings) = (0, 0);
        foreach (var row in Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")).Where(static row => row[1] == "valid"))
        {
            var file = Path.Combine(folder, row[0]);
            if (FlowReader.Read(file, File.ReadAllText(file)).Value is not { } flow)
            {
                continue;
            }

            var problems = FlowTemplates.Check(flow, path =>
            {
                var template = Path.Combine(Path.GetDirectoryName(file)!, path);
                templates += File.Exists(template) ? 1 : 0;
                return File.Exists(template) ? new(path, File.ReadAllText(template)) : null;
            });
            Assert.DoesNotContain(problems, static p => p.Rule.Severity == RuleSeverity.Error);
            warnings += problems.Count;
            foreach (var problem in problems)
            {
                output.WriteLine($"{row[0]}: {problem.File}({problem.Span!.Value.StartLine + 1},{problem.Span.Value.StartColumn + 1}): {problem.Message}");
            }
        }

        output.WriteLine($"{templates} templates, {warnings} warnings");
        Assert.NotEqual(0, templates);
    }

    private static EquatableArray<FlowDiagnostic> Check(string type, string template)
    {
        var flow = FlowReader.Read("flow.dag.yaml", $$"""
            inputs:
              question: {type: string}
            nodes:
            - name: ask
              type: {{type}}
              source: {type: code, path: a.jinja2}
              inputs:
                question: ${inputs.question}
                chat_history: []
            """).Value!;
        return FlowTemplates.Check(flow, path => path == "a.jinja2" ? new(path, template) : null);
    }
}
