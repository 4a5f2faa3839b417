using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests;

[Trait("Category", "Security")]
public sealed class LogTextTests
{
    [Theory]
    [InlineData("a plain message: 12:30, '## Title', C:\\folder, a::b", "a plain message: 12:30, '## Title', C:\\folder, a::b")]
    [InlineData("naïve 日本 👩‍💻", "naïve 日本 👩‍💻")]
    [InlineData("a\tb", "a\tb")]
    [InlineData("a\r\nb", "a\\u000d\\u000ab")]
    [InlineData("\u001b[31m\u007f\u0085\u2028\u2029\u202e\u2066\u200f\ufeff",
        "\\u001b[31m\\u007f\\u0085\\u2028\\u2029\\u202e\\u2066\\u200f\\ufeff")]
    [InlineData("::error ::x", "\\u003a:error ::x")]
    [InlineData(" \u00a0\u3000::error ::x", " \u00a0\u3000\\u003a:error ::x")]
    [InlineData("a ##vso[x]y ##[z] ###VSO[x]", "a #\\u0023vso[x]y #\\u0023[z] ##\\u0023VSO[x]")]
    [InlineData("a.cs(1,2): error CS0001: x", "a.cs(1,2): \\u0065rror CS0001: x")]
    [InlineData("a.cs(1,2-3) : fatal error X: x", "a.cs(1,2-3) : fatal \\u0065rror X: x")]
    [InlineData("a.c:1:2: warning: x", "a.c:1:2: \\u0077arning: x")]
    [InlineData("a.c::: error: x", "a.c::: \\u0065rror: x")]
    [InlineData("a:1:(1,2): error: x", "a:1:(1,2): \\u0065rror: x")]
    [InlineData("a:1:2:b: error: x", "a:1:2:b: error: x")]
    [InlineData("link : ERROR LNK1: x", "link : \\u0045RROR LNK1: x")]
    public void Text_of_others_becomes_one_line_that_nobody_obeys(string text, string line)
    {
        Assert.Equal(line, LogText.Escape(text));
        Assert.Equal(line, LogText.Escape(line));
    }

    // With time that grows as the square of the length this is more than an hour.
    [Theory]
    [InlineData(":1")]
    [InlineData("(1)")]
    [InlineData("(1) ")]
    [InlineData("error ")]
    [InlineData("##a")]
    public void A_line_of_what_agents_look_for_costs_no_more_than_its_length(string part)
    {
        var line = string.Concat(Enumerable.Repeat(part, 1_000_000));

        Assert.StartsWith(part[..1], LogText.Escape(line + "\u001b"), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_made_visible() => Assert.Equal("\\ud800x\\udc00 😀", LogText.Escape("\ud800x\udc00 😀"));

    [Theory]
    [InlineData("/a: error X1: b/c\n", "/a\\u003a \\u0065rror X1\\u003a b/c\\u000a")]
    [InlineData("C:\\a: b", "C:\\a\\u003a b")]
    [InlineData("/a/b", "/a/b")]
    public void A_path_holds_no_colon_that_could_end_it(string path, string escaped) => Assert.Equal(escaped, LogText.EscapePath(path));

    [Fact]
    public void Quoted_lines_are_marked_and_safe()
    {
        var lines = LogText.Quote("error: a\r\n::b\rPlan: no changes\n\n").ToList();

        Assert.Equal(["|:: error: a", "|:: \\u003a:b", "|:: Plan: no changes"], lines);
        Assert.Empty(AgentLog.Faults(string.Join('\n', LogText.Quote(AgentLog.Payload))));
    }

    [Fact]
    public void Random_text_of_what_agents_look_for_is_never_obeyed()
    {
        string[] parts = ["#", "##", "[", "]", "vso", ":", "::", " ", "\t", "\n", "\r", "\u001b", "\u2028", "error", "warning", "X1", "1",
            "(1,2)", "a", "\u00a0", "C", ">", "\\"];
        var random = new Random(20261129);
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));

            Assert.Equal([], AgentLog.Faults(string.Join('\n', LogText.Quote(text))));
            Assert.Equal([], AgentLog.Faults("p.proj : error FLOW0001: " + LogText.Escape(text)));
            Assert.Equal([], AgentLog.Faults($"{LogText.EscapePath("/" + text)}(1,2): error FLOW0001: text"));
        }
    }

    [Fact]
    public void A_long_text_is_escaped_in_linear_time()
    {
        // Quadratic time would be hours.
        foreach (var part in (string[])["error ", "(1 ", ":1", "(1):error ", "#", "::", "\u001b", "error  ", ":1:1: "])
        {
            Assert.NotEmpty(LogText.Escape(string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length))));
        }
    }

    [Fact]
    public void The_message_of_a_diagnostic_is_safe()
    {
        var message = FlowDiagnostic.At(PackageRules.FileNotFound, null, null, AgentLog.Payload, AgentLog.Payload).Message;

        Assert.Equal([], AgentLog.Faults("/a/b.yml(1,2): error FLOW3001: " + message));
    }
}
