using FlowBuild.Definitions.Flows;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests;

/// <summary>Whatever a template holds, its check ends, and reports places inside it.</summary>
[Trait("Category", "Security")]
public sealed class TemplateFuzzTests(ITestOutputHelper output)
{
    private const string Flow = """
        inputs:
          question: {type: string}
        outputs:
          answer: {type: string, reference: "${chat.output}"}
        nodes:
        - name: chat
          type: llm
          source: {type: code, path: chat.jinja2}
          inputs: {question: "${inputs.question}"}
          connection: c
          api: chat
        """;

    private static readonly string[] Fragments =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-%}", "{% raw %}", "{% endraw %}", "{% for a in b %}", "{% endfor %}", "{% set x = ", "{% if a is b %}", "{% macro m(a, b=1) %}",
        "'", "\"", "\\", "|", "(", ")", "[", "]", ".", ",", "~", "loop.index", "temperature", "\n", "\r", "\u0000", "\u2028", "\uFEFF", "é", "😀", "\ud800", new string('{', 500),
    ];

    private static readonly string[] Templates =
    [
        "system:\nAnswer {{ question | trim }}.\n{% for item in chat_history %}\nuser:\n{{ item.inputs.question }}\n{% endfor %}\n",
        "{% set a, b = (1, 'x') %}{{ a }}{# {{ c }} #}{% raw %}{{ d }}{% endraw %}{% if e is not defined %}{{ f['g'] }}{% endif %}", "{{", "",
    ];

    [Fact]
    public void No_template_breaks_its_check()
    {
        var flow = FlowReader.Read("flow.dag.yaml", Flow).Value!;
        var random = new Random(20261129);
        var count = Fuzz.Count(20_000);
        var problems = 0;
        for (var i = 0; i < count; i++)
        {
            var text = Fuzz.Damage(Templates, Fragments, random);
            try
            {
                foreach (var problem in FlowTemplates.Check(flow, path => new FlowTemplate(path, text)))
                {
                    problems++;
                    Assert.NotEmpty(problem.Message);
                    Assert.InRange(problem.Span!.Value.EndLine, problem.Span.Value.StartLine, text.Length);
                }
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Template {i}: {e}\n{text}");
            }
        }

        output.WriteLine($"{count} templates, {problems} problems");
        Assert.NotEqual(0, problems);
    }
}
