using System.Text;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests;

[Trait("Category", "Security")]
public sealed class HostileTextTests
{
    private const string Flow = "inputs:\n  text: {type: string, default: x}\nnodes: []\n";

    [Theory]
    [InlineData("a: [1, 2\nb: 3\n", "'[' that opens here")]
    [InlineData("a: {b: 1\n", "'{'")]
    [InlineData("a: 'x\n", "the quote that opens here is never closed")]
    [InlineData("a: \"x\\q\"\n", "no known escape")]
    [InlineData("a: \"\\ud800\"\n", "")]
    [InlineData("a: @x\n", "cannot begin with '@'")]
    [InlineData("a:\n\tb: c\n", "a tab cannot indent")]
    [InlineData("a:\tb\n", "a tab cannot separate")]
    [InlineData("a: b\t\n", "a tab cannot separate")]
    [InlineData("a: b\tc\n", "a tab cannot separate")]
    [InlineData("a: 1\n\t\nb: 2\n", "a tab cannot")]
    [InlineData("a: !!int x\n", "no value of the tag '!!int'")]
    [InlineData(": x\n", "no key stands before")]
    [InlineData("a: \"\\U99999999\"\n", "a wrong escape")]
    [InlineData("a: &\n", "'&' begins an anchor")]
    [InlineData("a: * x\n", "'*' begins an alias")]
    [InlineData("- - - a\n - b\n", "indented like no list above it")]
    [InlineData("a: *gone\n", "no anchor '&gone'")]
    [InlineData("a: &x [*x]\n", "contains itself")]
    [InlineData("a: 1\n---\nb: 2\n", "a second document")]
    [InlineData("a: b\0c\n", "U+0000")]
    [InlineData("a: \u0007\n", "U+0007")]
    [InlineData("? [a]\n: b\n", "a key must be a word")]
    [InlineData("a: 1\n b: 2\n", "indent it like its neighbours")]
    [InlineData("a:\n  b: 1\n c: 2\n", "indented like no line above it")]
    [InlineData("<<: 1\n", "the merge key '<<' takes a mapping")]
    [InlineData("{{name}}\n", "template")]
    public void A_text_that_is_no_yaml_is_one_error_with_a_way_to_mend_it(string text, string advice)
    {
        foreach (var (rule, diagnostics) in ReadAll(text))
        {
            var diagnostic = Assert.Single(diagnostics);
            Assert.Equal(rule, diagnostic.Rule);
            Assert.Contains(advice, diagnostic.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\n")]
    public void Line_breaks_of_every_system_are_read(string lineBreak)
    {
        var result = FlowReader.Read("flow.dag.yaml", Flow.Replace("\n", lineBreak, StringComparison.Ordinal) + "extra: 1");

        Assert.NotNull(result.Value);
        Assert.Equal(3, Assert.Single(result.Diagnostics).Span!.Value.StartLine);
    }

    [Fact]
    public void A_quoted_text_may_go_on_further_left_as_the_original_readers_have_it()
    {
        var text = MarkedText.Parse("inputs:\n  a:\n    type: string\n    default: \"one\ntwo\n\n three \\\n  four \\\" five\"\n  b: {type: string, default: \"x\ny\", «extra»: 1}\n");

        var result = FlowReader.Read("flow.dag.yaml", text.Text);

        text.AssertOnly(result.Diagnostics, FlowRules.UnknownKey);
        Assert.Equal(["\"one two\\nthree four \\\" five\"", "\"x y\""], result.Value!.Inputs.Select(static i => i.DefaultJson));
    }

    [Fact]
    public void A_byte_order_mark_is_no_content_and_no_column()
    {
        var result = FlowReader.Read("flow.dag.yaml", "\uFEFFextra: 1\n" + Flow);

        Assert.NotNull(result.Value);
        Assert.Equal(0, Assert.Single(result.Diagnostics).Span!.Value.StartColumn);
    }

    [Fact]
    public void Tabs_in_texts_and_comments_are_content()
    {
        var result = FlowReader.Read("flow.dag.yaml", Flow + "description: 'a\tb' # a\tcomment\nname: |\n  a\tb\n  \t\n#\tx\n");

        Assert.Empty(result.Diagnostics);
        Assert.Equal("a\tb", result.Value!.Description);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused()
    {
        // An attribute cannot carry it: attributes are stored as UTF-8.
        foreach (var (rule, diagnostics) in ReadAll("a: " + '\uD800' + "b\n"))
        {
            Assert.Equal(rule, Assert.Single(diagnostics).Rule);
            Assert.Contains("half of a character", diagnostics[0].Message, StringComparison.Ordinal);
        }

        Assert.NotNull(FlowReader.Read("f", Flow + "description: \U0001F600\n").Value);
    }

    [Fact]
    public void A_text_read_as_utf_16_by_mistake_is_an_error_and_not_an_empty_file()
    {
        var mistaken = Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(Flow));

        Assert.Contains("save the file as UTF-8", Assert.Single(FlowReader.Read("f", mistaken).Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flat_text_of_fifty_megabytes_is_refused_before_it_is_parsed()
    {
        var text = new string('a', 50 * 1024 * 1024);

        AssertBounded(64, () => Assert.Contains("characters long", Assert.Single(FlowReader.Read("f", text).Diagnostics).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Aliases_that_multiply_cost_nothing()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        AssertBounded(4, () => AssertRefused(bomb + "inputs:\n  x: {type: object, default: *a29}\n", "aliases stand for far more"));
    }

    [Fact]
    public void A_long_text_behind_many_aliases_costs_nothing()
    {
        var text = "a: &a " + new string('x', 100_000) + "\nb: [" + string.Join(", ", Enumerable.Repeat("*a", 20_000)) + "]\n";

        AssertBounded(32, () => AssertRefused(text, "aliases stand for far more"));
    }

    [Fact]
    public void Merge_keys_that_multiply_cost_nothing()
    {
        var bomb = new StringBuilder("m0: &m0 {" + string.Join(", ", Enumerable.Range(0, 100).Select(static i => $"k{i}: 1")) + "}\n");
        for (var i = 1; i < 2_000; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"m{i}: &m{i} {{<<: *m{i - 1}, n{i}: 1}}\n");
        }

        AssertBounded(64, () => AssertRefused(bomb.ToString(), "merge keys copy more than"));
    }

    [Fact]
    public void Depth_is_refused_however_it_is_written()
    {
        const int Depth = 100_000;
        AssertBounded(64, () => AssertRefused("a: " + new string('[', Depth) + new string(']', Depth), "nests deeper"));
        AssertBounded(64, () => AssertRefused(string.Concat(Enumerable.Repeat("{a: ", Depth)), "nests deeper"));
        AssertBounded(64, () => AssertRefused(string.Concat(Enumerable.Repeat("- ", Depth)) + "a", "nests deeper"));
        AssertBounded(64, () => AssertRefused(string.Concat(Enumerable.Repeat("? ", Depth)) + "a", ""));

        var chain = new StringBuilder("a0: &a0 x\n");
        for (var i = 1; i < Depth / 10; i++)
        {
            chain.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}]\n");
        }

        AssertBounded(64, () => AssertRefused(chain.ToString(), "aliases stand for far more"));
    }

    [Fact]
    public void Many_equal_and_many_different_keys_are_read_in_linear_space()
    {
        var different = "inputs:\n" + string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"  i{i}: {{type: string}}\n"));
        AssertBounded(128, () => Assert.Equal(20_000, FlowReader.Read("f", different).Value!.Inputs.Count));

        var equal = "inputs:\n" + string.Concat(Enumerable.Repeat("  i: {type: string}\n", 20_000));
        AssertBounded(128, () => Assert.Equal(19_999, FlowReader.Read("f", equal).Diagnostics.Count));
    }

    [Fact]
    public void Long_chains_and_circles_of_nodes_are_walked_in_linear_space()
    {
        static string Nodes(int count, string first) => "inputs: {}\nnodes:\n" + string.Concat(Enumerable.Range(0, count).Select(i =>
            $"- {{name: n{i}, type: python, source: {{type: code, path: a.py}}, inputs: {{x: \"{(i == 0 ? first : "${n" + (i - 1) + ".output}")}\"}}}}\n"));

        AssertBounded(128, () => Assert.Empty(FlowReader.Read("f", Nodes(5_000, "literal")).Diagnostics));
        AssertBounded(128, () => Assert.Equal(FlowRules.NodeCycle, Assert.Single(FlowReader.Read("f", Nodes(5_000, "${n4999.output}")).Diagnostics).Rule));
    }

    [Fact]
    public void Many_templates_are_told_in_linear_space()
    {
        var text = "inputs:\n" + string.Concat(Enumerable.Range(0, 5_000).Select(static i => $"  i{i}: {{type: string, default: {{{{t{i}}}}}}}\n"));

        AssertBounded(128, () => Assert.Equal(20, FlowReader.Read("f", text).Diagnostics.Count(static d => d.Rule == FlowRules.NotReadAsMeant)));

        var line = "inputs:\n  i: {type: list, default: [" + string.Join(", ", Enumerable.Repeat("{{t}}", 20_000)) + "]}\n";

        AssertBounded(128, () => Assert.Equal(20, FlowReader.Read("f", line).Diagnostics.Count(static d => d.Rule == FlowRules.NotReadAsMeant)));
    }

    /// <summary>What every reader says about a text, and the rule by which it refuses what is no YAML.</summary>
    internal static IEnumerable<(DiagnosticRule InvalidYaml, EquatableArray<FlowDiagnostic> Diagnostics)> ReadAll(string text)
    {
        yield return (FlowRules.InvalidYaml, FlowReader.Read("flow.dag.yaml", text).Diagnostics);
        yield return (DeploymentRules.InvalidYaml, DeploymentFileReader.ReadEndpoint("endpoint.yml", text).Diagnostics);
        yield return (DeploymentRules.InvalidYaml, DeploymentFileReader.ReadDeployment("deployment.yml", text).Diagnostics);
        yield return (DeploymentRules.InvalidYaml, DeploymentFileReader.ReadModel("model.yml", text).Diagnostics);
        yield return (DeploymentRules.InvalidYaml, DeploymentFileReader.ReadEnvironment("environment.yml", text).Diagnostics);
    }

    private static void AssertRefused(string text, string advice)
    {
        var diagnostic = Assert.Single(FlowReader.Read("flow.dag.yaml", text).Diagnostics);
        Assert.Equal(FlowRules.InvalidYaml, diagnostic.Rule);
        Assert.Contains(advice, diagnostic.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs on a thread with a small stack, so that recursion shows, and bounds what it allocates.</summary>
    private static void AssertBounded(int megabytes, Action read)
    {
        Exception? failure = null;
        long allocated = 0;
        var thread = new Thread(
            () =>
            {
                try
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    read();
                    allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    failure = exception;
                }
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        Assert.True(allocated < megabytes * 1024L * 1024L, $"{allocated:N0} bytes were allocated; at most {megabytes} MB are right.");
    }
}
