using System.Net;

namespace FlowBuild.Deployment.Tests;

/// <summary>OpenFlow prints a link for each endpoint, and opens a browser where there is one.</summary>
public sealed class OpenFlowTests
{
    [Fact]
    public async Task A_browser_is_opened_once_for_each_endpoint_and_the_printed_link_still_works()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The browser is opened by xdg-open on Linux only.");
        await using var chat = await BasicChat.StartAsync();
        var targets = await DeployAsync(chat);
        var browser = FakeBrowser.Install(chat, targets);
        var calls = browser.WaitAsync(2);

        var opened = await targets.RunAsync("OpenFlow", "FlowWorkspace=local");

        Assert.True(opened.ExitCode == 0, opened.Output);
        Assert.Equal(2, opened.Lines("opened in the browser; FlowOpenBrowser=false turns that off").Count);
        Uri[] printed = [PrintedLink(opened, "ask-endpoint"), PrintedLink(opened, "tell-endpoint")];
        var links = await calls;
        Assert.Equal(2, links.Count);
        Assert.Empty(links.Intersect(printed));
        foreach (var link in links.Concat(printed))
        {
            using var http = new HttpClient();
            using var page = await http.GetAsync(link, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }
    }

    [Theory]
    [InlineData("FlowOpenBrowser=false", "", "")]
    [InlineData("FlowWorkspace=local", "CI", "true")]
    [InlineData("FlowWorkspace=local", "TF_BUILD", "True")]
    [InlineData("FlowWorkspace=local", "DISPLAY", null)]
    public async Task No_browser_is_opened_where_nobody_wants_or_sees_it(string property, string variable, string? value)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The browser is opened by xdg-open on Linux only.");
        await using var chat = await BasicChat.StartAsync();
        var targets = await DeployAsync(chat);
        var browser = FakeBrowser.Install(chat, targets);
        if (variable.Length > 0)
        {
            targets.Environment[variable] = value;
        }

        var opened = await targets.RunAsync("OpenFlow", "FlowWorkspace=local", property);

        Assert.True(opened.ExitCode == 0, opened.Output);
        Assert.NotEqual(PrintedLink(opened, "ask-endpoint"), PrintedLink(opened, "tell-endpoint"));
        Assert.Empty(opened.Lines("opened in the browser"));
        Assert.False(File.Exists(browser.Log));
    }

    private static async Task<TargetRun> DeployAsync(BasicChat chat)
    {
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        return new TargetRun(chat, [.. project.Items]);
    }

    // NAME-endpoint at LINK (flow 'NAME')
    private static Uri PrintedLink(CommandResult result, string endpoint) =>
        new(Assert.Single(result.Lines($"{endpoint} at http")).Split(" at ")[1].Split(' ')[0]);
}
