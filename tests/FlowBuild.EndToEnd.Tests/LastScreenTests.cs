namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// A deployment whose container crashes, as a user sees it: in a log that a pipe captured, and in a terminal.
/// </summary>
public sealed class LastScreenTests(PackedFeed feed)
{
    private const string Crash = """
        { "operations": [ {
            "kind": "PutDeployment", "code": "ResourceNotReady", "message": "User container has crashed or terminated.",
            "storageInitializerLog": "Downloading the model\nThe model is mounted\n",
            "inferenceServerLog": "Starting the server\nTraceback (most recent call last):\n  File \"/app/serve.py\", line 3, in <module>\n    from promptflow.core import Flow\nModuleNotFoundError: No module named 'promptflow'\n[INFO] Worker exiting (pid: 7)\n" } ] }
        """;

    [Fact]
    public async Task A_container_that_crashes_is_shown_with_code_remedy_log_and_traffic()
    {
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        await workspace.SetFaultsAsync(Crash);
        var template = Path.Combine(sample, "basic-chat", "chat.jinja2");
        await File.AppendAllTextAsync(template, "\n", TestContext.Current.CancellationToken);

        var captured = await user.DotNetAsync("publish", "BasicChat", "--no-restore", "-t:DeployFlow");
        Assert.Equal(1, captured.ExitCode);
        var endpoint = await workspace.GetAsync("onlineEndpoints/basic-chat-endpoint");
        Assert.Equal("""{"blue":100}""", endpoint!["properties"]!["traffic"]!.ToJsonString());

        await workspace.SetFaultsAsync(Crash);
        var typed = await user.InTerminalAsync("publish", "BasicChat", "--no-restore", "-t:DeployFlow");
        Assert.Equal(1, typed.ExitCode);

        ApprovedText.Check("crash.captured.txt", user, captured.Output.TrimEnd().Split('\n'));
        ApprovedText.Check("crash.terminal.txt", user, TerminalScreen.Show(typed.Output));
    }
}
