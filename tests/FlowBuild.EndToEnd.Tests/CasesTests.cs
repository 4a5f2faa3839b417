using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// The small projects of the corpus that real use brought up, each built, validated and planned on the packed package. What each
/// command says is printed, and held against what is right for the case.
/// </summary>
public sealed partial class CasesTests(PackedFeed feed, ITestOutputHelper output)
{
    private const string Set = "-p:FlowSet=name=blue";

    public static TheoryData<string> Cases { get; } =
        Folder is { } folder ? [.. Directory.GetDirectories(folder).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)] : [""];

    private static string? Folder => Repository.Corpus is { } corpus && Directory.Exists(Path.Combine(corpus, "cases")) ? Path.Combine(corpus, "cases") : null;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_case_gets_the_right_verdict(string name)
    {
        Assert.SkipWhen(Folder is null, "The cases are not here: FLOWBUILD_CORPUS can name the folder of the corpus.");
        await using var user = new UserFolder(feed);
        Copy(Path.Combine(Folder!, name), Path.Combine(user.Path, name), feed.Version);
        Prepare(name, user);

        var build = await RunAsync(user, name, "build", name, "-restore");
        var validate = await RunAsync(user, name, "build", name, "-t:ValidateFlow");
        var plan = await RunAsync(user, name, "build", name, "-t:PlanFlow");
        switch (name)
        {
            case "chat-input-is-history":
                Expect(build, 0, "flow.dag.yaml(5,3): warning FLOW1114");
                Expect(validate, 0, "flow.dag.yaml(5,3): warning FLOW1114");
                break;

            case "conda-requirements":
                Expect(validate, 1, "requirements.txt(1,1): error FLOW2121");
                Expect(plan, 1, "requirements.txt(1,1): error FLOW2121");
                break;

            case "flowset-build":
                Expect(build, 1, "deployment.yml(1,1): error FLOW2006");
                Expect(validate, 1, "deployment.yml(1,1): error FLOW2006");
                Expect(await RunAsync(user, name, "build", name, Set), 0);
                Expect(await RunAsync(user, name, "publish", name, Set), 0);
                Expect(await RunAsync(user, name, "build", name, "-t:ValidateFlow", Set), 0);
                Expect(await RunAsync(user, name, "publish", name, "-t:PlanFlow", Set), 0);
                Expect(await RunAsync(user, name, "build", name, "-p:FlowSet=name=b"), 1, "error FLOW2017");
                Expect(await RunAsync(user, name, "build", name, "-t:ValidateFlow", "-p:FlowSet=name=b"), 1, "error FLOW2017");
                break;

            case "i1-dotenv":
                Expect(validate, 0, "warning FLOW3005");
                Assert.Contains("environment_variables", validate.Single("FLOW3005"), StringComparison.Ordinal);
                Expect(plan, 0, "warning FLOW3005");
                break;

            case "model-properties":
                string[] warnings = ["model.yml(6,34): warning FLOW2124", "model.yml(7,35): warning FLOW2124"];
                Expect(build, 0, warnings);
                Expect(validate, 0, warnings);
                Expect(plan, 0, warnings);
                break;

            case "names-differ":
                Expect(build, 1, "deployment.yml(12,46): error FLOW2108");
                Expect(validate, 1, "deployment.yml(12,46): error FLOW2108");
                Expect(plan, 1, "deployment.yml(12,46): error FLOW2108");
                break;

            case "no-environment":
                Expect(build, 1, "deployment.yml(1,7): error FLOW2111");
                Expect(validate, 1, "deployment.yml(1,7): error FLOW2111");
                Expect(plan, 1, "deployment.yml(1,7): error FLOW2111");
                break;

            case "outputs-section":
                string[] traps = ["flow.dag.yaml(5,32): warning FLOW1103", "flow.dag.yaml(14,15): warning FLOW1103"];
                Expect(build, 0, traps);
                Expect(validate, 0, traps);
                break;

            case "python-connection":
                Expect(plan, 0, "flow.dag.yaml(10,17): warning FLOW5018", "flow.dag.yaml(18,11): warning FLOW5018", "warning FLOW5020");
                Expect(await RunAsync(user, name, "build", name, "-t:PlanFlow", "-p:FlowGrantAccess=true"), 0, "warning FLOW5018", "warning FLOW5018");
                break;

            case "stale-samples":
                Expect(validate, 0, "samples.json(1,2): warning FLOW3025");
                Expect(plan, 0, "samples.json(1,2): warning FLOW3025");
                Expect(await RunAsync(user, name, "publish", name, "-t:DeployFlow"), 0, "samples.json(1,2): warning FLOW3025");
                break;

            case "two-broken-flows":
                Expect(build, 0, "chat/flow.dag.yaml(11,30): warning FLOW3024", "other/flow.dag.yaml(11,30): warning FLOW3024");
                Expect(validate, 1, "chat/flow.dag.yaml(11,30): error FLOW3001", "other/flow.dag.yaml(11,30): error FLOW3001");
                break;

            case "validate-vs-package":
                string[] package = ["link.py : error FLOW3002", ".amlignore(1,1): warning FLOW3011", "warning FLOW3005", "flow.dag.yaml(2,3): warning FLOW3006"];
                Expect(validate, 1, package);
                break;
        }
    }

    // What a folder that is read-only and shared cannot hold: a link out of the folder, an ignore file with a pattern that is malformed,
    // and a workspace that has a connection.
    private static void Prepare(string name, UserFolder user)
    {
        if (name == "validate-vs-package")
        {
            File.CreateSymbolicLink(Path.Combine(user.Path, name, "chat", "link.py"), Path.Combine(user.Path, name, "shared", "echo.py"));
            user.Write(name + "/chat/.amlignore", "[z-a].py\n");
        }
    }

    private async Task<Answer> RunAsync(UserFolder user, string name, params string[] command)
    {
        if (name == "python-connection" && command.Contains("-t:PlanFlow"))
        {
            await AddConnectionAsync(user, name);
        }

        var result = await user.DotNetAsync(command);
        var lines = result.Output.Split('\n').Where(static line => Diagnostic().IsMatch(line))
            .Select(line => EndOfSpan().Replace(Project().Replace(line.Trim(), ""), "($1)").Replace(user.Path + "/", "", StringComparison.Ordinal).Replace(user.Path, "", StringComparison.Ordinal))
            .Distinct().ToList();
        output.WriteLine($"{name}: dotnet {string.Join(' ', command)} -> {result.ExitCode}");
        lines.ForEach(line => output.WriteLine("  " + line));
        return new Answer(result, lines);
    }

    private static async Task AddConnectionAsync(UserFolder user, string name)
    {
        var started = await user.DotNetAsync("build", name, "-t:StartLocalWorkspace");
        Assert.True(started.ExitCode == 0, started.Output);
        using var client = new LocalWorkspaceClient(user.StateFolder);
        await client.PutAsync("connections/other", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        await client.PutAsync("onlineEndpoints/pyconn", """{ "location": "local", "identity": { "type": "SystemAssigned" }, "properties": { "authMode": "Key" } }""");
    }

    private static void Expect(Answer answer, int exitCode, params string[] problems)
    {
        Assert.True(answer.Result.ExitCode == exitCode, answer.Result.Output);
        Assert.True(
            answer.Lines.Count == problems.Length && problems.All(problem => answer.Lines.Exists(line => line.Contains(problem, StringComparison.Ordinal))),
            $"Expected:\n{string.Join('\n', problems)}\nActual:\n{string.Join('\n', answer.Lines)}\n{answer.Result.Output}");
    }

    private static void Copy(string from, string to, string version)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            var text = File.ReadAllBytes(file);
            File.WriteAllBytes(copy, text);
            if (file.EndsWith(".csproj", StringComparison.Ordinal))
            {
                // The package's version is that of the feed, and the framework that of the repository's tests, where the case leaves it open.
                var project = Regex.Replace(File.ReadAllText(copy), "(Include=\"FlowBuild\" Version=)\"[^\"]*\"", $"$1\"{version}\"");
                File.WriteAllText(copy, project.Contains("<TargetFramework", StringComparison.Ordinal)
                    ? project
                    : project.Replace("<PropertyGroup>", "<PropertyGroup>\n    <TargetFramework>net10.0</TargetFramework>", StringComparison.Ordinal));
            }
        }
    }

    [GeneratedRegex(@"(error|warning) (FLOW|MSB|NU|CS)[0-9]+")]
    private static partial Regex Diagnostic();

    // The compiler prints where a problem begins, and a task also where it ends.
    [GeneratedRegex(@"\((\d+,\d+),\d+,\d+\)")]
    private static partial Regex EndOfSpan();

    [GeneratedRegex(@" \[[^\]]*\]$")]
    private static partial Regex Project();

    private sealed record Answer(CommandResult Result, List<string> Lines)
    {
        public string Single(string id) => Lines.Single(line => line.Contains(id, StringComparison.Ordinal));
    }
}
