using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Schema;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests.Schema;

public sealed class EditorSchemaTests(ITestOutputHelper output)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public void Every_valid_real_flow_fits_the_schema()
    {
        var folder = Corpus.Folder("flows");
        var schemas = (Dag: Schema("flow"), Flex: Schema("flex-flow"));
        var (right, wrong) = (0, new List<string>());
        foreach (var row in Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")).Where(static row => row[1] == "valid"))
        {
            var flow = JsonSchema.FromYaml(File.ReadAllText(Path.Combine(folder, row[0])));
            var faults = JsonSchema.Validate(flow, flow!["entry"] is null ? schemas.Dag : schemas.Flex).ToList();
            right += faults.Count == 0 ? 1 : 0;
            wrong.AddRange(faults.Select(fault => row[0] + fault));
        }

        output.WriteLine($"right {right} / wrong {wrong.Count}");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.NotEqual(0, right);
    }

    [Fact]
    public void Every_real_deployment_file_gets_the_same_verdict_from_the_schema()
    {
        var folder = Corpus.Folder("deployments");
        var schemas = (Endpoint: Schema("endpoint"), Deployment: Schema("deployment"));
        var right = 0;
        foreach (var row in Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")))
        {
            var schema = row[1].EndsWith("Endpoint", StringComparison.Ordinal) ? schemas.Endpoint : schemas.Deployment;
            var faults = JsonSchema.Validate(JsonSchema.FromYaml(File.ReadAllText(Path.Combine(folder, row[0]))), schema).ToList();
            Assert.True(faults.Count > 0 == (row[2] == "INVALID"), row[0] + ": " + string.Join("; ", faults));
            right++;
        }

        output.WriteLine($"right {right} / wrong 0");
        Assert.NotEqual(0, right);
    }

    [Theory]
    [InlineData("deployment", "name: blue\nendpoint_name: basic\ninstance_type: x\ninstance_cout: 1\n", "instance_cout is unknown")]
    [InlineData("deployment", "name: blue\nendpoint_name: basic\ninstance_type: x\ninstance_count: 99\n", "/instance_count")]
    [InlineData("deployment", "name: blue\nendpoint_name: basic\n", "instance_type is missing")]
    [InlineData("deployment", "name: blue\nendpoint_name: basic\ninstance_type: x\nmodel: model:m:1\n", "/model")]
    [InlineData("endpoint", "name: basic\nauth_mode: keys\n", "/auth_mode")]
    [InlineData("endpoint", "name: my_endpoint\n", "/name")]
    [InlineData("model", "path: .\n", "name is missing")]
    [InlineData("environment", "name: e\nimage: x\ninference_config: {}\n", "scoring_route is missing")]
    [InlineData("flow", "inputs:\n  a: {type: str}\n", "/inputs/a/type")]
    public void A_schema_marks_what_the_checks_refuse(string name, string text, string expected)
    {
        Assert.Contains(JsonSchema.Validate(JsonSchema.FromYaml(text), Schema(name)), fault => fault.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void The_schemas_of_the_repository_are_what_the_tables_say()
    {
        var folder = Path.Combine(Repository.Root, "schemas");
        foreach (var (name, text) in EditorSchemas.All)
        {
            var file = Path.Combine(folder, name);
            var indented = JsonSerializer.Serialize(JsonNode.Parse(text), Indented).ReplaceLineEndings("\n") + "\n";
            if (Environment.GetEnvironmentVariable("FLOWBUILD_UPDATE_DOCS") == "1")
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(file, indented);
            }

            Assert.True(
                File.Exists(file) && File.ReadAllText(file).ReplaceLineEndings("\n") == indented,
                $"schemas/{name} is not what the tables say; run this test with FLOWBUILD_UPDATE_DOCS=1 and commit the file.");
        }
    }

    private static JsonObject Schema(string name) => JsonNode.Parse(EditorSchemas.All[name + ".schema.json"])!.AsObject();
}
