using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>ValidateFlow finds offline what packaging and planning would refuse, all of it in one run.</summary>
public sealed class OfflineCheckTests
{
    private const string Echo = "from promptflow.core import tool\n\n@tool\ndef echo(text: str) -> str:\n    return text\n";

    [Fact]
    public async Task Every_problem_of_the_package_is_told()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("shared/chat.jinja2", "user:\n{{question}}\n");
        chat.Write("outside.txt", "x");
        chat.Write("basic-chat/.env", "K=1\n");
        chat.Write("basic-chat/.amlignore", "[z-a]\n");
        chat.Replace("basic-chat/flow.dag.yaml", "inputs:\n  chat_history:", "additional_includes:\n- ../shared/chat.jinja2\ninputs:\n  chat_history:");
        File.CreateSymbolicLink(Path.Combine(chat.FlowFolder, "a.txt"), Path.Combine(chat.Project.Directory, "outside.txt"));
        File.CreateSymbolicLink(Path.Combine(chat.FlowFolder, "b.txt"), Path.Combine(chat.Project.Directory, "nowhere.txt"));

        var ids = Validate(chat).Select(static problem => problem.Rule.Id);

        Assert.Equal(["FLOW3001", "FLOW3002", "FLOW3005", "FLOW3006", "FLOW3011"], ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_warning_that_two_targets_of_a_build_find_is_told_once()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/.env", "K=1\n");
        var log = new RecordingLog();
        var deployer = chat.Deployer(log);

        Assert.True(deployer.Validate(reportText: true));
        Assert.NotNull(deployer.Package(null, TestContext.Current.CancellationToken));

        var warning = Assert.Single(Others(log));
        Assert.Equal(PackageRules.SecretLeftOut, warning.Rule);
        Assert.Contains("set them under environment_variables of the deployment file", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flow_with_errors_does_not_hide_those_of_the_next()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("other/flow.dag.yaml", await File.ReadAllTextAsync(chat.Project.Items[0].FlowFile, TestContext.Current.CancellationToken));
        chat.Replace("basic-chat/flow.dag.yaml", "path: chat.jinja2", "path: a.jinja2");
        chat.Replace("other/flow.dag.yaml", "path: chat.jinja2", "path: b.jinja2");
        var item = chat.Project.Items[0];
        var project = chat.Project with
        {
            Items = [item, item with { FlowFile = Path.Combine(chat.Project.Directory, "other", "flow.dag.yaml"), DeploymentFile = null, EndpointFile = null, ModelFile = null }],
        };

        Assert.Equal(["a.jinja2", "b.jinja2"], Validate(chat, project).Where(static p => p.Rule == PackageRules.FileNotFound).Select(static p => p.Arguments[0]));
    }

    [Fact]
    public async Task A_model_outside_the_flow_and_a_deployment_of_two_flows_are_told()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("elsewhere/flow.dag.yaml", "inputs: {}\n");
        chat.Replace("model.yml", "path: basic-chat", "path: elsewhere");
        var project = chat.Project with { Items = [chat.Project.Items[0], chat.Project.Items[0]] };

        var rules = Validate(chat, project).Select(static problem => problem.Rule).ToList();

        Assert.Contains(ConfigurationRules.ModelPathOutside, rules);
        Assert.Contains(ConfigurationRules.SameDeployment, rules);
    }

    [Fact]
    public async Task A_requirements_file_is_no_conda_file()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("requirements.txt", "promptflow==1.18.5\nopenai>=1.0\n");
        chat.Replace("deployment.yml", "environment:\n", "environment:\n  conda_file: requirements.txt\n");

        var problem = Assert.Single(Validate(chat));

        Assert.Equal(DeploymentRules.CondaWithoutDependencies, problem.Rule);
        Assert.Equal("requirements.txt", Path.GetFileName(problem.File));
    }

    [Theory]
    [InlineData("")]
    [InlineData("FlowWorkspace=local")]
    [InlineData("FlowSubscriptionId=00000000-0000-0000-0000-000000000001 FlowResourceGroup=rg FlowWorkspace=ws")]
    public async Task An_override_of_another_workspace_is_told_where_the_build_names_one(string properties)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "environment_variables:\n", "environment_variables:\n  PRT_CONFIG_OVERRIDE: deployment.workspace_name=other\n");

        var run = await new TargetRun(chat).RunAsync("ValidateFlow", properties.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(properties.Contains("ws", StringComparison.Ordinal), run.Output.Contains("error FLOW4013", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text: a", "")]
    [InlineData("txt: a", "FLOW3022 did you mean 'text'?|FLOW3023 needs the argument 'text'")]
    [InlineData("text: a\n    more: b", "FLOW3022 has no parameter 'more'")]
    [InlineData("", "FLOW3023 needs the argument 'text'")]
    public async Task The_inputs_of_a_python_node_are_held_against_its_function(string inputs, string problems)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/echo.py", Echo);
        AddNode(chat, "- name: echo\n  type: python\n  source: {type: code, path: echo.py}\n" + (inputs.Length > 0 ? $"  inputs:\n    {inputs}\n" : ""));

        var found = Validate(chat);

        var expected = problems.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Select(static problem => problem[..8]), found.Select(static problem => problem.Rule.Id));
        Assert.All(expected.Zip(found), static pair => Assert.Contains(pair.First[9..], pair.Second.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("@tool\ndef f(a, *, b: int = 1, **kwargs):\n    pass\n")]
    [InlineData("class C(ToolProvider):\n    @tool\n    def f(self):\n        pass\n")]
    [InlineData("def f():\n    pass\n")]
    [InlineData("@tool\ndef f():\n    pass\n\n@tool\ndef g():\n    pass\n")]
    [InlineData("import promptflow as pf\n@pf.tool(name=\"x\")\n@other\nasync def f(\n    text: Optional[Dict[str, str]] = {'a': ')'},  # a, b\n    more: \"list[str]\" = (1, 2),\n) -> str:\n    pass\n")]
    public async Task Of_a_function_that_is_not_plain_nothing_is_claimed(string source)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/echo.py", source);
        AddNode(chat, "- name: echo\n  type: python\n  source: {type: code, path: echo.py}\n  inputs: {text: a, more: b, a: c}\n".Replace(
            ", a: c", source.Contains("Optional", StringComparison.Ordinal) ? "" : ", a: c", StringComparison.Ordinal));

        Assert.Empty(Validate(chat));
    }

    [Fact]
    public async Task A_template_that_is_not_UTF_8_is_an_error_at_its_byte()
    {
        await using var chat = await BasicChat.StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(chat.FlowFolder, "chat.jinja2"), [.. "user:\n{{question}} caf"u8, 0xE9], TestContext.Current.CancellationToken);

        var problem = Assert.Single(Validate(chat));

        Assert.Equal((PackageRules.NotUtf8, 1, 16), (problem.Rule, problem.Span!.Value.StartLine, problem.Span.Value.StartColumn));
    }

    [Fact]
    public async Task A_deployment_file_that_is_not_UTF_8_is_an_error_at_its_byte()
    {
        await using var chat = await BasicChat.StartAsync();
        await File.AppendAllTextAsync(chat.DeploymentFile, "\ndescription: café\n", System.Text.Encoding.Latin1, TestContext.Current.CancellationToken);

        Assert.Equal(DeploymentRules.NotUtf8, Assert.Single(Validate(chat)).Rule);
    }

    [Fact]
    public async Task Connections_of_tools_and_variables_are_asked_of_the_workspace()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.PutResourceAsync("connections/other", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        chat.Write("basic-chat/store.py", "from promptflow.core import tool\nfrom promptflow.connections import CustomConnection\n\n@tool\ndef store(conn: CustomConnection, other: str):\n    return 1\n");
        chat.Write("basic-chat/.promptflow/flow.tools.json", """{ "package": { "mine.search": { "inputs": { "service": { "type": ["CognitiveSearchConnection"] }, "query": { "type": ["string"] } } } } }""");
        AddNode(chat, """
            - {name: store, type: python, source: {type: code, path: store.py}, inputs: {conn: my-store, other: my-text}}
            - {name: search, type: python, source: {type: package, tool: mine.search}, inputs: {service: my-search, query: my-query}}
            - {name: embed, type: python, source: {type: package, tool: promptflow.tools.embedding.embedding}, inputs: {connection: my-embedding, input: x}}
            environment_variables:
              KEY: ${my-variable.api_key}
              TEXT: ${no reference

            """);
        var log = new RecordingLog();

        await chat.Deployer(log).PlanAsync(writes: false, TestContext.Current.CancellationToken);

        Assert.Equal(
            ["my-embedding", "my-search", "my-store", "my-variable", "open_ai_connection"],
            log.Diagnostics.Where(static d => d.Rule == WorkspaceRules.ConnectionMissing).Select(static d => d.Arguments[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_only_a_python_node_names_needs_the_role()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.PutResourceAsync("connections/my-store", """{ "properties": { "category": "CustomKeys", "target": "-", "authType": "CustomKeys", "credentials": { "keys": {} } } }""");
        chat.Replace("basic-chat/flow.dag.yaml", "type: llm", "type: python");
        chat.Replace("basic-chat/flow.dag.yaml", "chat.jinja2", "store.py");
        chat.Replace("basic-chat/flow.dag.yaml", "  connection: open_ai_connection", "");
        chat.Replace("basic-chat/flow.dag.yaml", "deployment_name: gpt-4o-mini", "conn: my-store");
        chat.Write("basic-chat/store.py", "@tool\ndef store(conn: CustomConnection, chat_history, question):\n    return 1\n");

        var plan = await chat.PlanAsync(new DeploySettings { GrantAccess = true });

        Assert.Contains(plan.ToLines(), static line => line.Contains("+ role        Azure Machine Learning Workspace Connection Secrets Reader", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_about_an_override_holds_its_value_and_one_from_the_environment_does_not()
    {
        await using var chat = await BasicChat.StartAsync();
        string Message(string set) => Assert.Single(Validate(chat, chat.Project with { Overrides = FlowOverrides.Parse(set, static _ => "s_cret") })).Message;

        Assert.Contains("'b_d'", Message("name=b_d"), StringComparison.Ordinal);
        Assert.Contains("'@env:NAME'", Message("name=@env:NAME"), StringComparison.Ordinal);
        Assert.DoesNotContain("s_cret", Message("name=@env:NAME"), StringComparison.Ordinal);
    }

    private static void AddNode(BasicChat chat, string nodes)
    {
        var parts = nodes.Split("environment_variables:");
        chat.Replace("basic-chat/flow.dag.yaml", "nodes:\n", (parts.Length > 1 ? "environment_variables:" + parts[1] : "") + "nodes:\n" + parts[0]);
    }

    // The chat's own deployment has a key in the open.
    private static IReadOnlyList<FlowDiagnostic> Others(RecordingLog log) =>
        [.. log.Diagnostics.Where(static problem => problem.Rule != DeploymentRules.SecretInPlainText)];

    private static IReadOnlyList<FlowDiagnostic> Validate(BasicChat chat, FlowProject? project = null)
    {
        var log = new RecordingLog();
        var isGood = chat.Deployer(log, project: project).Validate(reportText: true);
        Assert.Equal(isGood, log.Diagnostics.All(static problem => problem.Rule.Severity == RuleSeverity.Warning));
        return Others(log);
    }
}
