using System.Globalization;
using System.Text.Json.Nodes;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>What a terminal shows of each target that a person looks at, for a project with one flow and with three.</summary>
public sealed class TerminalTests(PackedFeed feed)
{
    [Theory]
    [InlineData("one", "chat")]
    [InlineData("three", "ask", "sum", "tell")]
    public async Task A_terminal_shows_what_a_target_was_asked_for_of_every_flow(string name, params string[] flows)
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("Talk", flows);

        await AssertShowsAsync("PlanFlow", "Plan for {0}-endpoint/blue:", "+ deployment  blue");
        await AssertShowsAsync("DeployFlow", "blue 100 % at", "/endpoints/{0}-endpoint/score");
        await AssertShowsAsync("PlanFlow", "no changes");
        await AssertShowsAsync("InvokeFlow", "{0}-endpoint answered (flow '{0}'", """{{"output":"hello"}}""");
        await AssertShowsAsync("ShowFlow", "{0}-endpoint  Succeeded  Key", "/endpoints/{0}-endpoint/score", "blue         Succeeded  100 %");
        await AssertShowsAsync("GetFlowLogs", "--- {0}-endpoint/blue, InferenceServer (flow '{0}'):", "\"POST /score\" 200");
        await AssertShowsAsync("OpenFlow", "{0}-endpoint at http://127.0.0.1:", "(flow '{0}')");

        async Task AssertShowsAsync(string target, params string[] texts)
        {
            var run = await RunAsync(user, target);
            Assert.True(run.ExitCode == 0, run.Output);
            var screen = TerminalScreen.Show(run.Output);
            var shown = string.Join('\n', screen);
            foreach (var text in flows.SelectMany(flow => texts.Select(text => string.Format(CultureInfo.InvariantCulture, text, flow))))
            {
                Assert.Contains(text, shown, StringComparison.Ordinal);
            }

            var nth = texts[0] == "no changes" ? ".again" : "";
            ApprovedText.Check($"{target}{nth}.{name}.terminal.txt", user, screen);
        }
    }

    [Fact]
    public async Task A_terminal_shows_which_flows_are_live_and_which_were_not_begun_when_one_of_three_fails()
    {
        await using var user = new UserFolder(feed);
        user.WriteFlows("Talk", ["ask", "sum", "tell"]);
        var planned = await user.DotNetAsync("build", "Talk", "-t:PlanFlow");
        Assert.True(planned.ExitCode == 0, planned.Output);
        using (var workspace = new LocalWorkspaceClient(user.StateFolder))
        {
            await workspace.SetFaultsAsync(
                """
                { "operations": [ {
                    "kind": "PutDeployment", "endpoint": "sum-endpoint", "code": "ImageBuildFailure", "message": "The image cannot be pulled." } ] }
                """);
        }

        var failed = await RunAsync(user, "DeployFlow");

        Assert.Equal(1, failed.ExitCode);
        var screen = TerminalScreen.Show(failed.Output);
        ApprovedText.Check("DeployFlow.failed.terminal.txt", user, screen);
        var shown = string.Join('\n', screen);
        Assert.Contains("error FLOW5002: Deployment sum-endpoint/blue failed with ImageBuildFailure", shown, StringComparison.Ordinal);
        Assert.Contains("error FLOW5026: DeployFlow failed for", shown, StringComparison.Ordinal);
        var record = JsonNode.Parse(await File.ReadAllTextAsync(
            Directory.GetFiles(user.Path, "flow-deployment.json", SearchOption.AllDirectories).Single(), TestContext.Current.CancellationToken))!;
        Assert.Equal(
            ["ask deployed 100 ", "sum failed 0 FLOW5002", "tell notBegun 0 "],
            record.AsArray().Select(static flow => $"{flow!["flow"]} {flow["outcome"]} {flow["trafficPercent"]} {flow["errorCode"]}"));
    }

    // Without a display: a browser on the machine of the tests is not opened.
    private static Task<CommandResult> RunAsync(UserFolder user, string target)
    {
        user.Variables["DISPLAY"] = null;
        user.Variables["WAYLAND_DISPLAY"] = null;
        return user.InTerminalAsync(target == "DeployFlow" ? "publish" : "build", "Talk", $"-t:{target}");
    }
}
