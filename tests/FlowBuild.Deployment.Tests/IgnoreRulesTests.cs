using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Tests;

public sealed class IgnoreRulesTests
{
    [Theory]
    [InlineData("*.log", "a.log", true)]
    [InlineData("*.log", "deep/er/a.log", true)]
    [InlineData("*.log", "a.log/inside.txt", true)]
    [InlineData("*.log", "a.logs", false)]
    [InlineData("data/", "data/x.csv", true)]
    [InlineData("data/", "deep/data/x.csv", true)]
    [InlineData("data/", "data", false)]
    [InlineData("data", "data", true)]
    [InlineData("data", "data/x", true)]
    [InlineData("/data", "deep/data", false)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "x/a/b", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("**/b", "b", true)]
    [InlineData("**/b", "x/y/b", true)]
    [InlineData("a/**", "a/x", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/*", "a/x", true)]
    [InlineData("?.txt", "a.txt", true)]
    [InlineData("?.txt", "ab.txt", false)]
    [InlineData("[ab].txt", "b.txt", true)]
    [InlineData("[!ab].txt", "b.txt", false)]
    [InlineData("[!ab].txt", "c.txt", true)]
    [InlineData("# comment", "# comment", false)]
    [InlineData(@"\#file", "#file", true)]
    [InlineData("  ", "x", false)]
    [InlineData("/", "x", false)]
    [InlineData("trailing.txt   ", "trailing.txt", true)]
    [InlineData("a.b", "axb", false)]
    public void A_pattern_matches_as_git_s_do(string pattern, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreRules.Parse(".amlignore", pattern).Excludes(path));

    [Fact]
    public void The_last_rule_that_matches_wins()
    {
        var rules = IgnoreRules.Parse(".amlignore", "*.txt\n!keep.txt\r\nkeep.txt.bak\nout/\n!out/keep.txt\n");

        Assert.True(rules.Excludes("a.txt"));
        Assert.False(rules.Excludes("keep.txt"));
        Assert.True(rules.Excludes("out/other.bin"));
        Assert.False(rules.Excludes("out/keep.txt"));
    }

    [Fact]
    public void An_amlignore_hides_the_gitignore()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".gitignore", "a.txt");
        Assert.True(IgnoreRules.Of(folder.Path).Excludes("a.txt"));

        folder.Write(".amlignore", "b.txt");
        var rules = IgnoreRules.Of(folder.Path);
        Assert.Equal(".amlignore", rules.File);
        Assert.False(rules.Excludes("a.txt"));
        Assert.True(rules.Excludes("b.txt"));
    }
}
