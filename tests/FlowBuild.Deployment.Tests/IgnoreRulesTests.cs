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
    [InlineData("[a-c].txt", "b.txt", true)]
    [InlineData("[a-c].txt", "-.txt", false)]
    [InlineData("[a-].txt", "-.txt", true)]
    [InlineData("[-a].txt", "-.txt", true)]
    [InlineData("[a-b-d].txt", "c.txt", false)]
    [InlineData("[]a].txt", "].txt", true)]
    [InlineData("[a-c-[b]]", "b]", true)]
    [InlineData("[abc", "[abc", true)]
    [InlineData("[", "[", true)]
    [InlineData("[]", "[]", true)]
    [InlineData("[!]", "[!]", true)]
    [InlineData("[z-a].txt", "m.txt", false)]
    [InlineData("[z-a].txt", "z.txt", false)]
    [InlineData("[z-ab].txt", "b.txt", true)]
    [InlineData("[!z-a].txt", "m.txt", true)]
    [InlineData("[a-\\].txt", "b.txt", false)]
    [InlineData("a\\", "a\\", false)]
    [InlineData("a\\", "a", false)]
    [InlineData("!", "x", false)]
    [InlineData("//", "x", false)]
    [InlineData("***", "x", true)]
    [InlineData("a(b", "a(b", true)]
    [InlineData("{1,", "{1,", true)]
    public void A_pattern_matches_as_git_s_do(string pattern, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreRules.Parse(".amlignore", pattern).Excludes(path));

    [Fact]
    public void A_malformed_pattern_is_named_with_its_line()
    {
        var rules = IgnoreRules.Parse(".amlignore", "*.log\n# [z-a]\n/data/[z-a].csv  \r\n\\[z-a]\n!keep\\\n[a-z]\n");

        Assert.Equal(
            [
                new IgnoreFault(2, "/data/[z-a].csv", "the range z-a holds no character"),
                new IgnoreFault(4, @"!keep\", "the backslash at its end escapes nothing, so no file matches"),
            ],
            rules.Faults);
        Assert.True(rules.Excludes("x.log"));
    }

    [Fact]
    public async Task A_malformed_pattern_of_a_project_is_a_warning_at_its_place_and_everything_else_goes_on()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/.amlignore", "*.log\n[z-a].csv\n");
        var log = new RecordingLog();

        Assert.NotNull(chat.Deployer(log).Package(null, TestContext.Current.CancellationToken));

        var warning = Assert.Single(log.Diagnostics);
        Assert.Equal("FLOW3011", warning.Rule.Id);
        Assert.Equal(Path.Combine(chat.FlowFolder, ".amlignore"), warning.File);
        Assert.Equal(1, warning.Span?.StartLine);
    }

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
