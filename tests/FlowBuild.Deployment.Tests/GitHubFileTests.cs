namespace FlowBuild.Deployment.Tests;

/// <summary>The connection of a program in the files of a job in GitHub Actions, read as its runner reads them.</summary>
[Trait("Category", "Security")]
public sealed class GitHubFileTests : IAsyncLifetime
{
    private BasicChat _chat = null!;
    private TamperingProxy _proxy = null!;
    private TargetRun _targets = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string JobFile => Path.Combine(_chat.Folder, "job-file");

    public async ValueTask InitializeAsync()
    {
        _chat = await BasicChat.StartAsync();
        await _chat.DeployAsync();
        _proxy = await TamperingProxy.StartAsync(_chat);
        _targets = new TargetRun(_chat);
        await File.WriteAllTextAsync(JobFile, "BEFORE=1\n", Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _chat.DisposeAsync();
    }

    [Theory]
    [InlineData("GITHUB_ENV")]
    [InlineData("GITHUB_OUTPUT")]
    public async Task Address_and_key_are_two_variables_of_the_job(string variable)
    {
        var run = await RunAsync(variable);

        Assert.True(run.ExitCode == 0, run.Output);
        var variables = await ReadAsync();
        var workspace = await _chat.OpenWorkspaceAsync();
        var endpoint = (await workspace.GetEndpointAsync("basic-chat-endpoint", Token))!;
        var key = (await workspace.GetKeysAsync(endpoint.Name, Token)).Primary;
        Assert.Equal(
            [("BEFORE", "1"), ("BasicChat__ScoringUri", endpoint.ScoringUri!.AbsoluteUri), ("BasicChat__Key", key)],
            variables);
        Assert.DoesNotContain(key, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key\nLD_PRELOAD=/evil.so")]
    [InlineData("key\r\nPATH=/evil")]
    [InlineData("key\u2028PATH=/evil")]
    [InlineData("key\u0000")]
    [InlineData("")]
    public async Task A_key_that_would_set_more_than_itself_writes_nothing(string key)
    {
        _proxy.Change("/listKeys", json => json["primaryKey"] = key);

        var run = await RunAsync("GITHUB_ENV");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Single(run.Lines("error FLOW5038: The primaryKey of the endpoint 'basic-chat-endpoint' cannot be used"));
        Assert.Equal([("BEFORE", "1")], await ReadAsync());
        Assert.DoesNotContain("/evil", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_of_the_documentation_masks_the_key()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the runner's shell is bash");
        await RunAsync("GITHUB_ENV");
        var command = (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "ci.md"), Token))
            .Single(static l => l.Contains("add-mask", StringComparison.Ordinal)).Replace("Chat__", "BasicChat__", StringComparison.Ordinal);

        var start = new System.Diagnostics.ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, Environment = { ["GITHUB_ENV"] = JobFile } };
        using var shell = System.Diagnostics.Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync(Token);

        Assert.Equal($"::add-mask::{(await ReadAsync()).Single(static v => v.Name == "BasicChat__Key").Value}\n", output);
    }

    private Task<CommandResult> RunAsync(string variable)
    {
        _targets.Environment[variable] = JobFile;
        return _targets.RunAsync("GetFlowCredentials", "FlowWorkspace=local", $"FlowCredentialsFile={variable}");
    }

    // NAME=VALUE, or NAME<<DELIMITER and lines up to the delimiter.
    private async Task<IReadOnlyList<(string Name, string Value)>> ReadAsync()
    {
        var variables = new List<(string, string)>();
        var lines = new Queue<string>((await File.ReadAllTextAsync(JobFile, Token)).TrimEnd('\n').Split('\n'));
        while (lines.TryDequeue(out var line))
        {
            if (line.IndexOf("<<", StringComparison.Ordinal) is > 0 and var start)
            {
                var value = new List<string>();
                while (lines.Dequeue() is var next && next != line[(start + 2)..])
                {
                    value.Add(next);
                }

                variables.Add((line[..start], string.Join('\n', value)));
            }
            else
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                variables.Add((line[..equals], line[(equals + 1)..]));
            }
        }

        return variables;
    }
}
