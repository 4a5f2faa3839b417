using System.Globalization;
using System.Text;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;

namespace FlowBuild.Generator.Tests;

/// <summary>
/// Whatever a file holds, a problem is a diagnostic and what is generated compiles. A fixed seed makes a failure repeatable;
/// <c>FLOWBUILD_FUZZ_ROUNDS</c> makes the run long.
/// </summary>
[Trait("Category", "Security")]
public sealed class FuzzTests
{
    private const int FlowsPerProject = 40;

    private static readonly string[] Seeds =
    [
        """
        inputs:
          chat_history: {type: list, is_chat_history: true, default: []}
          question: {type: string, is_chat_input: true, default: hi, description: "a <b>"}
          picture: {type: image}
          n: {type: int, default: 1}
        outputs:
          answer: {type: string, reference: "${chat.output}", is_chat_output: true}
          context: {type: list, reference: "${find.output.context[0]}"}
          score: {type: double, reference: "${find.output['s']}", evaluation_only: true}
        nodes:
        - name: chat
          type: llm
          source: {type: code, path: chat.jinja2}
          api: chat
          connection: c
          inputs: {deployment_name: d, question: "${inputs.question}", chat_history: "${inputs.chat_history}"}
        - name: find
          type: python
          source: {type: code, path: find.py}
          inputs: {q: "${inputs.question}"}
          activate: {when: "${inputs.n}", is: 1}
        message_format: openai-vision
        """,
        "entry: flow:run\ninputs:\n  a: {type: string}\noutputs:\n  o: {type: object}\n",
    ];

    private static readonly string[] Tokens =
    [
        "inputs", "outputs", "nodes", "type", "default", "reference", "string", "int", "list", "object", "image", "bool", "double", "${", "}", "${inputs.",
        ": ", "- ", "\n", "\n  ", "\n    ", "{", "[", "]", ",", "\"", "'", "|", ">", "&a ", "*a", "<<: ", "!!str ", "~", "null", "true", "1e999", ".nan", "0x1F",
        "class", "ToString", "Equals", "naïve", "日本", "😀", "\u2028", "\u0085", "\u0000", "\t", "\r\n", "\uFEFF", "# c", "%YAML 1.1", "---", "...", "\ud800", "</summary>", "\\", "@", "`",
    ];

    [Fact]
    public void Any_text_gives_diagnostics_or_code_that_compiles()
    {
        var random = new Random(20261124);
        var seeds = Seeds.Concat(CorpusFlows()).ToArray();
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("FLOWBUILD_FUZZ_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 10;
        for (var round = 0; round < rounds; round++)
        {
            var project = new FlowProject();
            var texts = new List<string>();
            for (var i = 0; i < FlowsPerProject; i++)
            {
                var text = i == 0 ? Noise(random) : Mutate(random, seeds[random.Next(seeds.Length)]);
                texts.Add(text);
                project.Flow($"f{i}/{(random.Next(8) == 0 ? "flow.flex.yaml" : "flow.dag.yaml")}", text);
            }

            var run = project.Run();
            Assert.True(run.Exception is null, $"round {round}: {run.Exception}");
            Assert.DoesNotContain(run.Diagnostics, static d => d.Id is "FLOW1900" or "CS8785");
            Assert.True(run.CompilerProblems.Count == 0, $"round {round}: {string.Join('\n', run.CompilerProblems.Take(3))}");
        }
    }

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void A_hostile_text_is_refused_or_read_within_bounds(string what, Func<string> make)
    {
        var text = make();
        var project = new FlowProject().Flow("f/flow.dag.yaml", text).Add("d.yml", text, ("FlowBuildKind", "DeploymentFile"));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var run = project.Run();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(run.Exception is null, $"{what}: {run.Exception}");
        Assert.DoesNotContain(run.Diagnostics, static d => d.Id is "FLOW1900" or "CS8785");
        Assert.True(allocated < 64_000_000 + (100L * text.Length), $"{what}: {allocated} bytes");
    }

    public static TheoryData<string, Func<string>> HostileTexts() => new()
    {
        { "alias bomb", static () => "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 20).Select(static i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat(i == 1 ? "*a" : $"*a{i - 1}", 9))}]\n")) + "inputs:\n  q: {type: list, default: *a20}\n" },
        { "merge bomb", static () => "a: &a {x: 1}\n" + string.Concat(Enumerable.Range(1, 20).Select(static i => $"a{i}: &a{i} {{<<: [{string.Join(',', Enumerable.Repeat(i == 1 ? "*a" : $"*a{i - 1}", 9))}]}}\n")) + "inputs: *a20\n" },
        { "alias to itself", static () => "inputs: &a\n  q: *a\n" },
        { "depth in flow style", static () => "inputs: " + new string('[', 100_000) },
        { "depth in mappings", static () => "inputs: " + string.Concat(Enumerable.Repeat("{a: ", 100_000)) },
        { "depth in block style", static () => string.Concat(Enumerable.Range(0, 3_000).Select(static i => new string(' ', i) + "a:\n")) },
        { "depth in sequences", static () => "inputs:\n" + string.Concat(Enumerable.Repeat("- ", 100_000)) },
        { "fifty megabytes of text", static () => "description: " + new string('x', 50_000_000) },
        { "many inputs", static () => "inputs:\n" + string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"  i{i}: {{type: int}}\n")) },
        { "many colliding inputs", static () => "inputs:\n" + string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"  \"a{new string('-', i)}\": {{type: int}}\n")) },
        { "NUL", static () => "inputs:\n  q\0: {type: string}\n" },
        { "half a surrogate pair", static () => "inputs:\n  \"q\ud800\": {type: string, description: \"\udc00\"}\n" },
        { "tabs", static () => "inputs:\n\tq:\n\t\ttype: string\n" },
        { "CRLF", static () => "inputs:\r\n  q:\r\n    type: string\r\n" },
        { "BOM", static () => "\uFEFFinputs:\n  q: {type: string}\n" },
        { "UTF-16 taken for UTF-8", static () => Encoding.UTF8.GetString(Encoding.Unicode.GetBytes("inputs:\n  q: {type: string}\n")) },
        { "nothing", static () => "" },
        { "a scalar", static () => "flow" },
        { "two documents", static () => "inputs: {}\n---\ninputs: {}\n" },
    };

    private static string Mutate(Random random, string text)
    {
        var result = new StringBuilder(text);
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(result.Length + 1);
            var length = Math.Min(random.Next(1, 12), result.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    result.Remove(at, length);
                    break;
                case 1:
                    result.Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
                case 2:
                    result.Remove(at, length).Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
                case 3:
                    result.Insert(at, result.ToString(at, length));
                    break;
                default:
                    // Swap two words: keys and values end up where they do not belong.
                    result.Replace(Tokens[random.Next(13)], Tokens[random.Next(13)], at, result.Length - at);
                    break;
            }
        }

        return result.ToString();
    }

    private static string Noise(Random random) => string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Tokens[random.Next(Tokens.Length)]));

    private static IEnumerable<string> CorpusFlows() => Repository.Corpus is { } corpus
        ? Directory.EnumerateFiles(Path.Combine(corpus, "flows"), "flow.*.y*ml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText)
        : [];
}
