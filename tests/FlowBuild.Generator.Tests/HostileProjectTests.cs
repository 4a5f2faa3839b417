using System.Text.Json;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlowBuild.Generator.Tests;

/// <summary>Flows of people nobody knows are compiled too: their text is neither code, nor a command in the compiler's output.</summary>
[Trait("Category", "Security")]
public sealed class HostileProjectTests
{
    private const string Place = "PAYLOAD";

    private static readonly string[] Payloads =
    [
        "x\"; class Injected { } //", "x\\\"; class Injected { } //", "x*/ class Injected { } /*", "x\r\nclass Injected { }",
        "x\u2028class Injected { }",
        "x\u2029class Injected { }", "x\u0085class Injected { }", "x\n#error Injected", "x\n#line 1 \"Injected\"",
        "x\n/// </summary> class Injected { }",
        "x\"\"\"\n; class Injected { }\n\"\"\"", "x{Injected()}", "x{{Injected()}}", "x; } } class Injected { ",
        "x\\u0022; class Injected { }", "x\\", "x\ud83d\ude00\" + Injected() + \"",
    ];

    public static TheoryData<string, string> Places() => new()
    {
        { "an input", "inputs:\n  PAYLOAD: {type: string}\noutputs: {}\nnodes: []\n" },
        { "a description of an input", "inputs:\n  a: {type: string, description: PAYLOAD}\noutputs: {}\nnodes: []\n" },
        { "a default of a text", "inputs:\n  a: {type: string, default: PAYLOAD}\noutputs: {}\nnodes: []\n" },
        { "a default of an object", "inputs:\n  a: {type: object, default: {PAYLOAD: [PAYLOAD]}}\noutputs: {}\nnodes: []\n" },
        { "an output", "inputs:\n  a: {type: string}\noutputs:\n  PAYLOAD: {type: string, reference: '${inputs.a}'}\nnodes: []\n" },
        { "a description of the flow", "description: PAYLOAD\ninputs:\n  a: {type: string}\noutputs: {}\nnodes: []\n" },
        { "a chat", "inputs:\n  PAYLOAD: {type: string, is_chat_input: true}\n  chat_history: {type: list, default: []}\noutputs:\n  PAYLOAD: {type: string, reference: '${n.output}', is_chat_output: true}\nnodes:\n- {name: n, type: python, source: {type: code, path: n.py}}\n" },
        { "a node", "inputs:\n  a: {type: string}\noutputs:\n  b: {type: string, reference: '${n.output}'}\nnodes:\n- {name: n, type: PAYLOAD, source: {type: PAYLOAD, path: PAYLOAD}}\n" },
        { "an entry", "entry: PAYLOAD\n" },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void No_text_of_a_flow_becomes_code(string place, string flow) => Assert.All(Payloads, payload =>
        AssertNotInjected(new FlowProject().Flow("chat/flow.dag.yaml", flow.Replace(Place, JsonSerializer.Serialize(payload),
            StringComparison.Ordinal)), place));

    [Theory]
    [InlineData("ClientName")]
    [InlineData("Namespace")]
    [InlineData("Visibility")]
    [InlineData("ResponseFields")]
    [InlineData("ValueTypes")]
    [InlineData("JsonContext")]
    public void No_metadata_of_an_item_become_code(string name) => Assert.All(Payloads, payload =>
        AssertNotInjected(new FlowProject().Flow("chat/flow.dag.yaml", "inputs:\n  a: {type: object}\noutputs: {}\nnodes: []\n", (name,
            name == "ValueTypes" ? "a=" + payload : payload)), name));

    [Fact]
    public void No_name_of_a_folder_becomes_code() => Assert.All(Payloads, payload =>
        AssertNotInjected(new FlowProject(payload).Flow(payload + "/flow.dag.yaml",
            "inputs:\n  a: {type: string}\noutputs: {}\nnodes: []\n"), "folder"));

    [Fact]
    public async Task What_the_compiler_prints_of_a_flow_is_one_line_that_nobody_obeys()
    {
        var quoted = JsonSerializer.Serialize(AgentLog.Payload);
        var project = new FlowProject()
            .Flow("a/flow.dag.yaml", $"inputs:\n  a: {{type: {quoted}}}\noutputs: {{}}\nnodes: []\n{quoted}: 1\n")
            .Flow("b/flow.dag.yaml",
                $"inputs:\n  {quoted}: {{type: string}}\noutputs:\n  {quoted}: {{type: string, reference: '${{x.output}}'}}\nnodes: []\n",
                    ("Namespace", AgentLog.Payload), ("ValueTypes", AgentLog.Payload))
            .Flow(AgentLog.Payload + "/flow.dag.yaml", "inputs:\n  a: {type: strnig}\n")
            .Flow("::error ::x: error CS1: y/flow.dag.yaml", "inputs:\n  a: {type: strnig}\nenvronment: 1\n")
            .Add("deployment.yml", $"name: {quoted}\nendpoint_name: {quoted}\n{quoted}: 1\ninstance_type: {{ {quoted}: 1 }}\n",
                ("FlowBuildKind", "DeploymentFile"));

        var printed = project.Run().Diagnostics.Concat(await project.AnalyzeAsync()).Select(static d => d.ToString()).ToList();

        Assert.True(printed.Count >= 8, string.Join('\n', printed));
        Assert.All(printed, static line => Assert.DoesNotContain('\n', line));
        Assert.Equal([], AgentLog.Faults(string.Join('\n', printed)));
    }

    private static void AssertNotInjected(FlowProject project, string place)
    {
        var run = project.Run();
        Assert.True(run.Exception is null, $"{place}: {run.Exception}");
        Assert.True(run.CompilerProblems.Count == 0, $"{place}: {string.Join('\n', run.CompilerProblems.Take(3))}");
        foreach (var root in run.Trees.Select(static tree => tree.GetRoot(TestContext.Current.CancellationToken)))
        {
            Assert.DoesNotContain(root.DescendantTokens(),
                static token => token.IsKind(SyntaxKind.IdentifierToken) && token.ValueText == "Injected");
            Assert.DoesNotContain(
                root.DescendantTrivia(),
                    static trivia => trivia.IsDirective && !trivia.IsKind(SyntaxKind.NullableDirectiveTrivia) && !trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia));
        }
    }
}
