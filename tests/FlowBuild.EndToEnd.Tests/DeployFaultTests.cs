namespace FlowBuild.EndToEnd.Tests;

/// <summary>Deployments by real commands that meet faults: what the user reads, and that the next command ends well.</summary>
public sealed class DeployFaultTests(PackedFeed feed)
{
    [Fact]
    public async Task A_command_that_is_killed_in_its_upload_is_finished_by_the_next_one_which_sends_only_what_is_missing()
    {
        await using var user = await StartAsync();
        using var workspace = new LocalWorkspaceClient(user.StateFolder);

        // One of three files is told to come again in ten minutes; the command says so, and waits.
        await workspace.SetFaultsAsync("""{ "calls": [ { "action": "Throttle", "method": "PUT", "path": "^/flowbuildlocal/", "seconds": 600 } ] }""");
        using var deploying = DotNetCommand.Start(user.Path, user.Variables, ["build", "BasicChat", "-t:DeployFlow"]);
        var errors = deploying.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = new List<string>();
        while (await deploying.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            output.Add(line);
            if (line.Contains("503", StringComparison.Ordinal))
            {
                deploying.Kill(entireProcessTree: true);
            }
        }

        await deploying.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(deploying.ExitCode != 0, string.Join('\n', output) + await errors);
        await workspace.SetFaultsAsync("{}");
        Assert.Null(await workspace.GetAsync("models/basic-chat-model/versions/1"));

        var finished = await user.DotNetAsync("build", "BasicChat", "-t:DeployFlow");

        Assert.True(finished.ExitCode == 0, finished.Output);
        Assert.DoesNotContain("3 files sent", finished.Output, StringComparison.Ordinal);
        Assert.Contains("blue 100 % at", finished.Output, StringComparison.Ordinal);
        await AssertStandsAsync(workspace, "1");
    }

    [Fact]
    public async Task A_fault_that_passes_is_said_and_survived_and_an_expired_token_is_an_error_that_the_next_command_makes_good()
    {
        await using var user = await StartAsync();
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        await workspace.SetFaultsAsync("""
            { "calls": [
                { "action": "Fail", "method": "PUT", "path": "/deployments/", "status": 401, "code": "ExpiredAuthenticationToken", "message": "The access token has expired." },
                { "action": "Fail", "method": "PUT", "path": "/onlineEndpoints/basic-chat-endpoint\\?", "status": 503, "code": "ServiceUnavailable" } ] }
            """);

        var refused = await user.DotNetAsync("build", "BasicChat", "-t:DeployFlow");

        Assert.Equal(1, refused.ExitCode);
        Assert.NotEmpty(refused.Lines("503"));
        var error = Assert.Single(refused.Lines("error FLOW").Distinct());
        Assert.Contains("ExpiredAuthenticationToken", error, StringComparison.Ordinal);
        Assert.Contains("sign in again", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Output, StringComparison.Ordinal);

        var finished = await user.DotNetAsync("build", "BasicChat", "-t:DeployFlow");

        Assert.True(finished.ExitCode == 0, finished.Output);
        await AssertStandsAsync(workspace, "1");
    }

    [Fact]
    public async Task Two_commands_at_once_deploy_once()
    {
        await using var user = await StartAsync();
        user.CopySample("BasicChat", "Again");
        var built = await user.DotNetAsync("build", "Again");
        Assert.True(built.ExitCode == 0, built.Output);

        var both = await Task.WhenAll(user.DotNetAsync("build", "BasicChat", "-t:DeployFlow"), user.DotNetAsync("build", "Again", "-t:DeployFlow"));

        Assert.All(both, static deployed => Assert.True(deployed.ExitCode == 0, deployed.Output));
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        await AssertStandsAsync(workspace, "1");
        var planned = await user.DotNetAsync("build", "Again", "-t:PlanFlow");
        Assert.Contains("Plan: no changes", planned.Output, StringComparison.Ordinal);
    }

    // The sample, built, before a local workspace that runs.
    private async Task<UserFolder> StartAsync()
    {
        var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        var started = await user.DotNetAsync("build", "BasicChat");
        Assert.True(started.ExitCode == 0, started.Output);
        started = await user.DotNetAsync("build", "BasicChat", "-t:StartLocalWorkspace");
        Assert.True(started.ExitCode == 0, started.Output);
        return user;
    }

    private static async Task AssertStandsAsync(LocalWorkspaceClient workspace, string version)
    {
        var endpoint = await workspace.GetAsync("onlineEndpoints/basic-chat-endpoint");
        Assert.Equal("""{"blue":100}""", endpoint!["properties"]!["traffic"]!.ToJsonString());
        var deployment = await workspace.GetAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue");
        Assert.Equal("Succeeded", $"{deployment!["properties"]!["provisioningState"]}");
        Assert.EndsWith($"/models/basic-chat-model/versions/{version}", $"{deployment["properties"]!["model"]}", StringComparison.Ordinal);
        Assert.Null(await workspace.GetAsync($"models/basic-chat-model/versions/{int.Parse(version, System.Globalization.CultureInfo.InvariantCulture) + 1}"));
    }
}
