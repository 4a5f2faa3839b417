using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Flows;

public sealed class FlowContractTests
{
    private const string Flow = """
        inputs:
          question: {type: string, is_chat_input: true}
          chat_history: {type: list, default: []}
          empty: {type: string, default: ~}
        outputs:
          answer: {type: string, reference: "${ask.output}", is_chat_output: true}
          prompt: {type: string, reference: "${build.output}"}
          parsed: {type: object, reference: "${parse.output}"}
          score: {type: double, reference: "${parse.output.score}"}
          call: {type: string, reference: "${choose.output}"}
          hidden: {type: string, reference: "${parse.output}", evaluation_only: true}
          total: {type: int, reference: "${total.output}"}
        nodes:
        - {name: build, type: prompt, source: {type: code, path: b.jinja2}, inputs: {q: "${inputs.question}"}}
        - {name: ask, type: llm, api: chat, source: {type: code, path: a.jinja2}, inputs: {p: "${build.output}"}}
        - {name: choose, type: llm, api: chat, source: {type: code, path: a.jinja2}, inputs: {functions: "${parse.output}"}}
        - {name: parse, type: python, source: {type: code, path: p.py}, inputs: {q: "${inputs.question}"}}
        - {name: total, type: python, source: {type: code, path: t.py}, inputs: {q: "${parse.output}"}, aggregation: true}

        """;

    [Theory]
    [InlineData("python", "${n.output}", true)]
    [InlineData("python", "${n.output.answer}", true)]
    [InlineData("python", "${n.output.[0]}", true)]
    [InlineData("python", "${n.answer}", true)]
    [InlineData("custom_llm", "${n.output.answer}", true)]
    [InlineData("llm", "${n.output}", true)]
    [InlineData("llm", "${n.output.answer}", false)]
    [InlineData("prompt", "${n.output}", false)]
    [InlineData("python", "${inputs.q}", false)]
    [InlineData("python", "text", false)]
    public void Only_code_can_put_a_stream_into_a_property(string type, string reference, bool canStream)
    {
        var source = type == "custom_llm" ? "package_with_prompt" : "code";
        var model = type == "llm" ? ", api: chat, connection: c, inputs: {deployment_name: d}" : "";
        var contract = Contract(
            $"inputs:\n  q: {{type: string}}\noutputs:\n  a: {{type: string, reference: \"{reference}\"}}\n"
            + $"nodes:\n- {{name: n, type: {type}, source: {{type: {source}, path: n.py, tool: t}}{model}}}\n");

        Assert.Equal(canStream, Assert.Single(contract.Outputs).CanStream);
        Assert.Equal(canStream, contract.CanStream);
    }

    [Fact]
    public void A_bare_result_can_stream()
    {
        Assert.True(FlowReader.GetContract(FlowReader.Read("flow.flex.yaml", "entry: flow:run\n").Value!, null).CanStream);
        Assert.True(FlowReader.GetContract(FlowReader.Read("t.prompty", "---\nname: t\n---\nsystem:\n").Value!, null).CanStream);
        Assert.False(FlowReader.GetContract(
            FlowReader.Read("t.prompty", "---\nname: t\noutputs:\n  a: {type: string}\n---\nsystem:\n").Value!, null).CanStream);
    }

    [Fact]
    public void A_flow_whose_message_is_its_history_has_no_chat_roles()
    {
        const string History = "chat_history: {type: list, is_chat_history: true, is_chat_input: ";
        const string Rest = "}\noutputs:\n  answer: {type: string, reference: \"${inputs.chat_history}\", is_chat_output: true}\n";

        Assert.Null(Contract("inputs:\n  " + History + "true" + Rest).Chat);
        Assert.NotNull(Contract("inputs:\n  question: {type: string, is_chat_input: true}\n  " + History + "false" + Rest).Chat);
    }

    [Fact]
    public void Outputs_are_those_that_the_server_returns()
    {
        Assert.Equal(["answer", "prompt", "parsed", "score", "call"], Contract(Flow).Outputs.Select(static o => o.Name));
    }

    [Fact]
    public void The_deployments_response_fields_are_exactly_what_is_returned()
    {
        var contract = Contract(Flow, "hidden", "answer", "total", "unknown");

        Assert.Equal(["answer", "hidden"], contract.Outputs.Select(static o => o.Name));
    }

    [Fact]
    public void An_input_is_required_without_a_default_or_with_a_null_one()
    {
        Assert.Equal(
            [("question", true), ("chat_history", false), ("empty", true)],
            Contract(Flow).Inputs.Select(static i => (i.Name, i.IsRequired)));
    }

    [Fact]
    public void Only_text_of_prompt_and_llm_nodes_is_known_not_to_be_null()
    {
        Assert.Equal(
            [("answer", false), ("prompt", false), ("parsed", true), ("score", true), ("call", true)],
            Contract(Flow).Outputs.Select(static o => (o.Name, o.IsNullable)));
    }

    [Fact]
    public void An_input_that_is_passed_through_comes_from_no_node_and_may_be_missing()
    {
        var contract = Contract("inputs:\n  n: {type: string}\noutputs:\n  n: {type: string, reference: '${inputs.n}'}\n");

        // A deployment that names other response fields leaves it out.
        var passed = Assert.Single(contract.Outputs);
        Assert.Equal((true, false), (passed.IsNullable, passed.IsFromNode));
    }

    [Fact]
    public void An_llm_node_with_functions_can_give_an_object()
    {
        var call = Contract(Flow).Outputs.Single(static o => o.Name == "call");

        Assert.Equal(FlowValueType.String, call.DeclaredType);
        Assert.Equal(FlowValueType.Object, call.Type);
    }

    [Fact]
    public void Results_of_python_nodes_and_of_llm_nodes_that_nothing_else_reads_can_stream()
    {
        Assert.Equal(
            [("answer", true), ("prompt", false), ("parsed", true), ("score", true), ("call", true)],
            Contract(Flow).Outputs.Select(static o => (o.Name, o.CanStream)));

        var read = Flow + "- {name: after, type: python, source: {type: code, path: p.py}, inputs: {q: \"${ask.output}\"}}\n";
        Assert.False(Contract(read).Outputs.Single(static o => o.Name == "answer").CanStream);
    }

    [Fact]
    public void A_node_that_may_be_bypassed_can_give_null()
    {
        var activated = Flow.Replace("inputs: {q: \"${inputs.question}\"}}\n- {name: ask", "inputs: {q: \"${inputs.question}\"}, activate: {when: \"${inputs.question}\", is: a}}\n- {name: ask", StringComparison.Ordinal);

        // 'ask' reads only 'build', so it is bypassed with it.
        Assert.Equal([("answer", true), ("prompt", true)], Contract(activated).Outputs.Take(2).Select(static o => (o.Name, o.IsNullable)));

        var mixed = activated.Replace("p: \"${build.output}\"", "p: \"${build.output}\", r: \"${parse.output}\"", StringComparison.Ordinal);
        Assert.Equal([("answer", false), ("prompt", true)], Contract(mixed).Outputs.Take(2).Select(static o => (o.Name, o.IsNullable)));
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("is_chat_input: true", "is_chat_input: false", false)]
    [InlineData("is_chat_output: true", "is_chat_output: false", false)]
    [InlineData("chat_history: {type: list, default: []}", "chat_history: {type: list, default: [], is_chat_history: false}", false)]
    [InlineData("chat_history: {type: list, default: []}", "chat_history: {type: list, default: [], is_chat_history: 0}", true)]
    [InlineData("chat_history: {type: list, default: []}", "turns: {type: list, default: []}", false)]
    [InlineData("empty: {type: string, default: ~}", "empty: {type: string, is_chat_input: true}", false)]
    public void A_chat_flow_is_known_by_promptflows_own_rule(string written, string instead, bool isChat)
    {
        var flow = written.Length == 0 ? Flow : Flow.Replace(written, instead, StringComparison.Ordinal);

        Assert.Equal(isChat ? new ChatRoles("question", "answer", "chat_history") : null, Contract(flow).Chat);
    }

    [Theory]
    [InlineData("chat_history: {type: list, default: []}", "«other»: {type: string, is_chat_input: true}", "'question' is flagged 'is_chat_input' too")]
    [InlineData("chat_history: {type: list, default: []}", "turns: {type: list, is_chat_history: true}\n  «more»: {type: list, is_chat_history: true}", "'turns' is flagged 'is_chat_history' too")]
    [InlineData("chat_history: {type: list, default: []}", "«turns»: {type: string, is_chat_history: true}", "write 'type: list'")]
    [InlineData("question: {type: string, is_chat_input: true}", "«question»: {type: list, is_chat_history: true}", "no input has 'is_chat_input: true'")]
    [InlineData("chat_history: {type: list, default: []}\n", "«turns»: {type: list, is_chat_history: true}\n", "no output has 'is_chat_output: true'", "is_chat_output: true", "is_chat_output: false")]
    [InlineData("prompt: {", "«prompt»: {is_chat_output: true, ", "'answer' is flagged 'is_chat_output' too")]
    public void Chat_flags_that_contradict_each_other_are_said(
        string written, string instead, string words, string alsoWritten = "is_chat_output: true", string alsoInstead = "is_chat_output: true")
    {
        var text = MarkedText.Parse(
            Flow.Replace(written, instead, StringComparison.Ordinal).Replace(alsoWritten, alsoInstead, StringComparison.Ordinal));

        text.AssertAmong(FlowReader.Read("flow.dag.yaml", text.Text).Diagnostics, FlowRules.ChatFlags, words);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("chat_history: {type: list, default: []}", "")]
    [InlineData("is_chat_output: true", "is_chat_output: false")]
    public void A_flow_that_only_answers_questions_needs_no_history(string written, string instead)
    {
        var flow = written.Length == 0 ? Flow : Flow.Replace(written, instead, StringComparison.Ordinal);

        Assert.DoesNotContain(FlowReader.Read("flow.dag.yaml", flow).Diagnostics, static problem => problem.Rule == FlowRules.ChatFlags);
    }

    [Fact]
    public void A_flagged_history_wins_over_the_name()
    {
        var flow = Flow.Replace("empty: {type: string, default: ~}", "turns: {type: list, is_chat_history: true}", StringComparison.Ordinal);

        Assert.Equal("turns", Contract(flow).Chat!.History);
    }

    [Fact]
    public void An_edit_of_a_comment_leaves_the_contract_equal()
    {
        Assert.Equal(Contract(Flow), Contract("# A comment.\n" + Flow));
        Assert.NotEqual(Contract(Flow), Contract(Flow.Replace("type: double", "type: int", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("yes", "\"yes\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("true", "true")]
    [InlineData("TRUE", "true")]
    [InlineData("010", "10")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("1_000", "1000")]
    [InlineData("-12", "-12")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("1e3", "1000.0")]
    [InlineData("1.50", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("-.inf", "\"-inf\"")]
    [InlineData(".nan", "\"nan\"")]
    [InlineData("2024-01-01", "\"2024-01-01\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("\"12\"", "\"12\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!int \"12\"", "12")]
    [InlineData("[1, {a: 'b\"c'}, ~]", "[1,{\"a\":\"b\\\"c\"},null]")]
    public void Defaults_are_read_by_yaml_1_2(string written, string json)
    {
        Assert.Equal(json, Contract($"inputs:\n  x: {{type: object}}\n  y:\n    type: object\n    default: {written}\n").Inputs[1].DefaultJson);
    }

    [Fact]
    public void Anchors_aliases_and_merge_keys_are_resolved()
    {
        var contract = Contract("""
            inputs:
              a: &text {type: string, default: one, description: first}
              b: *text
              c:
                <<: *text
                default: two
              d:
                <<: [{type: int}, *text]
                default: 3
            """);

        Assert.Equal(
            [("a", FlowValueType.String, "\"one\""), ("b", FlowValueType.String, "\"one\""), ("c", FlowValueType.String, "\"two\""), ("d", FlowValueType.Int, "3")],
            contract.Inputs.Select(static i => (i.Name, i.Type, i.DefaultJson!)));
        Assert.All(contract.Inputs, static i => Assert.Equal("first", i.Description));
    }

    private static FlowContract Contract(string text, params string[] responseFields)
    {
        var result = FlowReader.Read("flow.dag.yaml", text);
        Assert.False(result.HasErrors, string.Join(Environment.NewLine, result.Diagnostics.Select(static d => d.Message)));
        return FlowReader.GetContract(result.Value!, responseFields.Length == 0 ? null : new EquatableArray<string>(responseFields));
    }
}
