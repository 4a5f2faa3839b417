using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Schema;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests.Schema;

public sealed class EditorSchemaTests(ITestOutputHelper output)
{
    /// <summary>
    /// What a schema cannot see: text that is no YAML, keys that occur twice, references between parts of a file, sums and comparisons.
    /// </summary>
    private static readonly HashSet<DiagnosticRule> Unseen =
    [
        FlowRules.InvalidYaml, FlowRules.DuplicateKey, FlowRules.DuplicateNodeName, FlowRules.UndeclaredInput, FlowRules.UnknownNode,
        FlowRules.NodeCycle, FlowRules.ReadsAggregation, FlowRules.ActivatedByNormalNode, FlowRules.OutputReferenceNotFound,
        DeploymentRules.InvalidYaml, DeploymentRules.InvalidTraffic,
    ];

    [Fact]
    public void The_schemas_of_the_repository_are_what_the_tables_say()
    {
        var folder = Path.Combine(Repository.Root, "build", "schemas");
        if (Environment.GetEnvironmentVariable("FLOWBUILD_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, text) in EditorSchemas.All)
            {
                File.WriteAllText(Path.Combine(folder, name), text);
            }
        }

        Assert.Equal(EditorSchemas.All.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(EditorSchemas.All, schema => Assert.True(
            File.ReadAllText(Path.Combine(folder, schema.Key)).ReplaceLineEndings("\n") == schema.Value,
            $"build/schemas/{schema.Key} is not what the tables say; run this test with FLOWBUILD_UPDATE_DOCS=1 and commit the file."));
    }

    [Fact]
    public void Every_schema_is_a_valid_schema_of_draft_7_that_says_where_it_is_published()
    {
        Assert.All(EditorSchemas.All, static schema =>
        {
            var json = JsonNode.Parse(schema.Value)!;
            Assert.Equal(EditorSchemas.BaseUri + schema.Key, (string?)json["$id"]);
            Assert.True(Json.Schema.MetaSchemas.Draft7.Evaluate(JsonSerializer.SerializeToElement(json)).IsValid);
        });
    }

    [Fact]
    public void Every_key_of_a_schema_says_what_it_means()
    {
        foreach (var (name, text) in EditorSchemas.All)
        {
            AssertDescribed(JsonNode.Parse(text)!, name);
        }

        static void AssertDescribed(JsonNode node, string place)
        {
            if (node is JsonArray items)
            {
                foreach (var item in items.OfType<JsonObject>())
                {
                    AssertDescribed(item, place);
                }
            }

            if (node is not JsonObject schema)
            {
                return;
            }

            // A closed mapping lists all keys that there are; other lists of keys only narrow one.
            if (schema["additionalProperties"] is JsonValue)
            {
                Assert.All(schema["properties"]!.AsObject(), key => Assert.True(
                    key.Value!["description"] is { } text && ((string)text!).EndsWith('.'), $"{place}: '{key.Key}' has no description"));
            }

            foreach (var (keyword, value) in schema)
            {
                if (value is not null and not JsonValue)
                {
                    AssertDescribed(value, $"{place}/{keyword}");
                }
            }
        }
    }

    [Fact]
    public void Every_real_flow_gets_the_verdict_of_the_checks()
    {
        var folder = Corpus.Folder("flows");
        var files = Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")).Select(static row => row[0]).Select(path =>
        {
            var text = File.ReadAllText(Path.Combine(folder, path));
            return (path, text, EditorYaml.ToJson(text)?["entry"] is null ? EditorSchema.Flow : EditorSchema.FlexFlow);
        });

        AssertVerdicts(files);
    }

    [Fact]
    public void Every_real_endpoint_and_deployment_gets_the_verdict_of_the_checks()
    {
        var folder = Corpus.Folder("deployments");
        AssertVerdicts(Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")).Select(row => (
            row[0],
            File.ReadAllText(Path.Combine(folder, row[0])),
            row[1].EndsWith("Endpoint", StringComparison.Ordinal) ? EditorSchema.Endpoint : EditorSchema.Deployment)));
    }

    [Fact]
    public void Every_real_file_of_the_examples_that_the_checks_accept_fits()
    {
        var folder = Path.Combine(Corpus.Folder("deployments"), "online-examples");
        var accepted = Directory.GetFiles(folder, "*.y*ml", SearchOption.AllDirectories)
            .SelectMany(static file => new[] { EditorSchema.Endpoint, EditorSchema.Deployment, EditorSchema.Model, EditorSchema.Environment }.Select(schema => (file, Text: File.ReadAllText(file), schema)))
            .Where(static file => file.schema.Errors(file.Text).Count == 0)
            .ToList();

        AssertVerdicts(accepted);
    }

    [Fact]
    public void Every_file_of_a_sample_fits_the_schema_that_it_names()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "*.y*ml", SearchOption.AllDirectories)
            .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(static file => (File: file, Text: File.ReadAllText(file)))
            .ToList();

        const string Modeline = "# yaml-language-server: $schema=" + EditorSchemas.BaseUri;
        Assert.All(files, static file => Assert.StartsWith(Modeline, file.Text, StringComparison.Ordinal));
        AssertVerdicts(files.Select(static file => (file.File, file.Text, EditorSchema.Of(file.Text[Modeline.Length..file.Text.IndexOf(".schema.json", StringComparison.Ordinal)]))));
    }

    private void AssertVerdicts(IEnumerable<(string Path, string Text, EditorSchema Schema)> files)
    {
        var (accepted, refused, unseen, wrong) = (0, 0, 0, new List<string>());
        foreach (var (path, text, schema) in files)
        {
            var errors = schema.Errors(text);
            var json = EditorYaml.ToJson(text);
            if (errors.Count == 0)
            {
                accepted++;
                wrong.AddRange(schema.Fits(json) ? [] : [$"{path} should fit: {schema.Faults(json)}"]);
            }
            else if (errors.Any(static error => !Unseen.Contains(error.Rule)))
            {
                refused++;
                wrong.AddRange(schema.Fits(json) ? [$"{path} should not fit: {string.Join(" | ", errors.Select(static error => error.Message))}"] : []);
            }
            else
            {
                unseen++;
            }
        }

        output.WriteLine($"fit {accepted} / do not fit {refused} / refused for what no schema sees {unseen}");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.NotEqual(0, accepted);
    }
}
