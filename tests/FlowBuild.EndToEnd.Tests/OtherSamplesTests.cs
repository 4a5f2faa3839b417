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
    }
}
