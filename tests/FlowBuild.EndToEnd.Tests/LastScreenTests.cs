using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// A deployment whose container crashes, as a user sees it: in a log that a pipe captured, and in a terminal. Approved by a reader; after
/// a wanted change, <c>FLOWBUILD_APPROVE=1</c> writes the texts anew, and the difference is then to be read.
/// </summary>
public sealed partial class LastScreenTests(PackedFeed feed)
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

        AssertApproved("crash.captured.txt", user, captured.Output.TrimEnd().Split('\n'));
        AssertApproved("crash.terminal.txt", user, TerminalScreen.Show(typed.Output));
    }

    private static void AssertApproved(string name, UserFolder user, IEnumerable<string> lines)
    {
        var shown = string.Join('\n', lines.Select(line => Steady(line, user))).Trim() + "\n";
        var file = Path.Combine(Repository.Root, "tests", "FlowBuild.EndToEnd.Tests", "Approved", name);
        if (Environment.GetEnvironmentVariable("FLOWBUILD_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, shown);
        }

        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), shown);
    }

    // What differs from run to run: the folder, times, ids, hashes, ports.
    private static string Steady(string line, UserFolder user)
    {
        line = line.TrimEnd().Replace(user.Path, "~", StringComparison.Ordinal);
        line = Id().Replace(line, "ID");
        line = Hash().Replace(line, "HASH");
        line = Port().Replace(line, "127.0.0.1:PORT");
        line = Clock().Replace(line, "00:00:00.00");
        return Time().Replace(line, "0.0$1");
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Hash();

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Port();

    [GeneratedRegex(@"\d\d:\d\d:\d\d\.\d+")]
    private static partial Regex Clock();

    [GeneratedRegex(@"\d+\.\d+( ?s\b)")]
    private static partial Regex Time();
}
