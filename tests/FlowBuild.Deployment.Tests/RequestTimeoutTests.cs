using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>Three minutes for a managed deployment, five for one that the service takes for a prompt flow.</summary>
public sealed class RequestTimeoutTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flow_may_take_five_minutes()
    {
        await using var chat = await WithTimeoutAsync();

        Assert.True((await chat.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_scoring_script_may_take_three_unless_its_model_says_that_it_is_a_flow()
    {
        await using var chat = await WithTimeoutAsync();
        chat.Write("code/score.py", "");
        await File.AppendAllTextAsync(chat.DeploymentFile, "\ncode_configuration: { code: code, scoring_script: score.py }\n", Token);
        var log = new RecordingLog();
        Assert.Null(await chat.Deployer(log).PlanAsync(writes: false, Token));
        var problem = Assert.Single(log.Diagnostics);
        Assert.Equal((DeploymentRules.OutOfRange, 9), (problem.Rule, problem.Span!.Value.StartLine));

        chat.Replace("model.yml", "path: basic-chat", "path: basic-chat\nproperties: { azureml.promptflow.source_flow_id: chat }");
        Assert.True((await chat.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Of_a_model_that_others_registered_the_workspace_says_whether_it_is_a_flow()
    {
        await using var chat = await WithTimeoutAsync();
        chat.Replace("deployment.yml", "azureml:basic-chat-model@latest", "azureml:another:1");
        await chat.PutResourceAsync("models/another/versions/1", """{ "properties": { "modelUri": "azureml://datastores/workspaceblobstore/paths/model" } }""");
        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());
        Assert.Equal(DeploymentRules.OutOfRange, refused.Diagnostic.Rule);

        await chat.PutResourceAsync(
            "models/another/versions/1",
            """{ "properties": { "modelUri": "azureml://datastores/workspaceblobstore/paths/model", "properties": { "azureml.promptflow.source_flow_id": "x" } } }""");
        Assert.True((await chat.PlanAsync()).HasChanges);
    }

    private static async Task<BasicChat> WithTimeoutAsync()
    {
        var chat = await BasicChat.StartAsync();
        await File.AppendAllTextAsync(chat.DeploymentFile, "\nrequest_settings: { request_timeout_ms: 200000 }\n", Token);
        return chat;
    }
}
