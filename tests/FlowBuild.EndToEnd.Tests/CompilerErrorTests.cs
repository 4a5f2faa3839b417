namespace FlowBuild.EndToEnd.Tests;

/// <summary>A broken flow file is a compiler error at its line and column.</summary>
public sealed class CompilerErrorTests(PackedFeed feed)
{
    [Fact]
    public async Task A_wrong_type_word_fails_the_build_at_exactly_that_word()
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", "System.Console.WriteLine();");
        user.Write("Caller/echo/flow.dag.yaml", """
            inputs:
              text:
                type: strnig
            outputs:
              output:
                type: string
                reference: ${inputs.text}
            """);

        var built = await user.DotNetAsync("build", "Caller");

        Assert.Equal(1, built.ExitCode);
        var error = Assert.Single(built.Lines("error FLOW").Distinct());
        Assert.Contains("flow.dag.yaml(3,11)", error, StringComparison.Ordinal);
        Assert.Contains("'strnig'", error, StringComparison.Ordinal);
        Assert.Contains("'string'", error, StringComparison.Ordinal);
    }
}
