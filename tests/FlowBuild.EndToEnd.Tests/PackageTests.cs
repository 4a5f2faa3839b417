using System.IO.Compression;
using System.Text.Json;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>What the packages hold and what they bring into a project that references FlowBuild.</summary>
public sealed class PackageTests(PackedFeed feed)
{
    private const string EchoFlow = """
        inputs:
          text:
            type: string
            description: what to echo
          times:
            type: int
            default: 1
        outputs:
          output:
            type: string
            reference: ${echo.output.text}
          count:
            type: int
            reference: ${echo.output.count}
        nodes:
        - name: echo
          type: python
          source:
            type: code
            path: echo.py
          inputs:
            text: ${inputs.text}
            times: ${inputs.times}
        """;

    [Fact]
    public void The_package_holds_analyzer_tasks_local_workspace_and_build_files_and_stays_below_15_megabytes()
    {
        var file = Path.Combine(feed.Folder, $"FlowBuild.{feed.Version}.nupkg");
        using var package = ZipFile.OpenRead(file);
        var entries = package.Entries.Select(entry => entry.FullName).ToList();

        Assert.Contains("analyzers/dotnet/roslyn4.8/cs/FlowBuild.Generator.dll", entries);
        Assert.Contains("analyzers/dotnet/roslyn4.8/cs/FlowBuild.YamlDotNet.dll", entries);
        Assert.DoesNotContain(entries, entry => entry.StartsWith("analyzers/", StringComparison.Ordinal) && entry.EndsWith("/YamlDotNet.dll", StringComparison.Ordinal));
        Assert.Contains("tasks/net8.0/FlowBuild.Tasks.dll", entries);
        Assert.Contains("local/net8.0/FlowBuild.LocalWorkspace.dll", entries);
        Assert.Contains("build/FlowBuild.props", entries);
        Assert.Contains("build/FlowBuild.targets", entries);
        Assert.Contains("buildMultiTargeting/FlowBuild.targets", entries);
        foreach (var schema in new[] { "flow", "flex-flow", "endpoint", "deployment", "model", "environment" })
        {
            Assert.Contains($"schemas/{schema}.schema.json", entries);
        }

        Assert.DoesNotContain(entries, entry => entry.StartsWith("lib/", StringComparison.Ordinal));
        Assert.DoesNotContain(entries, entry => Path.GetFileName(entry).StartsWith("Microsoft.Build.", StringComparison.Ordinal));

        // Nothing that only the build of this repository needs.
        Assert.Equal(
            ["FlowBuild.Definitions.dll", "FlowBuild.LocalWorkspace.deps.json", "FlowBuild.LocalWorkspace.dll", "FlowBuild.LocalWorkspace.runtimeconfig.json", "FlowBuild.LocalWorkspace.staticwebassets.endpoints.json", "YamlDotNet.dll"],
            entries.Where(entry => entry.StartsWith("local/", StringComparison.Ordinal)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(entries, entry => Path.GetFileName(entry) is var name && (name.StartsWith("RenameAssembly", StringComparison.Ordinal) || name.StartsWith("Mono.", StringComparison.Ordinal)));
        Assert.InRange(new FileInfo(file).Length, 1, 15 * 1024 * 1024);
    }

    [Fact]
    public void The_library_for_tests_shows_its_public_surface_alone_and_brings_no_package()
    {
        var file = Path.Combine(feed.Folder, $"FlowBuild.LocalWorkspace.{feed.Version}.nupkg");
        using var package = ZipFile.OpenRead(file);
        var entries = package.Entries.Select(entry => entry.FullName).ToList();

        Assert.Equal(
            ["FlowBuild.Definitions.dll", "FlowBuild.LocalWorkspace.dll", "FlowBuild.YamlDotNet.dll"],
            entries.Where(entry => entry.StartsWith("lib/net8.0/", StringComparison.Ordinal)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["FlowBuild.LocalWorkspace.dll", "FlowBuild.LocalWorkspace.xml"],
            entries.Where(entry => entry.StartsWith("ref/net8.0/", StringComparison.Ordinal)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
        using var nuspec = new StreamReader(package.Entries.Single(entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        var text = nuspec.ReadToEnd();
        Assert.DoesNotContain("<dependency ", text, StringComparison.Ordinal);
        Assert.Contains("<frameworkReference name=\"Microsoft.AspNetCore.App\" />", text, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(file).Length, 1, 1024 * 1024);
    }

    [Fact]
    public async Task A_fresh_project_with_a_lone_flow_file_builds_without_a_warning_and_calls_a_replayed_server()
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", """
            using Azure;
            using Caller;

            var client = new EchoClient(new Uri(args[0]), new AzureKeyCredential("a-key"));
            EchoOutput output = await client.ScoreAsync(new EchoInput { Text = "hi", Times = 2 });
            Console.WriteLine($"{output.Output} {output.Count}");
            """);
        user.Write("Caller/echo/flow.dag.yaml", EchoFlow);
        await using var server = ReplayServer.Start(Transcript.Load("flask_success_all_inputs"));

        var built = await user.DotNetAsync("build", "Caller");
        Assert.True(built.ExitCode == 0, built.Output);
        Assert.Contains("0 Warning(s)", built.Output, StringComparison.Ordinal);
        var called = await user.DotNetAsync("run", "--project", "Caller", "--no-build", "--", server.ScoringUri.AbsoluteUri);

        Assert.Equal("HI HI 2", called.Output.Trim());
        var request = Assert.Single(server.Requests);
        Assert.Equal("""{"text":"hi","times":2}""", request.Body);
        Assert.Equal("Bearer a-key", request.Headers["Authorization"]);
    }

    [Theory]
    [InlineData("<ImplicitUsings>disable</ImplicitUsings><Nullable>disable</Nullable><LangVersion>12</LangVersion>")]
    [InlineData("<GenerateDocumentationFile>true</GenerateDocumentationFile><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>")]
    public async Task Every_analyzer_rule_as_an_error_finds_nothing_in_the_generated_code(string settings)
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", """
            [assembly: System.CLSCompliant(false)]
            [assembly: System.Runtime.InteropServices.ComVisible(false)]
            """, $"<OutputType>Library</OutputType><AnalysisLevel>latest-all</AnalysisLevel>{settings}");
        user.Write("Caller/echo/flow.dag.yaml", EchoFlow);
        user.Write("Caller/chat/flow.dag.yaml", """
            inputs:
              chat_history: { type: list, is_chat_history: true, default: [] }
              question: { type: image, is_chat_input: true }
              facts: { type: object }
              limits: { type: list, default: [1] }
            outputs:
              answer: { type: string, reference: "${chat.output}", is_chat_output: true }
              detail: { type: object, reference: "${chat.output.detail}" }
            nodes:
            - name: chat
              type: python
              source: { type: code, path: chat.py }
              inputs: { question: "${inputs.question}", facts: "${inputs.facts}" }
            """);

        var built = await user.DotNetAsync("build", "Caller");

        Assert.True(built.ExitCode == 0, built.Output);
        Assert.Contains("0 Warning(s)", built.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_the_generator_or_the_tasks_reaches_the_project_that_references_FlowBuild()
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", "System.Console.WriteLine();");
        user.Write("Caller/echo/flow.dag.yaml", EchoFlow);

        var built = await user.DotNetAsync("build", "Caller");
        Assert.True(built.ExitCode == 0, built.Output);

        using var assets = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(user.Path, "Caller", "obj", "project.assets.json"), TestContext.Current.CancellationToken));
        var libraries = assets.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Split('/')[0]).ToList();
        Assert.Contains("FlowBuild.Client", libraries);
        Assert.Contains("Azure.Core", libraries);
        string[] kept = ["YamlDotNet", "Microsoft.CodeAnalysis", "Microsoft.Build", "Azure.Identity", "Azure.ResourceManager", "Azure.Storage", "Microsoft.Identity"];
        Assert.DoesNotContain(libraries, library => kept.Any(k => library.StartsWith(k, StringComparison.OrdinalIgnoreCase)));

        var output = Directory.GetFiles(Path.Combine(user.Path, "Caller", "bin"), "*.dll", SearchOption.AllDirectories).Select(Path.GetFileName).ToList();
        Assert.DoesNotContain(output, file => kept.Any(k => file!.Contains(k, StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain("FlowBuild.Definitions.dll", output);
    }

    [Fact]
    public async Task A_second_build_runs_neither_the_compiler_nor_anything_of_FlowBuild()
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", "System.Console.WriteLine();");
        var flow = user.Write("Caller/echo/flow.dag.yaml", EchoFlow);
        var assembly = Path.Combine(user.Path, "Caller", "obj", "Debug", "net10.0", "Caller.dll");

        var first = await user.DotNetAsync("build", "Caller");
        Assert.True(first.ExitCode == 0, first.Output);
        var written = File.GetLastWriteTimeUtc(assembly);

        var second = await user.DotNetAsync("build", "Caller", "-v:diag");
        Assert.True(second.ExitCode == 0, second.Output);
        Assert.Equal(written, File.GetLastWriteTimeUtc(assembly));
        Assert.DoesNotContain("Task \"Csc\"", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(second.Lines("Using \""), line => line.Contains("FlowBuild.Tasks", StringComparison.Ordinal));

        await File.AppendAllTextAsync(flow, "\n# a comment\n", TestContext.Current.CancellationToken);
        var third = await user.DotNetAsync("build", "Caller");
        Assert.True(third.ExitCode == 0, third.Output);
        Assert.NotEqual(written, File.GetLastWriteTimeUtc(assembly));
    }
}
