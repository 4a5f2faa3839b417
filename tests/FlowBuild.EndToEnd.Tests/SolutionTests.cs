using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>Several flows in a project, several projects in a solution: each is deployed once, or the user learns why not.</summary>
public sealed class SolutionTests(PackedFeed feed)
{
    [Fact]
    public async Task Two_flows_of_one_project_are_each_deployed_once()
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("Talk", ["ask", "tell"]);

        var deployed = await user.DotNetAsync("publish", "Talk", "-t:DeployFlow");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        AssertOnce(deployed, "Talk -> ask-endpoint/blue 100 % at", "endpoints/ask-endpoint/score");
        AssertOnce(deployed, "tell-endpoint/blue 100 % at", "endpoints/tell-endpoint/score");
        Assert.Contains("Plan: no changes", (await user.DotNetAsync("build", "Talk", "-t:PlanFlow")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_flows_that_name_one_deployment_or_none_are_an_error_that_names_them()
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("Talk", ["ask", "tell"], """
            <PromptFlow Update="ask/flow.dag.yaml" Endpoint="ask-endpoint.yml" Deployment="ask-deployment.yml" />
            <PromptFlow Update="tell/flow.dag.yaml" Endpoint="ask-endpoint.yml" Deployment="ask-deployment.yml" />
            """);

        var clash = await user.DotNetAsync("publish", "Talk", "-t:DeployFlow");

        AssertRefused(clash, "'ask' and 'tell'", "ask-endpoint/blue");

        user.WriteFlows("Silent", ["ask", "tell"], "");
        var silent = await user.DotNetAsync("publish", "Silent", "-t:DeployFlow");

        AssertRefused(silent, "'ask', 'tell'", "FLOW4006");
        Assert.False(Directory.Exists(user.StateFolder), "a local workspace was started for flows that cannot be deployed");
    }

    [Theory]
    [InlineData("slnx")]
    [InlineData("sln")]
    public async Task A_solution_with_a_project_without_FlowBuild_is_refused_before_anything_is_sent(string format)
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("src/Chat", ["chat"]);
        user.WriteFlows("src/Web", ["web"]);
        user.WriteFlows("src/Zoo", ["zoo"]);
        WriteLibrary(user);
        var solution = await WriteSolutionAsync(user, format, "src/Chat", "src/Web", "src/Library", "src/Zoo");

        var refused = await user.DotNetAsync("publish", solution, "-t:DeployFlow");

        Assert.Equal(1, refused.ExitCode);
        var error = $"error FLOW4028: FlowBuild's targets cannot run on the solution '{solution}', since these projects do not have them: Library;";
        Assert.True(refused.Lines(error).Count > 0, refused.Output);
        Assert.False(Directory.Exists(user.StateFolder), $"a local workspace was started: {refused.Output}");
        foreach (var record in Directory.GetFiles(user.Path, "flow-deployment.json", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(record, TestContext.Current.CancellationToken);
            Assert.Contains("\"outcome\": \"notBegun\"", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_solution_whose_projects_all_have_FlowBuild_deploys_each_once()
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("src/Chat", ["chat"]);
        var several = Path.Combine(user.WriteFlows("src/Web", ["web"]), "Web.csproj");
        await File.WriteAllTextAsync(
            several,
            (await File.ReadAllTextAsync(several, TestContext.Current.CancellationToken))
                .Replace("<TargetFramework>net10.0</TargetFramework>", "<TargetFrameworks>net8.0;net10.0</TargetFrameworks>", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var solution = await WriteSolutionAsync(user, "slnx", "src/Chat", "src/Web");

        var deployed = await user.DotNetAsync("build", solution, "-t:DeployFlow", "-restore");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        AssertOnce(deployed, "Chat -> blue 100 % at", "chat-endpoint");
        AssertOnce(deployed, "Web -> blue 100 % at", "web-endpoint");
    }

    [Fact]
    public async Task The_recipe_of_the_documentation_deploys_some_projects_of_a_solution()
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("src/Chat", ["chat"]);
        user.WriteFlows("src/Web", ["web"]);
        WriteLibrary(user);
        var solution = await WriteSolutionAsync(user, "sln", "src/Chat", "src/Web", "src/Library");
        var documentation = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "ci.md"), TestContext.Current.CancellationToken);
        var recipe = Regex.Match(documentation, "```xml\n(<Project>\n  <Target Name=\"DeployFlow\">.*?</Project>\n)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.NotEmpty(recipe);
        user.Write("Directory.Solution.targets", recipe.Replace("src/Chat/Chat.csproj", "src/Chat/Chat.csproj;src/Web/Web.csproj", StringComparison.Ordinal));

        foreach (var command in (string[])["msbuild", "publish"])
        {
            var deployed = await user.DotNetAsync(command, solution, "-t:DeployFlow");

            Assert.True(deployed.ExitCode == 0, $"{command}: {deployed.Output}");
            AssertOnce(deployed, "Chat -> blue 100 % at", "chat-endpoint");
            AssertOnce(deployed, "Web -> blue 100 % at", "web-endpoint");
        }
    }

    private static void WriteLibrary(UserFolder user) => user.Write("src/Library/Library.csproj", """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
        </Project>
        """);

    private static async Task<string> WriteSolutionAsync(UserFolder user, string format, params string[] projects)
    {
        var made = await user.DotNetAsync("new", "sln", "--name", "All", "--format", format);
        Assert.True(made.ExitCode == 0, made.Output);
        made = await user.DotNetAsync(["sln", $"All.{format}", "add", .. projects]);
        Assert.True(made.ExitCode == 0, made.Output);
        return $"All.{format}";
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
