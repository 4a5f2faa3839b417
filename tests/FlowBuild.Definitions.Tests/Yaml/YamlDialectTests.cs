using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Yaml;

/// <summary>
/// promptflow reads its files with ruamel.yaml. Every row was seen there (0.17.21, <c>YAML()</c> on a file opened as UTF-8), and the
/// parser underneath ours reads many of them otherwise.
/// </summary>
public sealed class YamlDialectTests
{
    [Theory]
    [InlineData("0o7", "7")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("012", "12")]
    [InlineData("-0", "0")]
    [InlineData("+1", "1")]
    [InlineData("1_000", "1000")]
    [InlineData("1e3", "1000.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("12345678901234568.0", "1.2345678901234568e+16")]
    [InlineData("-1e16", "-1e+16")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5.0")]
    [InlineData(".inf", "\"inf\"")]
    [InlineData(".NaN", "\"nan\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("off", "\"off\"")]
    [InlineData("TRUE", "true")]
    [InlineData("! 1", "1")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("!!int '0x1F'", "31")]
    [InlineData("!!bool yes", "true")]
    [InlineData("2024-02-29", "\"2024-02-29\"")]
    [InlineData("\"a\"#b", "\"a\"")]
    [InlineData("[a]#b", "[\"a\"]")]
    [InlineData("[\na,\nb\n]", "[\"a\",\"b\"]")]
    [InlineData("{\n\"a\": [\n1, 'it''s', don't # x ]\n  ], b: \"c\nd\"}", "{\"a\":[1,\"it's\",\"don't\"],\"b\":\"c d\"}")]
    [InlineData("|\n      \n\n       a\n      b\n", null)]
    [InlineData("|\n      \n\n        a", "\"\\n\\na\\n\"")]
    [InlineData("|-\n     \n      a", "\"\\na\"")]
    [InlineData("|\n        ", "\"\"")]
    [InlineData(">\n        \n      ", "\"\"")]
    [InlineData("a\u2028b", "\"a\u2028b\"")]
    [InlineData("a \u2028 \u2029 b", "\"a\u2028\u2029b\"")]
    [InlineData("\"a\u2028b \u0085c\u0085\u0085d\u0085\"", "\"a\u2028b c\\nd \"")]
    [InlineData("'a\u2029b'", "\"a\u2029b\"")]
    [InlineData("\u20285\u2028", "5")]
    [InlineData("[a\u2028b,\u2028c]", "[\"a\u2028b\",\"c\"]")]
    [InlineData("\"a\u2028\n      b\"", "\"a\u2028\\nb\"")]
    [InlineData("|\n      a\u2028\n      b", "\"a\u2028\\nb\\n\"")]
    [InlineData("a # b\u2028", "\"a\"")]
    public void A_value_is_what_promptflow_reads(string written, string? json)
    {
        var result = FlowReader.Read("flow.dag.yaml", Flow(written));

        Assert.Equal(json, result.Value?.Inputs[0].DefaultJson);
        Assert.Equal(json is null, result.HasErrors);
    }

    [Theory]
    [InlineData("«2024-13-01»", "is written like a date and is none")]
    [InlineData("«2023-02-29»", "put it in quotes")]
    [InlineData("«2024-01-01T24:00:00Z»", "put it in quotes")]
    [InlineData("[«@a»]", "cannot begin with '@'")]
    [InlineData("{a: «%»b}", "cannot begin with '%'")]
    [InlineData("[«>», a]", "cannot begin with '>'")]
    [InlineData("{«a\n      b»: c}", "a key must stand in one line")]
    [InlineData("«!!map »[a]", "does not go with this kind of value")]
    [InlineData("«!!seq a»", "does not go with this kind of value")]
    [InlineData("|\n      a«»\u2028b", "U+2028, which ends a line here")]
    [InlineData("a # b«»\u2029c", "U+2029, which ends a line here")]
    [InlineData("[a, «-», b]", "a lone '-' stands in quotes")]
    [InlineData("{a: «&x 1, »b: 2}", "write this mapping in lines of its own")]
    public void A_value_that_no_reader_takes_is_refused_at_its_place(string marked, string advice)
    {
        var text = MarkedText.Parse(Flow(marked));

        text.AssertOnly(FlowReader.Read("flow.dag.yaml", text.Text).Diagnostics, FlowRules.InvalidYaml, advice);
    }

    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("y", "true")]
    [InlineData("N", "false")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("! on", "true")]
    [InlineData("010", "8")]
    [InlineData("-0777", "-511")]
    [InlineData("08", "\"08\"")]
    [InlineData("0o17", "\"0o17\"")]
    [InlineData("0x1F", "31")]
    [InlineData("1:30", "90")]
    [InlineData("-1:30", "-90")]
    [InlineData("1:30.5", "90.5")]
    [InlineData("1:60", "\"1:60\"")]
    [InlineData("1e3", "1000.0")]
    [InlineData("-.5", "\"-.5\"")]
    [InlineData(".5", "0.5")]
    [InlineData("2024-02-29", "\"2024-02-29\"")]
    [InlineData("[no, 1_0]", "[false,10]")]
    public void A_value_in_a_document_that_says_YAML_1_1_is_read_by_that_version(string written, string json)
    {
        var result = FlowReader.Read("flow.dag.yaml", "%YAML 1.1\n---\n" + Flow(written));

        Assert.Empty(result.Diagnostics);
        Assert.Equal(json, result.Value!.Inputs[0].DefaultJson);
    }

    [Fact]
    public void Keys_in_a_document_that_says_YAML_1_1_are_equal_by_that_version()
    {
        var text = MarkedText.Parse("%YAML 1.1\n---\n" + Flow("{yes: x, «on»: y}"));

        text.AssertOnly(FlowReader.Read("flow.dag.yaml", text.Text).Diagnostics, FlowRules.DuplicateKey, "in line 6");
        Assert.Empty(FlowReader.Read("flow.dag.yaml", "%YAML 1.2\n---\n" + Flow("{yes: x, on: y}")).Diagnostics);
    }

    [Theory]
    [InlineData("1", "0x1")]
    [InlineData("1", "1.0")]
    [InlineData("1", "true")]
    [InlineData("10", "1_0")]
    [InlineData("010", "10")]
    [InlineData("0", "-0")]
    [InlineData("1e3", "1000.0")]
    [InlineData("true", "True")]
    [InlineData("~", "null")]
    [InlineData("'a'", "a")]
    [InlineData("\"\\x61\"", "a")]
    [InlineData("!!str 1", "'1'")]
    public void Keys_of_one_value_are_one_key(string first, string second)
    {
        var text = MarkedText.Parse(Flow($"{{{first}: x, «{second}»: y}}"));

        text.AssertOnly(FlowReader.Read("flow.dag.yaml", text.Text).Diagnostics, FlowRules.DuplicateKey, "in line 4");
    }

    [Theory]
    [InlineData("1", "'1'")]
    [InlineData("yes", "true")]
    [InlineData("null", "'null'")]
    [InlineData("a", "A")]
    [InlineData("1", "2")]
    [InlineData("2024-01-01", "'2024-01-01'")]
    public void Keys_of_two_values_are_two_keys(string first, string second)
    {
        Assert.Empty(FlowReader.Read("flow.dag.yaml", Flow($"{{{first}: x, {second}: y}}")).Diagnostics);

        // Beyond a few keys another way of finding them is taken.
        var many = string.Concat(Enumerable.Range(100, 40).Select(static i => $"{i}: x, '{i}': y, "));
        Assert.Empty(FlowReader.Read("flow.dag.yaml", Flow($"{{{many}{first}: x, {second}: y}}")).Diagnostics);
    }

    [Theory]
    [InlineData("«{0}»: b\n")]
    [InlineData("a: 1\n«{0}»: b\n")]
    [InlineData("a:\n  b: c\n  «{0}»: d\n")]
    [InlineData("a:\n- «{0}»: b\n")]
    public void A_key_that_is_too_long_says_so(string marked)
    {
        var text = MarkedText.Parse(marked.Replace("{0}", new string('x', 1025), StringComparison.Ordinal));

        text.AssertOnly(FlowReader.Read("flow.dag.yaml", text.Text).Diagnostics, FlowRules.InvalidYaml, "1,024 characters at most, and this one has 1,025");
    }

    [Fact]
    public void Places_behind_line_separators_are_those_that_the_compiler_counts()
    {
        var result = FlowReader.Read("flow.dag.yaml", Flow("\"a\u2028b\u0085c\", extra: 1}\n  w: {type: string, other: {x: \"\u2028\"}", isFlow: true));

        Assert.Equal([(3, 4), (4, 20)], result.Diagnostics.Select(static d => (d.Span!.Value.StartLine, d.Span.Value.StartColumn)));
        Assert.Equal("\"a\u2028b c\"", result.Value!.Inputs[0].DefaultJson);
    }

    [Fact]
    public void Separators_beyond_a_thousand_are_read_all_the_same()
    {
        var text = string.Join('\u2028', Enumerable.Repeat("a", 2_000));

        Assert.Equal($"\"{text}\"", FlowReader.Read("f", Flow($"\"{text}\"")).Value?.Inputs[0].DefaultJson);
    }

    [Fact]
    public void A_file_that_needs_more_mending_than_is_tried_is_refused_at_the_next_place()
    {
        var text = "inputs: {}\n" + string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"x{i}: [a]#b\n"));

        Assert.Equal(51, Assert.Single(FlowReader.Read("f", text).Diagnostics, static d => d.Rule == FlowRules.InvalidYaml).Span!.Value.StartLine);
    }

    private static string Flow(string value, bool isFlow = false) => isFlow
        ? "inputs:\n  v: {type: object, default: " + value + "}\nnodes: []\n"
        : "inputs:\n  v:\n    type: object\n    default: " + value + "\nnodes: []\n";
}
