using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests;

/// <summary>
/// Feeds damaged files to every reader. The seed is fixed, so a failure comes again; <c>FLOWBUILD_FUZZ</c> sets how many texts are
/// tried (default 3000), and <c>FLOWBUILD_FUZZ_SEED</c> another seed.
/// </summary>
[Trait("Category", "Security")]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Fragments =
    [
        "&a ", "*a", "<<: *a\n", "{", "}", "[", "]", ": ", "- ", "? ", "|\n", ">-\n", "'", "\"", "\\", "#", "!!int ", "!x ", "%YAML 1.1\n", "---\n", "...\n",
        "\t", "\r", "\0", "\u0085", "\u2028", "\uFEFF", "é", "\U0001F600", "~", "null", "yes", "1e400", "0x", "-.inf", ".nan", "${", "${inputs.", "{{x}}", "${VAR}",
        "type: ", "reference: ${a.output}\n", "inputs:\n", "nodes:\n", "activate: {when: x}\n", "use_variants: true\n", "999999999999999999999", "2024-02-30", "1:30:59",
    ];

    private static readonly string[] OwnTexts =
    [
        "inputs:\n  a: &x {type: string, default: [1, {b: c}]}\n  b: *x\noutputs:\n  o: {type: string, reference: \"${n.output}\"}\nnodes:\n- name: n\n  type: python\n  source: {type: code, path: a.py}\n  inputs: {q: \"${inputs.a}\"}\n",
        "name: blue\nendpoint_name: basic-chat\ninstance_type: Standard_DS3_v2\nmodel: azureml:m@latest\nenvironment:\n  image: x\n  inference_config:\n    liveness_route: {path: /health, port: 8080}\nenvironment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"a\"]'\n",
        "name: basic-chat\nauth_mode: key\ntraffic: {blue: 90, green: 10}\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n  - resource_id: /x\n",
    ];

    [Fact]
    public void No_reader_throws_or_grows_whatever_the_text()
    {
        var count = Number("FLOWBUILD_FUZZ", 3_000);
        var random = new Random(Number("FLOWBUILD_FUZZ_SEED", 20261124));
        var texts = Texts();
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            var text = Damage(texts[random.Next(texts.Count)], texts, random);
            try
            {
                refused += Read(text) ? 1 : 0;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Text {i} broke a reader: {exception}\n{text}");
            }
        }

        output.WriteLine($"{count} texts, {refused} refused as YAML");
    }

    private static bool Read(string text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRefused = false;
        var lines = LineLengths(text);
        foreach (var (rule, diagnostics) in HostileTextTests.ReadAll(text))
        {
            foreach (var diagnostic in diagnostics)
            {
                isRefused |= diagnostic.Rule == rule;
                AssertInside(diagnostic, lines, text);
            }
        }

        if (FlowReader.Read("flow.dag.yaml", text).Value is { } flow)
        {
            _ = FlowReader.GetContract(flow, new EquatableArray<string>(["a"]));
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 8_000_000 + (text.Length * 3_000L), $"{allocated:N0} bytes for {text.Length:N0} characters:\n{text}");
        return isRefused;
    }

    private static void AssertInside(FlowDiagnostic diagnostic, List<int> lines, string text)
    {
        Assert.NotEmpty(diagnostic.Message);
        if (diagnostic.Span is not { } span)
        {
            return;
        }

        var isInside = span.StartLine >= 0 && span.StartColumn >= 0 && span.EndLine < lines.Count
            && (span.EndLine > span.StartLine || (span.EndLine == span.StartLine && span.EndColumn >= span.StartColumn))
            && span.StartColumn <= lines[span.StartLine] && span.EndColumn <= lines[span.EndLine];
        Assert.True(isInside, $"{diagnostic.Rule.Id} {diagnostic.Message} at {span}:\n{text}");
    }

    private static List<int> LineLengths(string text)
    {
        var lengths = new List<int>();
        var start = text.StartsWith('\uFEFF') ? 1 : 0;
        for (var i = start; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029')
            {
                lengths.Add(i - start);
                i += i + 1 < text.Length && text[i] == '\r' && text[i + 1] == '\n' ? 1 : 0;
                start = i + 1;
            }
        }

        return lengths;
    }

    private static string Damage(string text, List<string> texts, Random random)
    {
        var damaged = new StringBuilder(text);
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(damaged.Length + 1);
            var length = Math.Min(random.Next(1, 30), damaged.Length - at);
            switch (random.Next(7))
            {
                case 0:
                    damaged.Remove(at, length);
                    break;
                case 1:
                    damaged.Insert(at, Fragments[random.Next(Fragments.Length)]);
                    break;
                case 2:
                    var other = texts[random.Next(texts.Count)];
                    var from = random.Next(other.Length);
                    damaged.Insert(at, other.AsSpan(from, Math.Min(random.Next(200), other.Length - from)));
                    break;
                case 3 when length > 0:
                    damaged[at] = (char)random.Next(0x20, random.Next(4) == 0 ? 0x10000 : 0x7F);
                    break;
                case 4:
                    damaged.Insert(at, damaged.ToString(at, length));
                    break;
                case 5:
                    damaged.Length = at;
                    break;
                default:
                    damaged.Replace("\n", random.Next(2) == 0 ? "\r\n" : "\n  ", at, length);
                    break;
            }
        }

        return damaged.ToString();
    }

    private static List<string> Texts()
    {
        var texts = new List<string>(OwnTexts);
        if (Repository.Corpus is { } corpus)
        {
            texts.AddRange(Directory.EnumerateFiles(corpus, "*.y*ml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText).Where(static t => t.Length < 20_000));
        }

        return texts;
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
