using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>Every public property and every metadata of an item changes something when it is set through MSBuild.</summary>
public sealed partial class PropertyEffectTests
{
    [Fact]
    public async Task Every_property_changes_what_a_target_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The browser is opened by xdg-open on Linux only.");
        await using var chat = await StartAsync();
        var targets = new TargetRun(chat);
        FakeBrowser.Install(chat, targets);
        Write(chat, "azure-cli/config", "[defaults]\ngroup = cli-group\nworkspace = cli-workspace\n");
        Write(
            chat, "azure-cli/azureProfile.json",
            """{ "subscriptions": [ { "id": "00000000-0000-0000-0000-000000000002", "isDefault": true } ] }""");
        targets.Environment["APPDATA"] = Path.Combine(chat.Folder, "appdata");
        targets.Environment["AZURE_TOKEN_CREDENTIALS"] = "VisualStudioCodeCredential";

        AssertEffects(await PropertyEffectRun.RunAsync(chat, targets, PropertyEffects.OfProperties, static effect => effect.Name));

        var secrets = Path.Combine(chat.Folder, "appdata", "Microsoft", "UserSecrets");
        Assert.True(File.Exists(Path.Combine(secrets, "effects", "secrets.json")));
        Assert.False(Directory.Exists(Path.Combine(secrets, "effectsfalse")));
    }

    [Fact]
    public async Task Metadata_of_an_item_name_its_files()
    {
        await using var chat = await StartAsync();

        AssertEffects(await PropertyEffectRun.RunAsync(
            chat, new TargetRun(chat), PropertyEffects.OfMetadata, static effect => $"{effect.Name}Metadata"));
    }

    [Fact]
    public async Task Properties_of_the_local_workspace_change_how_it_starts()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);
        var state = Path.Combine(chat.Folder, "state-of-targets");
        targets.Environment["FLOWBUILD_LOCAL_WORKSPACE"] = state;
        try
        {
            var byContract = await targets.RunAsync("StartLocalWorkspace", Assembly);
            Assert.True(byContract.Lines("it answers by contract").Count == 1, byContract.Output);
            Assert.DoesNotContain("--idle-timeout", CommandLine(state), StringComparison.Ordinal);

            // A server that is named replaces the workspace, which then starts with the other idle time as well.
            var served = await targets.RunAsync(
                "StartLocalWorkspace", Assembly, "FlowServeCommand=http://127.0.0.1:9/", "FlowLocalIdleTimeout=7");

            Assert.True(served.Lines("a real server answers (FlowServeCommand)").Count == 1, served.Output);
            Assert.Contains("--idle-timeout 7", CommandLine(state), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(0, (await targets.RunAsync("StopLocalWorkspace", Assembly)).ExitCode);
        }
    }

    [Fact]
    public void Every_property_has_a_row_and_stands_in_the_documentation()
    {
        string[] rows = [.. PropertyEffects.OfProperties.Select(static effect => effect.Name), .. PropertyEffects.OfStart, .. PropertyEffects.OfOtherTests];
        Assert.Equal(FlowProperties.Names.Order(StringComparer.Ordinal), rows.Distinct().Order(StringComparer.Ordinal));

        var documentation = File.ReadAllText(Path.Combine(Repository.Root, "docs", "targets.md"));
        Assert.DoesNotContain(FlowProperties.Names, name => !Regex.IsMatch(documentation, $"`{name}\\b"));
    }

    [Fact]
    public void Every_property_that_the_targets_read_is_a_public_one()
    {
        var read = TargetFiles().SelectMany(static file => Property().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups[1].Value).ToHashSet();
        // A property of the task only: secrets may stand in its value, and MSBuild records what a target hands to a task.
        read.Add("FlowServeCommand");

        Assert.Equal(FlowProperties.Names.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_metadata_of_an_item_has_a_row_or_is_the_generator_s()
    {
        // MetadataEffectTests of the generator holds what each of these changes in the code.
        var generator = GeneratorMetadata().Matches(File.ReadAllText(Path.Combine(Repository.Root, "build", "FlowBuild.props")))
            .Select(static match => match.Groups[1].Value).Where(static name => !name.StartsWith("FlowBuild", StringComparison.Ordinal));

        Assert.Equal(
            ItemMetadata.Names.Order(StringComparer.Ordinal),
            PropertyEffects.OfMetadata.Select(static effect => effect.Name).Concat(generator).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\$\((Flow(?!Build)[A-Za-z]*)\)")]
    private static partial Regex Property();

    [GeneratedRegex("<CompilerVisibleItemMetadata Include=\"AdditionalFiles\" MetadataName=\"([A-Za-z]+)\"")]
    private static partial Regex GeneratorMetadata();

    private static IEnumerable<string> TargetFiles() =>
        ((string[])["build", "src/FlowBuild/buildMultiTargeting"])
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder)))
            .Where(static file => Path.GetExtension(file) is ".props" or ".targets");

    private static string Assembly => $"FlowBuildLocalWorkspaceAssembly={typeof(LocalWorkspaceHost).Assembly.Location}";

    private static string CommandLine(string state)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows the command line of a process in a file.");
        var process = JsonNode.Parse(File.ReadAllText(Path.Combine(state, "workspace.json")))!["processId"]!;
        return File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ');
    }

    private static void AssertEffects(IReadOnlyList<(PropertyEffect Effect, string Without, string With)> rows)
    {
        var failed = rows.Where(static row => row.Without.Contains(row.Effect.Text, StringComparison.Ordinal) != row.Effect.IsGone
            || row.With.Contains(row.Effect.Text, StringComparison.Ordinal) == row.Effect.IsGone);
        Assert.Empty(failed.Select(static row => $"{row.Effect}\n{row.Without}\n{row.With}"));
    }

    // blue has the traffic, green none, and a connection that the endpoint's identity must not read.
    private static async Task<BasicChat> StartAsync()
    {
        var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/samples.json", """
            [
              { "question": "What is a flow?", "answer": "the first answer" },
              { "question": "Why?", "answer": "the second answer" }
            ]
            """);
        chat.Write("second.json", """{ "question": "Why?" }""");
        await chat.DeployAsync();
        var blue = File.ReadAllText(chat.DeploymentFile);
        WriteDeployment("green.yml", "green");
        WriteDeployment("wait.yml", "first");
        WriteDeployment("waittrue.yml", "second");
        chat.Write("plain.yml", blue.Replace("model: azureml:basic-chat-model@latest\n", "", StringComparison.Ordinal));
        chat.Write("pinned.yml", "name: pinned-model\nversion: 7\npath: basic-chat\n");
        chat.Write("other-endpoint.yml", "name: other-endpoint\nauth_mode: key\n");
        var project = chat.Project;
        var green = project.Items[0] with { DeploymentFile = Path.Combine(project.Directory, "green.yml") };
        await chat.DeployAsync(project: project with { Items = [green] });
        await chat.PutResourceAsync(
            "connections/open_ai_connection",
            """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "k" } } }""");
        foreach (var name in (string[])["ask", "tell", "outside", "breaking"])
        {
            chat.AddFlow(name);
        }

        var ask = File.ReadAllText(Path.Combine(project.Directory, "ask", "deployment.yml"));
        chat.Write("ask/failing.yml", ask.Replace("Standard_DS3_v2", "Standard_None_v9", StringComparison.Ordinal));
        chat.Replace("breaking/flow.dag.yaml", "inputs:\n  chat_history", "inputs:\n  tone:\n    type: string\n  chat_history");
        chat.Write("breaking/samples.json", """[{ "question": "What is a flow?", "tone": "dry" }]""");
        chat.Replace("outside/flow.dag.yaml", "nodes:", "additional_includes:\n- ../../outside.txt\nnodes:");
        Write(chat, "outside.txt", "outside");
        return chat;

        void WriteDeployment(string file, string name) =>
            chat.Write(file, blue.Replace("name: blue", $"name: {name}", StringComparison.Ordinal));
    }

    private static string Write(BasicChat chat, string path, string text)
    {
        var file = Path.Combine(chat.Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }
}
