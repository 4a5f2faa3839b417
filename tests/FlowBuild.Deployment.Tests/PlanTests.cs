using System.Text.RegularExpressions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

public sealed partial class PlanTests
{
    [Fact]
    public async Task A_first_plan_lists_everything_and_writes_nothing()
    {
        await using var chat = await BasicChat.StartAsync();

        var plan = await chat.PlanAsync();

        Assert.Equal(Approved("first-plan.txt"), Text(plan));
        var workspace = await chat.OpenWorkspaceAsync();
        Assert.Null(await workspace.GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken));
        Assert.Null(await workspace.GetModelVersionAsync("basic-chat-model", "1", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_plan_after_changes_shows_them_from_and_to()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 2\nrequest_settings:\n  request_timeout_ms: 90000");
        chat.Replace("deployment.yml", "secret-of-the-variable", "another-secret");
        chat.Replace("endpoint.yml", "auth_mode: key", "auth_mode: key\ndescription: Answers.\ntags:\n  team: chat");

        var plan = await chat.PlanAsync();

        Assert.Equal(Approved("changed-plan.txt"), Text(plan));
    }

    [Fact]
    public async Task What_is_deployed_needs_no_change()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task A_setting_that_the_file_does_not_say_any_more_goes_back_to_the_default()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 1\nrequest_settings:\n  request_timeout_ms: 90000");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "\nrequest_settings:\n  request_timeout_ms: 90000", "");

        var step = Assert.Single((await chat.PlanAsync()).Steps.OfType<DeploymentStep>());

        Assert.Equal(new PlanChange("requestSettings.requestTimeout", "PT1M30S", "PT5S"), Assert.Single(step.Differences));
    }

    [Fact]
    public async Task A_pinned_version_with_other_content_is_an_error_at_the_model()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "basic-chat-model@latest", "basic-chat-model:1");
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.ModelVersionTaken, refused.Diagnostic.Rule);
        Assert.Equal(chat.DeploymentFile, refused.Diagnostic.File);
        Assert.Equal(2, refused.Diagnostic.Span?.StartLine);
        var next = await chat.PlanAsync(new DeploySettings { NextModelVersion = true });
        Assert.Equal("basic-chat-model:2", next.Steps.OfType<VersionStep>().Single(static s => s.Collection == "models").Subject);
    }

    [Fact]
    public async Task A_model_of_others_is_used_as_it_is()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("model.yml", "name: basic-chat-model", "name: another-model");
        chat.Replace("deployment.yml", "basic-chat-model@latest", "basic-chat-model:1");

        var plan = await chat.PlanAsync();

        Assert.DoesNotContain(plan.Steps, static s => s is UploadStep or VersionStep { Collection: "models" });
        Assert.EndsWith("/models/basic-chat-model/versions/1", plan.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_an_error_at_its_place()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "basic-chat-model@latest", "basic-chat-modle:1");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.AssetNotFound, refused.Diagnostic.Rule);
        Assert.Equal(2, refused.Diagnostic.Span?.StartLine);
        Assert.Contains("basic-chat-model@latest", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_override_that_names_another_workspace_is_an_error_at_its_place()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace(
            "deployment.yml", "OPENAI_API_KEY: secret-of-the-variable",
            "PRT_CONFIG_OVERRIDE: deployment.subscription_id=another,deployment.endpoint_name=basic-chat-endpoint");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(ConfigurationRules.OverrideDisagrees, refused.Diagnostic.Rule);
        Assert.Contains("deployment.subscription_id=another", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_no_file_describes_must_exist()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var project = chat.Project with { Items = [chat.Project.Items[0] with { EndpointFile = null }] };
        var deployer = chat.Deployer(log, project: project);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => deployer.PlanAsync(writes: false, TestContext.Current.CancellationToken));

        Assert.Equal(ConfigurationRules.EndpointFileMissing, refused.Diagnostic.Rule);
    }

    private static string Text(DeploymentPlan plan) =>
        Hashes().Replace(string.Join('\n', plan.ToLines()), "<hash>") + "\n";

    private static string Approved(string name) => File.ReadAllText(Path.Combine(Repository.Root, "tests", "FlowBuild.Deployment.Tests", "Approved", name));

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Hashes();
}
