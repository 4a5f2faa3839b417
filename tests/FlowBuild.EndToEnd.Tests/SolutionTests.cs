using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>Several flows in a project, several projects in a solution: each is deployed once, or the user learns why not.</summary>
public sealed class SolutionTests(PackedFeed feed)
{
    private const string Flow = """
        inputs:
          text:
            type: string
        outputs:
          output:
            type: string
            reference: ${inputs.text}
        nodes: []
        """;

    private const string Items = """
        <PromptFlow Update="ask/flow.dag.yaml" Endpoint="ask-endpoint.yml" Deployment="ask-deployment.yml" />
        <PromptFlow Update="tell/flow.dag.yaml" Endpoint="tell-endpoint.yml" Deployment="tell-deployment.yml" />
        """;

    [Fact]
    public async Task Two_flows_of_one_project_are_each_deployed_once()
    {
        await using var user = new UserFolder(feed);
        WriteProject(user, "Talk", ["ask", "tell"]);

        var deployed = await user.DotNetAsync("publish", "Talk", "-t:DeployFlow");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        AssertOnce(deployed, "Talk -> blue 100 % at", "ask-endpoint");
        AssertOnce(deployed, "Talk -> blue 100 % at", "tell-endpoint");
        Assert.Contains("Plan: no changes", (await user.DotNetAsync("build", "Talk", "-t:PlanFlow")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_flows_that_name_one_deployment_or_none_are_an_error_that_names_them()
    {
        await using var user = new UserFolder(feed);
        WriteProject(user, "Talk", ["ask", "tell"], Items.Replace("tell-", "ask-", StringComparison.Ordinal));

        var clash = await user.DotNetAsync("publish", "Talk", "-t:DeployFlow");

        AssertRefused(clash, "'ask' and 'tell'", "ask-endpoint/blue");

        WriteProject(user, "Silent", ["ask", "tell"], "");
        var silent = await user.DotNetAsync("publish", "Silent", "-t:DeployFlow");

        AssertRefused(silent, "'ask', 'tell'", "FLOW4006");
        Assert.False(Directory.Exists(user.StateFolder), "a local workspace was started for flows that cannot be deployed");
    }

    [Fact]
    public async Task A_solution_fails_with_MSB4057_and_the_recipe_of_the_documentation_cures_it()
    {
        await using var user = new UserFolder(feed);
        WriteProject(user, "src/Chat", ["chat"]);
        WriteProject(user, "src/Web", ["web"]);
        user.Write("src/Library/Library.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
            </Project>
            """);
        var made = await user.DotNetAsync("new", "sln", "--name", "Chat", "--format", "sln");
        Assert.True(made.ExitCode == 0, made.Output);
        made = await user.DotNetAsync("sln", "Chat.sln", "add", "src/Chat", "src/Web", "src/Library");
        Assert.True(made.ExitCode == 0, made.Output);

        var plain = await user.DotNetAsync("publish", "Chat.sln", "-t:DeployFlow");
        Assert.Equal(1, plain.ExitCode);
        Assert.Contains("MSB4057", plain.Output, StringComparison.Ordinal);

        var documentation = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "ci.md"), TestContext.Current.CancellationToken);
        var recipe = Regex.Match(documentation, "```xml\n(<Project>\n  <Target Name=\"DeployFlow\">.*?</Project>\n)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.NotEmpty(recipe);
        user.Write("Directory.Solution.targets", recipe.Replace("src/Chat/Chat.csproj", "src/Chat/Chat.csproj;src/Web/Web.csproj", StringComparison.Ordinal));

        foreach (var command in (string[][])[["msbuild", "Chat.sln", "-t:DeployFlow"], ["publish", "Chat.sln", "-t:DeployFlow"]])
        {
            var cured = await user.DotNetAsync(command);

            Assert.True(cured.ExitCode == 0, $"{string.Join(' ', command)}: {cured.Output}");
            AssertOnce(cured, "Chat -> blue 100 % at", "chat-endpoint");
            AssertOnce(cured, "Web -> blue 100 % at", "web-endpoint");
        }
    }

    private static void WriteProject(UserFolder user, string name, string[] flows, string? items = null)
    {
        foreach (var flow in flows)
        {
            user.Write($"{name}/{flow}/flow.dag.yaml", Flow);
            user.Write($"{name}/{flow}/samples.json", """[ { "text": "hello" } ]""");
            var prefix = flows.Length == 1 ? "" : $"{flow}-";
            user.Write($"{name}/{prefix}endpoint.yml", $"name: {flow}-endpoint\nauth_mode: key\n");
            user.Write($"{name}/{prefix}deployment.yml", $"""
                name: blue
                endpoint_name: {flow}-endpoint
                environment:
                  image: example.azurecr.io/flows/{flow}:1
                instance_type: Standard_DS3_v2
                instance_count: 3
                """);
        }

        user.WriteConsoleProject(
            name, "System.Console.WriteLine();", "<FlowWorkspace>local</FlowWorkspace><TreatWarningsAsErrors>false</TreatWarningsAsErrors>",
            flows.Length == 1 ? "" : items ?? Items);
    }

    private static void AssertOnce(CommandResult result, string text, string endpoint) =>
        Assert.Single(result.Lines(text), line => line.Contains(endpoint, StringComparison.Ordinal));

    private static void AssertRefused(CommandResult result, params string[] names)
    {
        Assert.Equal(1, result.ExitCode);
        var errors = string.Join('\n', result.Lines("error FLOW4").Distinct());
        Assert.All(names, name => Assert.Contains(name, errors, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }
}
