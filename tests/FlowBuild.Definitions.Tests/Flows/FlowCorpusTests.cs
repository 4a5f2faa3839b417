using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Flows;

public sealed class FlowCorpusTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_real_flow_gets_the_verdict_that_its_yaml_alone_shows()
    {
        var folder = Corpus.Folder("flows");
        var (right, wrong) = (0, new List<string>());
        foreach (var row in Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")))
        {
            var isRefusedByYaml = row[1] == "invalid" && row[2] == "contract";
            var result = Read(folder, row[0]);
            if (result.HasErrors == isRefusedByYaml && (isRefusedByYaml || result.Value is not null))
            {
                right++;
            }
            else
            {
                wrong.Add($"{row[0]} should be {row[1]}: {Describe(result.Diagnostics)}");
            }

            foreach (var diagnostic in result.Diagnostics)
            {
                output.WriteLine($"{row[0]}({diagnostic.Span?.StartLine + 1},{diagnostic.Span?.StartColumn + 1}): {diagnostic.Rule.Severity} {diagnostic.Rule.Id}: {diagnostic.Message}");
            }
        }

        output.WriteLine($"right {right} / wrong {wrong.Count} / total {right + wrong.Count}");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.NotEqual(0, right);
    }

    [Fact]
    public void Every_contract_equals_the_one_that_promptflow_derives()
    {
        var folder = Corpus.Folder("flows");
        var (right, wrong) = (0, new List<string>());
        var refused = Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")).Where(static row => row[1] == "invalid" && row[2] == "contract").Select(static row => row[0]).ToHashSet();
        foreach (var line in File.ReadLines(Path.Combine(folder, "CONTRACTS.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var expected = document.RootElement;
            var path = expected.GetProperty("path").GetString()!;
            if (refused.Contains(path) || !expected.TryGetProperty("request", out _))
            {
                continue;
            }

            if (Read(folder, path).Value is not { } flow)
            {
                wrong.Add(path + ": no definition");
                continue;
            }

            var differences = Differences(expected, FlowReader.GetContract(flow, responseFields: null)).ToList();
            if (differences.Count == 0)
            {
                right++;
            }
            else
            {
                wrong.Add(path + ": " + string.Join("; ", differences));
            }
        }

        output.WriteLine($"right {right} / wrong {wrong.Count} / total {right + wrong.Count}");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.NotEqual(0, right);
    }

    private static IEnumerable<string> Differences(JsonElement expected, FlowContract actual)
    {
        // The file sorts properties by name; 'required' names the inputs in the order of the flow.
        var request = expected.GetProperty("request");
        List<JsonProperty> inputs = request.TryGetProperty("required", out var required)
            ? [.. required.EnumerateArray().Select(name => Properties(request).Single(p => p.NameEquals(name.GetString())))]
            : [];
        if (!inputs.Select(static p => (p.Name, SwaggerType(p.Value))).SequenceEqual(actual.Inputs.Select(static i => (i.Name, SwaggerType(i.Type)))))
        {
            yield return $"inputs {string.Join(",", inputs.Select(static p => p.Name))} against {string.Join(",", actual.Inputs.Select(static i => i.Name + ":" + i.Type))}";
        }

        // The swagger knows a default only when Python takes it for true.
        foreach (var (property, input) in inputs.Zip(actual.Inputs))
        {
            if (property.Value.TryGetProperty("default", out var value))
            {
                using var own = JsonDocument.Parse(input.DefaultJson ?? "null");
                if (!JsonElement.DeepEquals(value, own.RootElement))
                {
                    yield return $"default of {input.Name}: {value.GetRawText()} against {input.DefaultJson}";
                }
            }
            else if (input.DefaultJson is not (null or "0" or "0.0" or "false" or "\"\"" or "[]" or "{}"))
            {
                yield return $"default of {input.Name}: none against {input.DefaultJson}";
            }
        }

        var dropped = expected.TryGetProperty("outputs_dropped", out var names) ? names.EnumerateArray().Select(static n => n.GetString()!).ToList() : [];
        var outputs = Properties(expected.GetProperty("response")).Where(p => !dropped.Contains(p.Name)).ToList();
        if (!outputs.Select(static p => (p.Name, SwaggerType(p.Value))).SequenceEqual(
            actual.Outputs.Select(static o => (o.Name, SwaggerType(o.DeclaredType))).OrderBy(static o => o.Name, StringComparer.Ordinal)))
        {
            yield return $"outputs {string.Join(",", outputs.Select(static p => p.Name))} against {string.Join(",", actual.Outputs.Select(static o => o.Name))}";
        }

        var isChat = expected.TryGetProperty("is_chat_flow", out var chat) && chat.GetBoolean();
        if (isChat != actual.Chat is not null)
        {
            yield return $"chat {isChat}: {(expected.TryGetProperty("not_chat_reason", out var reason) ? reason.GetString() : "")}";
        }
        else if (actual.Chat is { } roles)
        {
            var info = expected.GetProperty("info");
            if (info.GetProperty("x-chat-input").GetString() != roles.Input
                || info.GetProperty("x-chat-output").GetString() != roles.Output
                || expected.GetProperty("chat_history_input").GetString() != roles.History)
            {
                yield return $"roles {roles}";
            }
        }
    }

    private static List<JsonProperty> Properties(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties) ? [.. properties.EnumerateObject()] : [];

    private static string SwaggerType(JsonElement property) => property.GetProperty("type").GetString()!;

    private static string SwaggerType(FlowValueType type) => type switch
    {
        FlowValueType.String => "string",
        FlowValueType.Int => "integer",
        FlowValueType.Double => "number",
        FlowValueType.Bool => "boolean",
        FlowValueType.List => "array",
        _ => "object",
    };

    private static ReadResult<FlowDefinition> Read(string folder, string path)
    {
        var file = Path.Combine(folder, path);
        return FlowReader.Read(file, File.ReadAllText(file));
    }

    private static string Describe(IEnumerable<FlowDiagnostic> diagnostics) =>
        string.Join(" | ", diagnostics.Select(static d => $"{d.Rule.Id} {d.Message}"));
}
