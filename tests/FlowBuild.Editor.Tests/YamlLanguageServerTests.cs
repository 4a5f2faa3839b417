namespace FlowBuild.Editor.Tests;

/// <summary>What the YAML language server makes of the schemas.</summary>
public sealed class YamlLanguageServerTests(YamlLanguageServer server) : IClassFixture<YamlLanguageServer>
{
    private const string Deployment = "name: blue\nendpoint_name: basic-chat\ninstance_type: Standard_DS3_v2\n";

    [Fact]
    public async Task The_files_of_the_samples_get_no_marks()
    {
        server.Require();
        var samples = Path.Combine(Repository.Root, "samples");
        foreach (var file in Directory.GetFiles(samples, "*.y*ml", SearchOption.AllDirectories).Where(static file => !file.Split(Path.DirectorySeparatorChar).Contains("obj")))
        {
            var schema = Path.GetFileNameWithoutExtension(file).Split('.')[0];
            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);

            // Without the first line, which names the published schema.
            Assert.Empty(await server.MarksAsync(schema, string.Join('\n', lines.Skip(1))));
        }
    }

    [Theory]
    [InlineData("deployment", Deployment + "instance_cout: 1\n", "4: Property instance_cout is not allowed.")]
    [InlineData("deployment", Deployment + "instance_count: 99\n", "4: Value is above the maximum of 50.")]
    [InlineData("deployment", "name: blue\nendpoint_name: basic-chat\n", "1: Missing property \"instance_type\".")]
    [InlineData("deployment", Deployment + "type: Kubernetes\n", "4: Value is not accepted. Valid values: \"managed\", \"kubernetes\".")]
    [InlineData("deployment", Deployment + "model: model:m:1\n", "4: The model: azureml:NAME:VERSION, azureml:NAME@latest, or a mapping with 'path'.")]
    [InlineData("endpoint", "name: basic-chat\nauth_mode: keys\n", "2: Value is not accepted. Valid values: \"key\", \"aml_token\", \"aad_token\".")]
    [InlineData("endpoint", "name: my_endpoint\n", "1: The name of the endpoint, unique in its Azure region: 3 to 32 letters, digits and single hyphens.")]
    [InlineData("model", "path: .\n", "1: Missing property \"name\".")]
    [InlineData("environment", "name: e\nversion: 1\n", "1: Missing property \"image\".")]
    [InlineData("flow", "inputs:\n  a:\n    type: strnig\n", "3: Value is not accepted. Valid values: \"string\", \"int\", \"double\", \"bool\", \"list\", \"object\", \"image\".")]
    [InlineData("flow", "nodes:\n- name: chat\n  type: llm\n", "2: Missing property \"source\".")]
    [InlineData("flex-flow", "inputs: {}\n", "1: Missing property \"entry\".")]
    public async Task A_fault_is_marked_in_its_line_and_says_what_would_be_right(string schema, string text, string mark)
    {
        server.Require();

        Assert.Equal([mark], await server.MarksAsync(schema, text));
    }

    [Theory]
    [InlineData("deployment", "name: blue\n|", "endpoint_name instance_type request_settings")]
    [InlineData("deployment", "name: blue\ntype: kubernetes\n|", "instance_type resources")]
    [InlineData("deployment", "name: blue\ntype: |", "managed kubernetes")]
    [InlineData("deployment", Deployment + "environment_variables:\n  |", "PROMPTFLOW_RUN_MODE PROMPTFLOW_RESPONSE_INCLUDED_FIELDS")]
    [InlineData("endpoint", "name: basic-chat\n|", "auth_mode compute traffic")]
    [InlineData("endpoint", "name: basic-chat\nauth_mode: |", "key aml_token aad_token")]
    [InlineData("flow", "inputs:\n  a:\n    type: |", "string int double bool list object image")]
    [InlineData("flow", "nodes:\n- name: a\n  t|", "type source inputs activate")]
    [InlineData("flow", "nodes:\n- name: a\n  type: |", "llm python prompt custom_llm")]
    public async Task Keys_and_words_are_offered(string schema, string text, string offered)
    {
        server.Require();

        var offers = await server.OffersAsync(schema, text);

        Assert.Superset(offered.Split(' ').ToHashSet(), offers.ToHashSet());
    }

    [Theory]
    [InlineData("deployment", Deployment + "request_settings:\n  request_time|out_ms: 1\n", "Milliseconds until a request is given up")]
    [InlineData("flow", "outputs:\n  a:\n    type: string\n    refer|ence: ${b.output}\n", "What the output is, such as ${node.output}")]
    public async Task A_key_tells_what_it_means(string schema, string text, string meaning)
    {
        server.Require();

        Assert.Contains(meaning, (await server.HoverAsync(schema, text)).Replace("\\", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
