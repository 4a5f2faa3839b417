using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Deployments to a local workspace in this process.</summary>
public sealed class ApplyTests
{
    [Fact]
    public async Task A_deployment_answers_and_has_all_traffic()
    {
        await using var chat = await BasicChat.StartAsync();

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Equal("Succeeded", deployed.DeploymentState);
        Assert.EndsWith("/models/basic-chat-model/versions/1", deployed.ModelId, StringComparison.Ordinal);
        Assert.Contains("blue answers", log.Text, StringComparison.Ordinal);
        Assert.Contains("made up", log.Text, StringComparison.Ordinal);
        Assert.True(deployed.Changed);
        Assert.Equal(3, deployed.FilesSent);
    }

    [Fact]
    public async Task A_second_run_changes_nothing_and_uploads_nothing()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        var (log, deployed) = await chat.DeployAsync();

        Assert.Contains("Plan: no changes", log.Lines);
        Assert.False(deployed.Changed);
        Assert.Equal(0, deployed.FilesSent);
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_changed_template_is_a_new_version_and_the_old_one_stays()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var (_, deployed) = await chat.DeployAsync();

        Assert.EndsWith("/models/basic-chat-model/versions/2", deployed.ModelId, StringComparison.Ordinal);
        Assert.Equal(100, deployed.TrafficPercent);
        var workspace = await chat.OpenWorkspaceAsync();
        Assert.NotNull(await workspace.GetModelVersionAsync("basic-chat-model", "1", TestContext.Current.CancellationToken));

        // And back: the first version holds this content, so no third one is made.
        chat.Replace("basic-chat/chat.jinja2", "at length", "briefly");
        (_, deployed) = await chat.DeployAsync();
        Assert.EndsWith("/models/basic-chat-model/versions/1", deployed.ModelId, StringComparison.Ordinal);
        Assert.Equal(0, deployed.FilesSent);
    }

    [Fact]
    public async Task A_second_deployment_leaves_the_traffic_where_it_is()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");

        var (_, green) = await chat.DeployAsync();
        Assert.Equal(0, green.TrafficPercent);
        Assert.Equal("blue=100", green.Traffic);

        (_, green) = await chat.DeployAsync(new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=90 green=10") });
        Assert.Equal("blue=90 green=10", green.Traffic);

        (_, green) = await chat.DeployAsync(new DeploySettings { AllTraffic = true });
        Assert.Equal("green=100", green.Traffic);
    }

    [Theory]
    [InlineData(FlowStage.Model)]
    [InlineData(FlowStage.Endpoint)]
    [InlineData(FlowStage.Deployment)]
    [InlineData(FlowStage.Verification)]
    public async Task A_build_that_is_killed_after_a_stage_is_finished_by_the_next_one(FlowStage last)
    {
        await using var chat = await BasicChat.StartAsync();
        var killed = chat.Deployer(new RecordingLog());
        foreach (var stage in Enum.GetValues<FlowStage>().Where(s => s <= last))
        {
            await killed.ApplyAsync(stage, TestContext.Current.CancellationToken);
        }

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Equal("Succeeded", deployed.DeploymentState);
        Assert.Equal(0, deployed.FilesSent);
        Assert.DoesNotContain("basic-chat-model:2", log.Text, StringComparison.Ordinal);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Theory]
    [InlineData("registered")]
    [InlineData("endpoint basic-chat-endpoint: Succeeded")]
    [InlineData("deployment basic-chat-endpoint/blue: Creating")]
    public async Task A_workspace_that_dies_is_a_clear_error_and_the_next_run_finishes(string at)
    {
        await using var chat = await BasicChat.StartAsync(provisioningTime: TimeSpan.FromMilliseconds(300));
        var log = new RecordingLog();
        var stopped = false;
        log.OnLine = line =>
        {
            if (!stopped && line.Contains(at, StringComparison.Ordinal))
            {
                stopped = true;
                chat.StopHostAsync().GetAwaiter().GetResult();
            }
        };

        var died = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(log: log));
        Assert.Equal(LocalWorkspaceRules.WentAway, died.Diagnostic.Rule);

        await chat.StartHostAsync();
        var (_, deployed) = await chat.DeployAsync();
        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task An_upload_that_was_cut_sends_only_what_is_missing()
    {
        await using var chat = await BasicChat.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            chat.Write($"basic-chat/data/{i}.txt", $"file {i}");
        }

        await chat.Deployer(new RecordingLog()).ApplyAsync(FlowStage.Model, TestContext.Current.CancellationToken);
        var store = Directory.GetFiles(chat.StateFolder, "*", SearchOption.AllDirectories);

        // The same content under another name of the model: everything lies there already.
        chat.Replace("model.yml", "basic-chat-model", "renamed-model");
        chat.Replace("deployment.yml", "basic-chat-model", "renamed-model");
        var upload = Assert.Single((await chat.PlanAsync()).Steps.OfType<UploadStep>());

        Assert.NotEmpty(store);
        Assert.Equal(0, upload.MissingFiles);
        Assert.Equal(23, upload.Package.Files.Count);
    }

    [Fact]
    public async Task Tags_that_others_set_survive()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var workspace = await chat.OpenWorkspaceAsync();
        var endpoint = (await workspace.GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken))!;
        var body = Workspace.MachineLearningWorkspace.WithTraffic(endpoint, null, null, new Dictionary<string, string?> { ["owner"] = "somebody else" });
        var operation = await workspace.PutEndpointAsync("basic-chat-endpoint", () => Task.FromResult(body), TestContext.Current.CancellationToken);
        await operation.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        chat.Replace("endpoint.yml", "auth_mode: key", "auth_mode: key\ndescription: Answers.");

        await chat.DeployAsync();

        endpoint = (await workspace.GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken))!;
        Assert.Equal("somebody else", endpoint.Tags["owner"]);
        Assert.Equal(100, endpoint.Traffic["blue"]);
    }

    [Fact]
    public async Task The_result_holds_numbers_and_booleans_for_later_steps_and_texts_for_the_build()
    {
        await using var chat = await BasicChat.StartAsync();
        var (_, deployed) = await chat.DeployAsync();
        var file = Path.Combine(chat.Folder, "flow-deployment.json");

        DeployedFlow.Write([deployed with { Elapsed = TimeSpan.FromSeconds(71.26) }], file);

        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var flow = Assert.Single(result.RootElement.EnumerateArray());
        Assert.Equal("blue", flow.GetProperty("deployment").GetString());
        Assert.Equal(100, flow.GetProperty("trafficPercent").GetInt32());
        Assert.Equal(3, flow.GetProperty("filesSent").GetInt32());
        Assert.Equal(71.3, flow.GetProperty("elapsedSeconds").GetDouble());
        Assert.True(flow.GetProperty("changed").GetBoolean());
        var metadata = deployed.Metadata.ToDictionary(static m => m.Key, static m => m.Value);
        Assert.Equal(("100", "3", "true"), (metadata["TrafficPercent"], metadata["FilesSent"], metadata["Changed"]));
        Assert.Equal(flow.EnumerateObject().Select(static p => p.Name), metadata.Keys.Select(JsonNamingPolicy.CamelCase.ConvertName));
    }

    [Fact]
    public async Task No_secret_reaches_log_manifest_or_result()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var deployer = chat.Deployer(log);
        deployer.Package(Path.Combine(chat.Folder, "obj"), TestContext.Current.CancellationToken);
        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            await deployer.ApplyAsync(stage, TestContext.Current.CancellationToken);
        }

        DeployedFlow.Write((await deployer.GetDeployedAsync(TestContext.Current.CancellationToken))!, Path.Combine(chat.Folder, "obj", "flow-deployment.json"));
        chat.Replace("deployment.yml", "secret-of-the-variable", "another-secret");
        await chat.DeployAsync(log: log);
        var workspace = await chat.OpenWorkspaceAsync();
        var (primary, secondary) = await workspace.GetKeysAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);

        var files = Directory.GetFiles(Path.Combine(chat.Folder, "obj"));
        Assert.Equal(2, files.Length);
        var all = log.Text + string.Concat(files.Select(File.ReadAllText));
        Assert.NotEmpty(primary);
        foreach (var secret in (string[])[chat.Host.Token, primary, secondary, "secret-of-the-variable", "another-secret"])
        {
            Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Invoke_prints_the_answer_and_show_the_table()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var log = new RecordingLog();
        var deployer = chat.Deployer(log);

        Assert.True(await deployer.InvokeAsync(null, TestContext.Current.CancellationToken));
        var shown = await deployer.ShowAsync(TestContext.Current.CancellationToken);

        Assert.Contains("answer", log.Text, StringComparison.Ordinal);
        Assert.Equal("basic-chat-endpoint/blue", Assert.Single(shown!).Identity);
        Assert.Contains(log.Lines, static l => l.Contains("blue", StringComparison.Ordinal) && l.Contains("100 %", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_the_flow_refuses_fails_verification_and_moves_no_traffic()
    {
        await using var chat = await BasicChat.StartAsync();

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(chat.WithRefusedRequest()));

        Assert.Equal(WorkspaceRules.VerificationFailed, failed.Diagnostic.Rule);
        var endpoint = await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken);
        Assert.Empty(endpoint!.Traffic);
        Assert.Contains(failed.Details, static d => d.Contains("InferenceServer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_in_place_that_fails_verification_is_put_back()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(chat.WithRefusedRequest()));

        Assert.Contains(failed.Details, static d => d.Contains("put back", StringComparison.Ordinal));
        var deployment = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken);
        Assert.EndsWith("/models/basic-chat-model/versions/1", deployment!.ModelId, StringComparison.Ordinal);
        Assert.Equal("secret-of-the-variable", deployment.Document["properties"]!["environmentVariables"]!["OPENAI_API_KEY"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("azureml:AzureML-sklearn-1.5@latest")]
    [InlineData("azureml:AzureML-sklearn-1.5:1")]
    public async Task A_curated_environment_is_the_one_that_the_service_shows_by_its_whole_id(string environment)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "environment:\n  image: example.azurecr.io/flows/basic-chat:1\n", $"environment: {environment}\n");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.DoesNotContain(log.Lines, static l => l.Contains("planning again", StringComparison.Ordinal));
        Assert.EndsWith(
            "/environments/AzureML-sklearn-1.5/versions/1",
            (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue"))!["properties"]!["environmentId"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }
}
