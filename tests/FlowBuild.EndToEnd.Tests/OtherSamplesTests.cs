namespace FlowBuild.EndToEnd.Tests;

/// <summary>The other samples, copied out unchanged: deployed to the local workspace and called.</summary>
public sealed class OtherSamplesTests(PackedFeed feed)
{
    [Theory]
    [InlineData("WebClassification", "confidence:")]
    [InlineData("DescribeImage", "a picture of the type image/")]
    public async Task A_sample_deploys_and_its_program_reads_typed_outputs(string sample, string line)
    {
        await using var user = new UserFolder(feed);
        user.CopySample(sample);

        var deployed = await user.DotNetAsync("publish", sample, "-t:DeployFlow");
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        var called = await user.DotNetAsync("run", "--project", sample);

        Assert.True(called.ExitCode == 0, called.Output);
        Assert.Contains(line, called.Output, StringComparison.Ordinal);
        await AssertSaysWhenNobodyAnswersAsync(user, sample);
    }

    /// <summary>The workspace is stopped, as after an hour without a request: the program names the endpoint and the way on, in one line.</summary>
    internal static async Task AssertSaysWhenNobodyAnswersAsync(UserFolder user, string sample)
    {
        var stopped = await user.DotNetAsync("build", sample, "-t:StopLocalWorkspace");
        Assert.True(stopped.ExitCode == 0, stopped.Output);

        var called = await user.DotNetAsync("run", "--project", sample);

        Assert.Equal(1, called.ExitCode);
        Assert.Matches(
            $@"^http://127\.0\.0\.1:\d+/endpoints/[a-z-]+/score does not answer \(.+\)\. To deploy it again: dotnet publish samples/{sample} -t:DeployFlow$",
            called.Output.Trim());
    }
}
