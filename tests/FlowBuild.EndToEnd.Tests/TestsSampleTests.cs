namespace FlowBuild.EndToEnd.Tests;

/// <summary>A user's own tests of a flow, on the packed feed.</summary>
public sealed class TestsSampleTests(PackedFeed feed)
{
    [Fact]
    public async Task The_sample_with_tests_runs_beside_the_program_that_it_tests()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        user.CopySample("ChatTests");

        var tested = await user.DotNetAsync("run", "--project", "ChatTests");

        Assert.True(tested.ExitCode == 0, tested.Output);
        Assert.Matches(@"(?i)total: 5\b", tested.Output);
        // The workspace of a test is in its process; no other was started.
        Assert.Null(LocalWorkspaceProcess.Find(user.StateFolder));
    }

    [Fact]
    public async Task A_test_project_that_is_made_by_the_lines_of_the_readme_passes()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);
        var section = readme[readme.IndexOf("## Test what calls a flow", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", StringComparison.Ordinal)];
        var commands = section.Split('\n').Where(line => line.StartsWith("    dotnet ", StringComparison.Ordinal)).Select(line => line.Trim()["dotnet ".Length..].Split(' ')).ToList();
        var code = section[(section.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length)..section.LastIndexOf("```", StringComparison.Ordinal)];
        Assert.Equal(4, commands.Count);

        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        foreach (var command in commands[..^1])
        {
            var made = await user.DotNetAsync(command);
            Assert.True(made.ExitCode == 0, made.Output);
        }

        user.Write("BasicChat.Tests/ReadmeTests.cs", code);
        var tested = await user.DotNetAsync(commands[^1]);

        Assert.True(tested.ExitCode == 0, tested.Output);
    }
}
