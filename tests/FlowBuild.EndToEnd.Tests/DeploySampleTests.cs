using System.Net;
using System.Text.Json;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>The sample, copied out of the repository unchanged and built on the packed feed: publish, call, publish again, change, publish.</summary>
public sealed class DeploySampleTests(PackedFeed feed)
{
    [Fact]
    public async Task The_whole_loop_works_on_the_packed_feed()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");

        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        AssertNames(deployed, "local", "basic-chat-model", "basic-chat-endpoint", "blue", "100 %", "http://127.0.0.1:", "made up");

        // The process that the target started answers after the target's own process has ended.
        var asked = await user.DotNetAsync("run", "--project", "BasicChat", "--", "What is prompt flow?");
        Assert.True(asked.ExitCode == 0, asked.Output);
        Assert.NotEmpty(asked.Output.Trim());

        var again = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");
        Assert.True(again.ExitCode == 0, again.Output);
        Assert.Contains("Plan: no changes", again.Output, StringComparison.Ordinal);

        var template = Path.Combine(user.Path, "BasicChat", "basic-chat", "chat.jinja2");
        await File.WriteAllTextAsync(template, (await File.ReadAllTextAsync(template, TestContext.Current.CancellationToken)).Replace("plain", "short", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var changed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");
        Assert.True(changed.ExitCode == 0, changed.Output);
        Assert.DoesNotContain("Plan: no changes", changed.Output, StringComparison.Ordinal);

        // The new version is deployed and the old one still there.
        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(
            Directory.GetFiles(Path.Combine(user.Path, "BasicChat", "bin"), "flow-deployment.json", SearchOption.AllDirectories).Single(),
            TestContext.Current.CancellationToken));
        Assert.Contains("basic-chat-model/versions/2", result.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.True(await WorkspaceHasModelVersionAsync(user, "basic-chat-model", "1"));
        Assert.True(await WorkspaceHasModelVersionAsync(user, "basic-chat-model", "2"));

        var shown = await user.DotNetAsync("build", "BasicChat", "-t:ShowFlow");
        Assert.True(shown.ExitCode == 0, shown.Output);
        AssertNames(shown, "basic-chat-endpoint", "blue", "Succeeded", "100");

        var invoked = await user.DotNetAsync("build", "BasicChat", "-t:InvokeFlow");
        Assert.True(invoked.ExitCode == 0, invoked.Output);
        AssertNames(invoked, "BasicChat -> basic-chat-endpoint answered (flow 'basic-chat'", "\"answer\"");

        var opened = await user.DotNetAsync("build", "BasicChat", "-t:OpenFlow");
        Assert.True(opened.ExitCode == 0, opened.Output);
        await AssertOpensThePageAsync(opened.Output);
        await OtherSamplesTests.AssertSaysWhenNobodyAnswersAsync(user, "BasicChat");
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_says_what_a_deployment_would_do()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");

        var planned = await user.DotNetAsync("build", "BasicChat", "-t:PlanFlow");
        Assert.True(planned.ExitCode == 0, planned.Output);
        AssertNames(planned, "basic-chat-model", "basic-chat-endpoint", "blue");
        Assert.False(await WorkspaceHasModelVersionAsync(user, "basic-chat-model", "1"));
    }

    [Fact]
    public async Task The_Kubernetes_files_of_the_sample_deploy_to_the_compute_that_they_name()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        string[] files = ["-p:FlowEndpointFile=kubernetes/endpoint.yml", "-p:FlowDeploymentFile=kubernetes/deployment.yml"];

        var refused = await user.DotNetAsync(["publish", "BasicChat", "-t:DeployFlow", .. files]);
        Assert.Equal(1, refused.ExitCode);
        AssertNames(refused, "error FLOW5005", "compute 'my-cluster'");

        await AttachClusterAsync(user, "my-cluster");
        var deployed = await user.DotNetAsync(["publish", "BasicChat", "-t:DeployFlow", .. files]);
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        AssertNames(deployed, "basic-chat-k8s", "blue", "100 %");

        // The other commands of prompt flow's guide, one after another.
        var shown = await user.DotNetAsync(["build", "BasicChat", "-t:ShowFlow;InvokeFlow;GetFlowLogs", .. files]);
        Assert.True(shown.ExitCode == 0, shown.Output);
        AssertNames(shown, "basic-chat-k8s  Succeeded  Key", "\"answer\"", "InferenceServer");
        var moved = await user.DotNetAsync(["build", "BasicChat", "-t:SetFlowTraffic", "-p:FlowTraffic=blue=0", .. files]);
        Assert.True(moved.ExitCode == 0, moved.Output);
        AssertNames(moved, "traffic of basic-chat-k8s: none");
        var deleted = await user.DotNetAsync(["build", "BasicChat", "-t:DeleteFlowEndpoint", "-p:FlowConfirm=true", .. files]);
        Assert.True(deleted.ExitCode == 0, deleted.Output);
        AssertNames(deleted, "basic-chat-k8s: deleted");
    }

    [Fact]
    public async Task A_deployment_that_the_local_workspace_dies_in_fails_clearly_and_the_next_run_finishes_it()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        var restored = await user.DotNetAsync("build", "BasicChat");
        Assert.True(restored.ExitCode == 0, restored.Output);

        using var deploying = DotNetCommand.Start(user.Path, user.Variables, ["publish", "BasicChat", "-t:DeployFlow"]);
        var errors = deploying.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = new List<string>();
        var killed = false;
        while (await deploying.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            output.Add(line);
            if (!killed && line.Contains("deployment basic-chat-endpoint/blue: ", StringComparison.Ordinal))
            {
                killed = true;
                await LocalWorkspaceProcess.StopAsync(user.StateFolder);
            }
        }

        await deploying.WaitForExitAsync(TestContext.Current.CancellationToken);
        var log = string.Join('\n', output) + await errors;
        Assert.True(killed, log);
        Assert.Equal(1, deploying.ExitCode);
        Assert.Contains("error FLOW", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);

        var finished = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");
        Assert.True(finished.ExitCode == 0, finished.Output);
        AssertNames(finished, "100 %");
    }

    private static void AssertNames(CommandResult result, params string[] names)
    {
        foreach (var name in names)
        {
            Assert.Contains(name, result.Output, StringComparison.Ordinal);
        }
    }

    private static async Task AssertOpensThePageAsync(string output)
    {
        var line = Assert.Single(output.Split('\n'), static line => line.Contains("BasicChat -> basic-chat-endpoint at http", StringComparison.Ordinal));
        var link = new Uri(line.Split(" at ")[1].Split(' ')[0]);
        using var http = new HttpClient();
        foreach (var address in (Uri[])[link, new(link, "/page/app.js")])
        {
            using var answer = await http.GetAsync(address, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    private static async Task<bool> WorkspaceHasModelVersionAsync(UserFolder user, string model, string version)
    {
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        return await workspace.GetAsync($"models/{model}/versions/{version}") is not null;
    }

    // As an administrator attaches a cluster to a workspace.
    private static async Task AttachClusterAsync(UserFolder user, string compute)
    {
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        await workspace.PutAsync($"computes/{compute}", """{ "location": "local", "properties": { "computeType": "Kubernetes", "resourceId": "/subscriptions/cluster" } }""");
    }
}
