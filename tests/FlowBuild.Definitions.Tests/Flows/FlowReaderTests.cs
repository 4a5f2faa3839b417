using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Flows;

public sealed class FlowReaderTests
{
    private const string Echo = """
        nodes:
        - name: echo
          type: python
          source:
            type: code
            path: echo.py
          inputs:
            text: ${inputs.text}

        """;

    private const string Head = """
        inputs:
          text:
            type: string
        outputs:
          answer:
            type: string
            reference: ${echo.output}

        """;

    public static TheoryData<string, DiagnosticRule, string> Faults => new()
    {
        { "inputs:\n  n:\n    type: «integer»\n" + Echo, FlowRules.UnknownType, "did you mean 'int'?" },
        { "inputs:\n  n:\n    type: «str»\n" + Echo, FlowRules.UnknownType, "did you mean 'string'?" },
        { "inputs:\n  n:\n    type: «String»\n" + Echo, FlowRules.UnknownType, "did you mean 'string'?" },
        { "inputs:\n  n:\n    type: «number»\n" + Echo, FlowRules.UnknownType, "did you mean 'double'?" },
        { "inputs:\n  n:\n    type: «dict»\n" + Echo, FlowRules.UnknownType, "did you mean 'object'?" },
        { "inputs:\n  n:\n    type: «strnig»\n" + Echo, FlowRules.UnknownType, "did you mean 'string'?" },
        { "inputs:\n  n:\n    type: «AzureOpenAIConnection»\n" + Echo, FlowRules.UnknownType, "write one of string, int" },
        { "inputs:\n  n:\n    type: «file_path»\n" + Echo, FlowRules.TypeNotServable, "file_path" },
        { "inputs:\n  «n»:\n    description: x\n" + Echo, FlowRules.MissingType, "add 'type:'" },
        { "inputs:\n  n:\n    «tpye»: string\n" + Echo, FlowRules.MissingType, "did you mean 'type' where 'tpye' stands?" },
        { "inputs:\n  n: «string»\n" + Echo, FlowRules.WrongShape, "a mapping with 'type'" },
        { "inputs:\n  text:\n    type: string\noutputs:\n  answer:\n    type: «list[str]»\n    reference: ${echo.output}\n" + Echo, FlowRules.UnknownType, "list" },
        { "inputs:\n  text:\n    type: string\noutputs:\n  «answer»:\n    type: string\n" + Echo, FlowRules.OutputWithoutReference, "add 'reference: ${node.output}'" },
        { "inputs:\n  text:\n    type: string\noutputs:\n  answer:\n    type: string\n    reference: «${ecko.output}»\n" + Echo, FlowRules.OutputReferenceNotFound, "did you mean 'echo'?" },
        { "inputs:\n  text:\n    type: string\noutputs:\n  answer:\n    type: string\n    reference: «${inputs.txt}»\n" + Echo, FlowRules.OutputReferenceNotFound, "did you mean 'text'?" },
        { Head + Echo.Replace("${inputs.text}", "«${inputs.txt}»", StringComparison.Ordinal), FlowRules.UndeclaredInput, "did you mean 'text'?" },
        { Head + Echo.Replace("${inputs.text}", "«${ecco.output}»", StringComparison.Ordinal), FlowRules.UnknownNode, "did you mean 'echo'?" },
        { Head + Echo.Replace("${inputs.text}", "«${text}»", StringComparison.Ordinal), FlowRules.UnknownNode, "did you mean the input, '${inputs.text}'?" },
        { Head + Echo.Replace("${inputs.text}", "«${input.text}»", StringComparison.Ordinal), FlowRules.UnknownNode, "did you mean '${inputs.text}'?" },
        { Head.Replace("${echo.output}", "«${input.txt}»", StringComparison.Ordinal) + Echo, FlowRules.OutputReferenceNotFound, "did you mean '${inputs.text}'?" },
        { Head.Replace("inputs:", "«inptus»:", StringComparison.Ordinal) + Echo, FlowRules.UndeclaredInput, "did you mean 'inputs' where 'inptus' stands?" },
        { Head + Echo.Replace("nodes:", "«noeds»:", StringComparison.Ordinal), FlowRules.OutputReferenceNotFound, "did you mean 'nodes' where 'noeds' stands?" },
        { Head.Replace("reference:", "«ref»:", StringComparison.Ordinal) + Echo, FlowRules.OutputWithoutReference, "did you mean 'reference' where 'ref' stands?" },
        { Head + Echo.Replace("${inputs.text}", "«${echo.output}»", StringComparison.Ordinal), FlowRules.NodeCycle, "echo ← echo" },
        { Head + Echo.Replace("type: python", "type: «pyhton»", StringComparison.Ordinal), FlowRules.UnknownNodeType, "did you mean 'python'?" },
        { Head + Echo.Replace("type: python", "type: «csharp»", StringComparison.Ordinal), FlowRules.UnknownNodeType, "language: csharp" },
        { Head + Echo.Replace("name: echo\n  type: python", "name: «echo»", StringComparison.Ordinal), FlowRules.NodeWithoutType, "add 'type:'" },
        { Head + Echo.Replace("type: code", "type: «package_with_prompt»", StringComparison.Ordinal), FlowRules.UnsupportedSource, "'code' or 'package'" },
        { Head + Echo.Replace("type: code", "«type»:", StringComparison.Ordinal), FlowRules.UnsupportedSource, "'code' or 'package'" },
        { Head + Echo.Replace("type: code", "type: «!mine code»", StringComparison.Ordinal), FlowRules.UnsupportedSource, "'code' or 'package'" },
        { Head + Echo.Replace("path: echo.py", "path: «7»", StringComparison.Ordinal), FlowRules.WrongShape, "'path' must be a text, and this is a number" },
        { Head + Echo.Replace("path: echo.py", "path: «!mine echo.py»", StringComparison.Ordinal), FlowRules.WrongShape, "this is a value with a tag" },
        { Head.Replace("    type: string\nout", "    type: «!mine string»\nout", StringComparison.Ordinal) + Echo, FlowRules.WrongShape, "one word" },
        { Head + Echo + "  connection: «{{connection}}»\n", FlowRules.WrongShape, "this is a template" },
        { Head + Echo.Replace("${inputs.text}", "«${{inputs.text}}»", StringComparison.Ordinal), FlowRules.UnknownNode, "did you mean '${inputs.text}'?" },
        { Head.Replace("${echo.output}", "«${{echo.output}}»", StringComparison.Ordinal) + Echo, FlowRules.OutputReferenceNotFound, "did you mean 'echo'?" },
        { Head + Echo + "    operator: {a: «!»=}\n", FlowRules.InvalidYaml, "a text that begins with '!' stands in quotes" },
        { "«%YAML 1.3»\n---\n" + Head + Echo, FlowRules.InvalidYaml, "promptflow reads YAML 1.1 and 1.2, not 1.3" },
        { Head + Echo.Replace("  source:\n    type: code\n    path: echo.py\n", "", StringComparison.Ordinal).Replace("name: echo", "name: «echo»", StringComparison.Ordinal), FlowRules.NodeWithoutSource, "add 'source:'" },
        { Head + Echo.Replace("name: echo", "name: «[echo]»", StringComparison.Ordinal), FlowRules.WrongShape, "'name' must be a text, and this is a list" },
        { Head + Echo.Replace("type: python", "«tipe»: python", StringComparison.Ordinal), FlowRules.NodeWithoutType, "did you mean 'type' where 'tipe' stands?" },
        { Head + Echo.Replace("source:", "«souce»:", StringComparison.Ordinal), FlowRules.NodeWithoutSource, "did you mean 'source' where 'souce' stands?" },
        { Head + Echo.Replace("path:", "«pth»:", StringComparison.Ordinal), FlowRules.NodeWithoutSource, "did you mean 'path' where 'pth' stands?" },
        { Head.Replace("reference:", "«refrence»:", StringComparison.Ordinal) + Echo, FlowRules.OutputWithoutReference, "did you mean 'reference' where 'refrence' stands?" },
        { Head + Echo + "  activate:\n    «wen»: ${inputs.text}\n    is: a\n", FlowRules.ActivateIncomplete, "did you mean 'when' where 'wen' stands?" },
        { Head + "nodes:\n- type: python\n  source: {type: code, path: a.py}\n- «nmae»: b\n  type: python\n  source: {type: code, path: b.py}\n", FlowRules.NodesWithoutName, "did you mean 'name' where 'nmae' stands?" },
        { Head + Echo + "- name: v\n  use_variants: true\nnode_variants:\n  v:\n    default_variant_id: «1»\n    variants:\n      '1':\n        node:\n          type: python\n          source: {type: code, path: b.py}\n", FlowRules.InvalidVariant, "write both in quotes" },
        { Head + Echo + "- name: «echo»\n  type: python\n  source: {type: code, path: b.py}\n", FlowRules.DuplicateNodeName, "in line 9" },
        { Head + Echo + "  «activate»:\n    when: ${inputs.text}\n", FlowRules.ActivateIncomplete, "add 'is'" },
        { Head + Echo + "- name: sum\n  type: python\n  source: {type: code, path: b.py}\n  aggregation: true\n- name: c\n  type: python\n  source: {type: code, path: b.py}\n  inputs: {x: «\"${sum.output}\"»}\n", FlowRules.ReadsAggregation, "sum" },
        { Head + Echo + "- name: sum\n  type: python\n  source: {type: code, path: b.py}\n  aggregation: true\n  activate:\n    when: «${echo.output}»\n    is: x\n", FlowRules.ActivatedByNormalNode, "echo" },
        { Head + Echo.Replace("text: ${inputs.text}", "{text: $«{»inputs.text}}", StringComparison.Ordinal), FlowRules.InvalidYaml, "stands in quotes" },
        { "inputs:\n  text:\n    «type string»\n    default: x\n" + Echo, FlowRules.InvalidYaml, "write a ':' and a blank after the key" },
        { Head.Replace("  text:", "  «text»", StringComparison.Ordinal) + Echo, FlowRules.InvalidYaml, "write a ':' after it" },
        { Head.Replace("inputs:", "«inputs»", StringComparison.Ordinal) + Echo, FlowRules.InvalidYaml, "write a ':' after it" },
        { Head.Replace("  text:", "  «text» # the text", StringComparison.Ordinal) + Echo, FlowRules.InvalidYaml, "write a ':' after it" },
        { Head + Echo.Replace("- name: echo", "- «name echo»", StringComparison.Ordinal), FlowRules.InvalidYaml, "write a ':' and a blank after the key" },
        { Head + Echo.Replace("nodes:", "«nodes»", StringComparison.Ordinal), FlowRules.InvalidYaml, "write a ':' after it" },
        { Head.Replace("  answer", "«\t»answer", StringComparison.Ordinal) + Echo, FlowRules.InvalidYaml, "a tab cannot indent" },
        { Head.Replace("    type: string\noutputs", "  «\t»type: string\noutputs", StringComparison.Ordinal) + Echo, FlowRules.InvalidYaml, "a tab cannot indent" },
        { "«\t»" + Head + Echo, FlowRules.InvalidYaml, "a tab cannot indent" },
        { Head + Echo + "description: |\n  a\n«\t»b\n", FlowRules.InvalidYaml, "a tab cannot indent" },
        { Head.Replace("${echo.output}", "«${nodes.echo.output}»", StringComparison.Ordinal) + Echo, FlowRules.OutputReferenceNotFound, "did you mean '${echo.output}'?" },
        { Head.Replace("${echo.output}", "«${nodes.echo.output.a}»", StringComparison.Ordinal) + Echo, FlowRules.OutputReferenceNotFound, "did you mean '${echo.output.a}'?" },
        { Head + Echo + "  connection: «[the name of yours]»\n", FlowRules.WrongShape, "the name of a connection" },
        { Head + Echo + "description: \"He said \"«hi\"\"»\n", FlowRules.InvalidYaml, "the quoted text ends before this" },
        { Head + Echo + "   «description: x»\n", FlowRules.InvalidYaml, "indented like no line above it" },
        { Head + Echo + "message_format: «openai»\n", FlowRules.UnknownMessageFormat, "openai-vision" },
        { Head + Echo + "- name: v\n  use_variants: true\nnode_variants:\n  v:\n    default_variant_id: «variant_1»\n    variants:\n      variant_0:\n        node:\n          type: python\n          source: {type: code, path: b.py}\n", FlowRules.InvalidVariant, "did you mean 'variant_0'?" },
        { Head + Echo.Replace("type: python", "typ: python\n  «typ»: python\n  type: python", StringComparison.Ordinal), FlowRules.DuplicateKey, "remove one of the two" },
        { Head + Echo + "«description»: «a»: b\n".Replace("«a»: b", "a: b", StringComparison.Ordinal).Replace("«description»: a: b", "description: a«:» b", StringComparison.Ordinal), FlowRules.InvalidYaml, "in quotes" },
    };

    public static TheoryData<string, DiagnosticRule, string> Traps => new()
    {
        { Head + Echo.Replace("type: code", "type: code\n    «pth»: x", StringComparison.Ordinal), FlowRules.UnknownKey, "did you mean 'path'?" },
        { Head + Echo + "- name: a\n  type: llm\n  api: chat\n  connection: c\n  inputs: {model: m}\n  «modle»: gpt\n  source: {type: code, path: a.jinja2}\n", FlowRules.UnknownKey, "did you mean 'model' under 'inputs'?" },
        { Head + Echo + "- name: a\n  type: llm\n  api: chat\n  connection: c\n  inputs: {model: m}\n  «temperature»: 0\n  source: {type: code, path: a.jinja2}\n", FlowRules.UnknownKey, "write it under 'inputs'" },
        { Head + Echo + "- name: a\n  type: llm\n  api: chat\n  connection: c\n  inputs: {model: m}\n  «aktivate»: x\n  source: {type: code, path: a.jinja2}\n", FlowRules.UnknownKey, "did you mean 'activate'?" },
        { Head + Echo + "«discription»: x\n", FlowRules.UnknownKey, "did you mean 'description'?" },
        { Head.Replace("${echo.output}", "«${echo.output[0]}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "write '${echo.output.[0]}'" },
        { Head.Replace("${echo.output}", "«${echo.outputs}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "did you mean '${echo.output}'?" },
        { Head.Replace("${echo.output}", "«${echo.ouput}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "did you mean '${echo.output}'?" },
        { Head.Replace("${echo.output}", "«${echo.ouput[0].name}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "did you mean '${echo.output.[0].name}'?" },
        { Head.Replace("${echo.output}", "«${echo.score}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "write '${echo.output.score}'" },
        { Head.Replace("${echo.output}", "«${echo.score.a}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "gives 'a' of the node's result and ignores 'score'" },
        { Head.Replace("${echo.output}", "«${echo.output[0].name}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "gives 'name' of the node's result and ignores '[0]'" },
        { Head.Replace("${echo.output}", "«${echo.output.a-b}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "is read as the steps 'a', 'b'; write '${echo.output.['a-b']}'" },
        { Head.Replace("${echo.output}", "«${echo.output.x.a b.y}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "write '${echo.output.x.['a b'].y}'" },
        { Head.Replace("${echo.output}", "«'${echo.output.a[\"b-c\"]}'»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "write '${echo.output.a['b-c']}'" },
        { Head.Replace("${echo.output}", "«${echo.output.[-1]}»", StringComparison.Ordinal) + Echo, FlowRules.ReferenceTrap, "let a python node give the value" },
        { Head + Echo + "- name: two\n  type: python\n  source: {type: code, path: a.py}\n  inputs: {q: «\"${echo.outputs.answer}\"»}\n", FlowRules.ReferenceTrap, "fails when the node runs; did you mean '${echo.output.answer}'?" },
        { Head + Echo + "- name: two\n  type: python\n  source: {type: code, path: a.py}\n  inputs: {q: «\"${echo.output.a-b}\"»}\n", FlowRules.ReferenceTrap, "is read as the steps 'a', 'b'" },
        { Head.Replace("${echo.output}", "«${echo.output.a}»", StringComparison.Ordinal) + Echo + "  activate:\n    when: ${inputs.text}\n    is: a\n", FlowRules.OutputOfBypassedNode, "the request fails with status 400 whenever the node 'echo' is bypassed" },
        { Head + Echo.Replace("${inputs.text}", "«'{inputs.text}'»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«'{{ inputs.text }}'»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«$inputs.text»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "write '${inputs.text}'" },
        { Head + Echo + "- name: two\n  type: python\n  source: {type: code, path: a.py}\n  inputs: {q: «$echo.output»}\n", FlowRules.ReferenceTrap, "write '${echo.output}'" },
        { Head + Echo + Model.Replace("api: chat", "api: «chta»", StringComparison.Ordinal), FlowRules.ModelWordUnknown, "did you mean 'chat'?" },
        { Head + Echo + Model.Replace("api: chat", "api: chat\n  provider: «Azure»", StringComparison.Ordinal), FlowRules.ModelWordUnknown, "the connection's type decides" },
        { Head + Echo + Model.Replace("name: ask", "name: «ask»", StringComparison.Ordinal).Replace("  connection: c\n", "", StringComparison.Ordinal), FlowRules.ModelIncomplete, "names no connection" },
        { Head + Echo + Model.Replace("name: ask", "name: «ask»", StringComparison.Ordinal).Replace("deployment_name: gpt", "text: a", StringComparison.Ordinal), FlowRules.ModelIncomplete, "add 'deployment_name' (Azure OpenAI) or 'model' (OpenAI)" },
        { Head + Echo + "environment_variables:\n  ANY: «ghp_0123456789abcdefghij»\n", FlowRules.SecretInPlainText, "holds what looks like a GitHub token" },
        { Head.Replace("${echo.output}", "«echo.output»", StringComparison.Ordinal) + Echo, FlowRules.LiteralOutput, "did you mean '${echo.output}'?" },
        { Head.Replace("${echo.output}", "«'{{echo.output}}'»", StringComparison.Ordinal) + Echo, FlowRules.LiteralOutput, "did you mean '${echo.output}'?" },
        { Head.Replace("${echo.output}", "«'{{text}}'»", StringComparison.Ordinal) + Echo, FlowRules.LiteralOutput, "did you mean '${inputs.text}'?" },
        { Head.Replace("${echo.output}", "«The answer is ${echo.output}»", StringComparison.Ordinal) + Echo, FlowRules.LiteralOutput, "is a reference" },
        { "inputs:\n  text: {type: string}\n  n:\n    type: int\n    default: «many»\n" + Echo, FlowRules.DefaultDoesNotFit, "a whole number" },
        { "inputs:\n  text: {type: string}\n  n:\n    type: bool\n    default: «1»\n" + Echo, FlowRules.DefaultDoesNotFit, "true or false" },
        { "inputs:\n  text: {type: string}\n  n:\n    type: list\n    default: «{a: 1}»\n" + Echo, FlowRules.DefaultDoesNotFit, "a list" },
        { Head.Replace("${echo.output}", "«${echo.output}»", StringComparison.Ordinal) + Echo + "  activate:\n    when: ${inputs.text}\n    is: a\n", FlowRules.OutputOfBypassedNode, "null whenever the node 'echo' is bypassed" },
        { Head.Replace("${echo.output}", "«${echo.output}»", StringComparison.Ordinal) + Echo + "  aggregation: true\n", FlowRules.OutputOfAggregation, "is not served" },
        { "inputs:\n  text: {type: string}\n  «1»: {type: string}\n" + Echo, FlowRules.NameIsNoText, "'1' is a number and not a text" },
        { Head + Echo + "- type: python\n  «nam»: b\n  source: {type: code, path: b.py}\n", FlowRules.NodeWithoutName, "did you mean 'name' where 'nam' stands?" },
        { Head + Echo + "environment:\n  image: «mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest»\n", FlowRules.RetiringImage, "2027-04-20" },
        { Head + Echo + "  activate:\n    when: «${inputs.txt}»\n    is: a\n", FlowRules.UndeclaredActivateInput, "did you mean 'text'?" },
        { Head.Replace("${echo.output}", "«{{echo.output}}»", StringComparison.Ordinal) + Echo, FlowRules.NotReadAsMeant, "write '${echo.output}'" },
        { Head.Replace("${echo.output}", "«{{ echo }}»", StringComparison.Ordinal) + Echo, FlowRules.NotReadAsMeant, "write '${echo.output}'" },
        { Head + Echo.Replace("${inputs.text}", "«{{inputs.text}}»", StringComparison.Ordinal), FlowRules.NotReadAsMeant, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«{{other}}»", StringComparison.Ordinal), FlowRules.NotReadAsMeant, "write the value" },
        { Head + Echo.Replace("${inputs.text}", "«{{text}}»", StringComparison.Ordinal), FlowRules.NotReadAsMeant, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«{{ answer }}»", StringComparison.Ordinal), FlowRules.NotReadAsMeant, "write the value" },
        { Head + Echo.Replace("${inputs.text}", "«!mine ${inputs.other}»", StringComparison.Ordinal), FlowRules.NotReadAsMeant, "'!mine' is unknown" },
        { Head.Replace("${echo.output}", "«!mine ${ecko.output}»", StringComparison.Ordinal) + Echo, FlowRules.NotReadAsMeant, "put the text with its '!' in quotes" },
        { Head + Echo + "    operator: «!=»\n", FlowRules.NotReadAsMeant, "'!=' is unknown" },
        { Head + Echo + "    operator: «=»\n", FlowRules.NotReadAsMeant, "put it in quotes" },
        { Head + Echo.Replace("${inputs.text}", "«${inputs.text»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«'${inputs.text} '»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "write '${inputs.text}'" },
        { Head + Echo.Replace("${inputs.text}", "«Say ${inputs.text} twice»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "'${inputs.text' is plain text here" },
        { Head + Echo.Replace("${inputs.text}", "«[\"${inputs.text}\"]»", StringComparison.Ordinal), FlowRules.ReferenceTrap, "is plain text here" },
        { Head + Echo + "- name: last\n  type: python\n  source: {type: code, path: a.py}\n  activate: {when: «\"${echo.output\"», is: a}\n", FlowRules.ReferenceTrap, "write '${echo.output}'" },
    };

    private const string Model = "- name: ask\n  type: llm\n  source: {type: code, path: a.jinja2}\n  api: chat\n  connection: c\n  inputs: {deployment_name: gpt}\n";

    [Theory]
    [InlineData("${echo.outputs.answer}")]
    [InlineData("${echo.output.a.b[0].c}")]
    [InlineData("${echo.output.['a-b'].[1]}")]
    [InlineData("${echo.output.a[\"b\"]}")]
    public void A_reference_that_means_what_it_says_is_not_warned_of(string reference)
    {
        var flow = Head.Replace("${echo.output}", $"'{reference.Replace("'", "''", StringComparison.Ordinal)}'", StringComparison.Ordinal) + Echo;

        Assert.Empty(Read(flow).Diagnostics);
    }

    [Fact]
    public void An_llm_node_without_an_api_is_an_error()
    {
        var text = MarkedText.Parse(Head + Echo + Model.Replace("name: ask", "name: «ask»", StringComparison.Ordinal).Replace("  api: chat\n", "", StringComparison.Ordinal));

        text.AssertOnly(Read(text.Text).Diagnostics, FlowRules.ModelWithoutApi, "add 'api: chat' or 'api: completion'");
    }

    [Theory]
    [InlineData("run", false)]
    [InlineData("flow:", false)]
    [InlineData(":run", false)]
    [InlineData("flow.run", false)]
    [InlineData("a:b:c", false)]
    [InlineData("flow:run()", false)]
    [InlineData("(App)", false)]
    [InlineData("pack.flow:run", true)]
    [InlineData("(App)Name.Space.Class.Method", true)]
    public void The_entry_of_a_flex_flow_names_a_module_and_a_function(string entry, bool isRight)
    {
        var problems = FlowReader.Read("flow.flex.yaml", $"entry: \"{entry}\"\n").Diagnostics;

        Assert.Equal(isRight ? [] : [FlowRules.InvalidEntry], problems.Select(static problem => problem.Rule));
    }

    [Fact]
    public void Two_nodes_of_one_name_are_one_error_and_not_one_for_each_use_of_the_missing_name()
    {
        const string Flow = """
            outputs:
              a: {type: string, reference: "${grade.output.a}"}
              b: {type: string, reference: "${grade.output.b}"}
              c: {type: string, reference: "${grade.output.c}"}
            nodes:
            - {name: ask, type: python, source: {type: code, path: a.py}}
            - {name: ask, type: python, source: {type: code, path: b.py}}

            """;

        Assert.Equal([FlowRules.DuplicateNodeName], Read(Flow).Diagnostics.Select(static problem => problem.Rule));

        // More names are missing than two nodes can explain.
        var other = Flow.Replace("${grade.output.c}", "${rank.output}", StringComparison.Ordinal);
        Assert.Equal(4, Read(other).Diagnostics.Count(static problem => problem.Rule.Severity == RuleSeverity.Error));
    }

    [Theory]
    [InlineData("question: {type: list, is_chat_input: true, is_chat_history: true}", "reply: {type: string, reference: a, is_chat_output: true}", "must be two inputs")]
    [InlineData("chat_history: {type: list, is_chat_input: true}", "reply: {type: string, reference: a, is_chat_output: true}", "must be two inputs")]
    [InlineData("question: {type: string}", "reply: {type: string, reference: a, is_chat_output: true}", "no input has 'is_chat_input: true'")]
    public void Flags_that_make_no_chat_are_a_warning(string input, string output, string advice)
    {
        var problems = Read($"inputs:\n  {input}\noutputs:\n  {output}\n").Diagnostics;

        Assert.Contains(advice, Assert.Single(problems, static problem => problem.Rule == FlowRules.ChatFlags).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is: left", "is: right", false)]
    [InlineData("is: true", "is: false", false)]
    [InlineData("is: left", "is: left", true)]
    public void A_node_that_brings_the_branches_of_one_condition_together_gives_an_output_without_a_warning(string one, string other, bool isWarned)
    {
        const string Branches = """
            outputs:
              answer: {type: string, reference: "${last.output}"}
            nodes:
            - {name: choose, type: python, source: {type: code, path: c.py}}
            - {name: a, type: python, source: {type: code, path: a.py}, activate: {when: "${choose.output}", ONE}}
            - {name: b, type: python, source: {type: code, path: b.py}, activate: {when: "${choose.output}", OTHER}}
            - {name: after, type: python, source: {type: code, path: d.py}, inputs: {b: "${b.output}"}}
            - {name: merge, type: python, source: {type: code, path: m.py}, inputs: {a: "${a.output}", b: "${after.output}"}}
            - {name: last, type: python, source: {type: code, path: l.py}, inputs: {m: "${merge.output}"}}

            """;
        var flow = Branches.Replace("ONE", one, StringComparison.Ordinal).Replace("OTHER", other, StringComparison.Ordinal);

        Assert.Equal(isWarned ? [FlowRules.OutputOfBypassedNode] : [], Read(flow).Diagnostics.Select(static problem => problem.Rule));
    }

    [Fact]
    public void A_tag_of_ones_own_on_a_list_or_mapping_is_passed_over_as_promptflow_does()
    {
        var result = Read("inputs:\n  text: !mine {type: string}\n  all: {type: list, default: !mine [1]}\n" + Echo);

        Assert.Empty(result.Diagnostics);
        Assert.Equal("[1]", result.Value!.Inputs[1].DefaultJson);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("''")]
    [InlineData("0")]
    [InlineData("false")]
    [InlineData("~")]
    public void A_section_with_nothing_in_it_counts_as_left_out(string nothing)
    {
        var node = Echo.Replace("inputs:\n    text: ${inputs.text}", $"inputs: {nothing}", StringComparison.Ordinal);
        var more = $"node_variants: {nothing}\nenvironment_variables: {nothing}\n";

        foreach (var flow in new[]
        {
            $"inputs: {nothing}\noutputs: {nothing}\n" + node + more,
            $"inputs:\n  text: {{type: string}}\nnodes: {nothing}\n",
            $"entry: a:b\ninputs: {nothing}\noutputs: {nothing}\nenvironment_variables: {nothing}\n",
        })
        {
            Assert.Empty(Read(flow).Diagnostics);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_promptflow_refuses_is_an_error_at_its_place(string marked, DiagnosticRule rule, string advice)
    {
        var text = MarkedText.Parse(marked);

        text.AssertAmong(Read(text.Text).Diagnostics, rule, advice);
        Assert.Equal(RuleSeverity.Error, rule.Severity);
    }

    [Theory]
    [MemberData(nameof(Traps))]
    public void A_trap_is_a_warning_at_its_place_and_the_flow_is_read(string marked, DiagnosticRule rule, string advice)
    {
        var text = MarkedText.Parse(marked);

        var result = Read(text.Text);

        text.AssertAmong(result.Diagnostics, rule, advice);
        Assert.False(result.HasErrors);
        Assert.NotNull(result.Value);
    }

    public static TheoryData<string, DiagnosticRule> BrokenSections => new()
    {
        { Head.Replace("text:\n    type: string", "text: «string»", StringComparison.Ordinal) + Echo, FlowRules.WrongShape },
        { Head.Replace("  text:\n    type: string", "- text: string", StringComparison.Ordinal).Replace("inputs:", "«inputs»:", StringComparison.Ordinal) + Echo, FlowRules.WrongShape },
        { Head + Echo.Replace("- name: echo", "  echo:", StringComparison.Ordinal).Replace("\n  ", "\n    ", StringComparison.Ordinal).Replace("nodes:", "«nodes»:", StringComparison.Ordinal), FlowRules.WrongShape },
        { Head.Replace("inputs:", "«inptus»:", StringComparison.Ordinal) + Echo.Replace("${inputs.text}", "${inputs.text}\n    again: ${inputs.text}", StringComparison.Ordinal), FlowRules.UndeclaredInput },
        { Head.Replace("${echo.output}", "${inputs.text}", StringComparison.Ordinal).Replace("inputs:", "«inptus»:", StringComparison.Ordinal) + Echo, FlowRules.UndeclaredInput },
    };

    [Theory]
    [MemberData(nameof(BrokenSections))]
    public void What_refers_into_a_section_that_is_at_fault_is_not_blamed(string marked, DiagnosticRule rule)
    {
        var text = MarkedText.Parse(marked);

        var error = Assert.Single(Read(text.Text).Diagnostics, static d => d.Rule.Severity == RuleSeverity.Error);
        Assert.Equal(rule, error.Rule);
        Assert.Equal((text.Span.StartLine, text.Span.StartColumn), (error.Span!.Value.StartLine, error.Span.Value.StartColumn));
    }

    [Fact]
    public void A_flow_without_faults_has_no_diagnostics()
    {
        Assert.Empty(Read(Head + Echo).Diagnostics);
    }

    [Fact]
    public void All_problems_come_in_the_order_of_the_file()
    {
        var result = Read("""
            inputs:
              a: {type: integer}
              b: {type: text}
            outputs:
              c: {type: strng, reference: "${gone.output}"}
            nodes:
            - name: n
              type: pyton
              source: {type: code, path: a.py}
              inputs: {x: "${inputs.zzz}", y: "${other.output}"}
            """);

        Assert.Equal(
            [
                "FLOW1006 2:13", "FLOW1006 3:13", "FLOW1006 5:13", "FLOW1012 8:9", "FLOW1015 10:15", "FLOW1016 10:35",
            ],
            result.Diagnostics.Select(static d => $"{d.Rule.Id} {d.Span!.Value.StartLine + 1}:{d.Span.Value.StartColumn + 1}"));
        Assert.Null(result.Value);
    }

    [Fact]
    public void A_reference_fault_leaves_the_contract_readable()
    {
        var result = Read(Head + Echo.Replace("${inputs.text}", "${inputs.txt}", StringComparison.Ordinal));

        Assert.True(result.HasErrors);
        Assert.Equal("text", Assert.Single(result.Value!.Inputs).Name);
    }

    [Fact]
    public void A_hidden_output_can_have_a_type_that_cannot_be_served()
    {
        var hidden = Read(Head.Replace("type: string\n    reference", "type: file_path\n    evaluation_only: true\n    reference", StringComparison.Ordinal) + Echo);
        Assert.Empty(hidden.Diagnostics);

        var shown = MarkedText.Parse(Head.Replace("type: string\n    reference", "type: «file_path»\n    reference", StringComparison.Ordinal) + Echo);
        shown.AssertOnly(Read(shown.Text).Diagnostics, FlowRules.TypeNotServable, "file_path");
    }

    [Fact]
    public void A_circle_through_activate_is_found_and_nodes_behind_it_are_not_blamed()
    {
        var result = Read("""
            inputs: {}
            outputs: {}
            nodes:
            - {name: a, type: python, source: {type: code, path: a.py}, activate: {when: "${b.output}", is: 1}}
            - {name: b, type: python, source: {type: code, path: a.py}, inputs: {x: "${a.output}"}}
            - {name: c, type: python, source: {type: code, path: a.py}, inputs: {x: "${b.output}"}}
            """);

        Assert.Equal("The node 'a' waits for itself: a ← b ← a; break the circle", Assert.Single(result.Diagnostics).Message);
    }

    [Fact]
    public void The_default_variant_stands_in_for_its_node()
    {
        var result = Read("""
            inputs:
              text: {type: string}
            outputs:
              answer: {type: string, reference: "${ask.output}"}
            nodes:
            - name: ask
              use_variants: true
            node_variants:
              ask:
                default_variant_id: v1
                variants:
                  v0: {node: {type: python, source: {type: code, path: a.py}}}
                  v1: {node: {type: llm, api: chat, source: {type: code, path: a.jinja2}, inputs: {text: "${inputs.text}", model: m}, connection: aoai}}
            """);

        Assert.Empty(result.Diagnostics);
        var node = Assert.Single(result.Value!.Nodes);
        Assert.Equal("llm", node.Type);
        Assert.Equal("aoai", node.Connection!.Value);
        Assert.False(Assert.Single(FlowReader.GetContract(result.Value, null).Outputs).IsNullable);
    }

    [Fact]
    public void A_variant_is_found_by_the_value_of_its_id()
    {
        const string Flow = "inputs: {}\nnodes:\n- {name: ask, use_variants: true}\nnode_variants:\n  ask:\n    default_variant_id: 0x1\n    variants:\n      1: {node: {type: llm, api: chat, connection: c, source: {type: code, path: a.jinja2}, inputs: {model: m}}}\n";

        var result = Read(Flow);

        Assert.Empty(result.Diagnostics);
        Assert.Equal("llm", Assert.Single(result.Value!.Nodes).Type);
    }

    [Fact]
    public void A_fault_in_a_variant_that_is_not_the_default_is_found()
    {
        var text = MarkedText.Parse("""
            inputs: {}
            nodes:
            - {name: ask, use_variants: true}
            node_variants:
              ask:
                default_variant_id: v1
                variants:
                  v0: {node: {type: «lm», source: {type: code, path: a.py}}}
                  v1: {node: {type: llm, api: chat, connection: c, source: {type: code, path: a.jinja2}, inputs: {model: m}}}
            """);

        text.AssertOnly(Read(text.Text).Diagnostics, FlowRules.UnknownNodeType, "did you mean 'llm'?");
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("# nothing\n", "it is empty")]
    [InlineData("- a\n", "a list")]
    [InlineData("text\n", "a text")]
    [InlineData("name: x\n", "neither 'inputs', 'outputs' nor 'nodes'")]
    [InlineData("name: blue\nendpoint_name: e\n", "it is a deployment file")]
    public void A_file_without_a_flow_says_so(string text, string why)
    {
        var diagnostic = Assert.Single(Read(text).Diagnostics);

        Assert.Equal(FlowRules.NoFlow, diagnostic.Rule);
        Assert.Contains(why, diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int", "1_000", true)]
    [InlineData("int", "1__0", false)]
    [InlineData("int", "1_", false)]
    [InlineData("int", "_1", false)]
    [InlineData("double", "1_000.5", true)]
    [InlineData("double", "1_.5", false)]
    public void A_numeric_text_fits_when_python_reads_its_underscores(string type, string written, bool fits)
    {
        var result = Read($"inputs:\n  text: {{type: string}}\n  n: {{type: {type}, default: \"{written}\"}}\n" + Echo);
        Assert.Equal(fits, !result.Diagnostics.Any(static d => d.Rule == FlowRules.DefaultDoesNotFit));
    }

    [Fact]
    public void Any_default_of_a_string_input_is_text_to_the_server()
    {
        Assert.Empty(Read("inputs:\n  text: {type: string, default: [a, b]}\n" + Echo).Diagnostics);
    }

    [Fact]
    public void A_flex_flow_is_known_by_its_entry_or_its_file_name()
    {
        var declared = Read("entry: flow:ask\ninputs:\n  question: {type: string}\n  top: {type: int, default: 3}\n");
        Assert.Empty(declared.Diagnostics);
        var contract = FlowReader.GetContract(declared.Value!, null);
        Assert.Equal(FlowKind.Flex, contract.Kind);
        Assert.Equal(["question", "top"], contract.Inputs.Select(static i => i.Name));
        Assert.False(contract.AcceptsAnyInput);
        Assert.True(contract.ReturnsBareResult);

        Assert.True(FlowReader.GetContract(Read("entry: flow:ask\n").Value!, null).AcceptsAnyInput);

        var missing = Assert.Single(FlowReader.Read("a/flow.flex.yaml", "inputs: {}\n").Diagnostics);
        Assert.Contains("needs 'entry: module:function'", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompty_has_its_inputs_in_front_of_the_prompt()
    {
        const string Prompty = "---\nname: chat\nmodel:\n  api: chat\ninputs:\n  question: {type: string}\n  tone: {type: string, default: kind}\n---\nsystem:\n{{question}}: [\n";
        var result = FlowReader.Read("chat.prompty", Prompty);

        Assert.Empty(result.Diagnostics);
        var contract = FlowReader.GetContract(result.Value!, null);
        Assert.Equal(FlowKind.Prompty, contract.Kind);
        Assert.Equal([("question", true), ("tone", false)], contract.Inputs.Select(static i => (i.Name, i.IsRequired)));
        Assert.True(contract.ReturnsBareResult);

        var typed = FlowReader.Read("chat.prompty", Prompty.Replace("inputs:", "outputs:\n  score: {type: int}\ninputs:", StringComparison.Ordinal)).Value!;
        Assert.False(FlowReader.GetContract(typed, null).ReturnsBareResult);
        Assert.Equal("score", Assert.Single(FlowReader.GetContract(typed, null).Outputs).Name);

        var text = MarkedText.Parse("---\nname: chat\ninputs:\n  question: {type: «text»}\n---\n");
        text.AssertOnly(FlowReader.Read("chat.prompty", text.Text).Diagnostics, FlowRules.UnknownType, "did you mean 'string'?");

        Assert.Equal(FlowRules.NoFlow, Assert.Single(FlowReader.Read("chat.prompty", "system:\n").Diagnostics).Rule);
    }

    [Theory]
    [InlineData("inputs:\n  «question»: {default: x}\n")]
    [InlineData("outputs:\n  «answer»: {description: x}\n")]
    public void A_type_is_missing_from_a_prompty_as_from_a_graph(string marked)
    {
        var text = MarkedText.Parse($"---\nname: a\n{marked}---\n");

        text.AssertOnly(FlowReader.Read("chat.prompty", text.Text).Diagnostics, FlowRules.MissingType, "add 'type:'");
    }

    [Theory]
    [InlineData("---\r\nname: a\r\n---\r\nsystem:\r\n")]
    [InlineData("\uFEFF\n---\nname: a\n---\nsystem:\n")]
    [InlineData("# a comment ---\nname: a\n---\nsystem:\n")]
    [InlineData("---\nname: a\n---\n| --- |\n")]
    public void The_definition_of_a_prompty_stands_between_two_rows_of_hyphens(string text) =>
        Assert.Empty(FlowReader.Read("chat.prompty", text).Diagnostics);

    [Theory]
    [InlineData("---  \nname: a\n---  \nsystem:\n")]
    [InlineData("---\nname: a\n---")]
    [InlineData("---\nname: a\n")]
    public void A_prompty_without_two_rows_of_hyphens_is_refused(string text) =>
        Assert.Equal(FlowRules.NoFlow, Assert.Single(FlowReader.Read("chat.prompty", text).Diagnostics).Rule);

    [Theory]
    [InlineData("---\nname: a\n---\nsystem:\n«---»\nanswer\n")]
    [InlineData("---\nname: a\n---\nsystem:\n# Rules\n--«---»\nanswer\n")]
    public void A_row_of_hyphens_in_the_prompt_ends_the_definition_of_a_prompty(string marked)
    {
        var text = MarkedText.Parse(marked);

        text.AssertOnly(FlowReader.Read("chat.prompty", text.Text).Diagnostics, FlowRules.InvalidYaml, "write it in another way in the prompt");
    }

    [Fact]
    public void The_whole_head_of_a_flow_is_read()
    {
        var flow = Read(Head + Echo + """
            description: Answers.
            language: python
            message_format: OpenAI-Vision
            additional_includes:
            - ../shared/convert.py
            environment_variables:
              NAME: ${aoai.key}
              NUMBER: 1.50
              FLAG: true
              LIST: [1, a]
            """).Value!;

        Assert.Equal("Answers.", flow.Description);
        Assert.Equal(FlowMessageFormat.OpenAIVision, flow.MessageFormat);
        Assert.Equal("../shared/convert.py", Assert.Single(flow.AdditionalIncludes).Value);
        Assert.Equal(["${aoai.key}", "1.5", "True", "[1,\"a\"]"], flow.EnvironmentVariables.Select(static v => v.Value));
    }

    [Theory]
    [InlineData("${n.output}", FlowReferenceKind.Node, "n", "output", null)]
    [InlineData("${n}", FlowReferenceKind.Node, "n", "output", null)]
    [InlineData("${n.output.a.b}", FlowReferenceKind.Node, "n", "output", "a.b")]
    [InlineData("${n.output.[0]}", FlowReferenceKind.Node, "n", "output", "[0]")]
    [InlineData("${n.output[0]}", FlowReferenceKind.Node, "n", "output[0]", null)]
    [InlineData("${inputs.a.b}", FlowReferenceKind.FlowInput, "a.b", "", null)]
    [InlineData("${flow.x}", FlowReferenceKind.FlowInput, "x", "", null)]
    [InlineData("$x", FlowReferenceKind.Literal, "$x", "", null)]
    [InlineData("text ${n.output}", FlowReferenceKind.Literal, "text ${n.output}", "", null)]
    [InlineData("${n.output} ", FlowReferenceKind.Literal, "${n.output} ", "", null)]
    [InlineData("${}", FlowReferenceKind.Node, "", "output", null)]
    public void References_are_parsed_as_promptflow_parses_them(string text, FlowReferenceKind kind, string name, string section, string? property)
    {
        Assert.Equal(new FlowReference(kind, name, section, property), FlowReference.Parse(text));
    }

    private static ReadResult<FlowDefinition> Read(string text) => FlowReader.Read("flow.dag.yaml", text);
}
