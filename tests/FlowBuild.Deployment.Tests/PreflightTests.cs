using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>What is refused before anything is sent.</summary>
public sealed class PreflightTests
{
    [Fact]
    public async Task A_machine_that_does_not_exist_is_an_error_with_a_suggestion()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "Standard_DS3_v2", "Standard_DS3_v22");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.InstanceTypeUnusable, refused.Diagnostic.Rule);
        Assert.Equal(5, refused.Diagnostic.Span?.StartLine);
        Assert.Contains("did you mean 'Standard_DS3_v2'?", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_cannot_serve_is_an_error()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "Standard_DS3_v2", "Standard_B2s");

        Assert.Contains("cannot serve", (await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_cores_than_the_quota_has_is_an_error_with_the_figures()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 25");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.QuotaExceeded, refused.Diagnostic.Rule);
        Assert.Contains("120 more cores", refused.Message, StringComparison.Ordinal);
        Assert.Contains("100 left", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_the_workspace_lacks_is_a_warning_with_a_suggestion()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.PutResourceAsync("connections/open_ai_conection", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        var log = new RecordingLog();

        await chat.Deployer(log).PlanAsync(writes: false, TestContext.Current.CancellationToken);

        var warning = Assert.Single(log.Diagnostics);
        Assert.Equal(WorkspaceRules.ConnectionMissing, warning.Rule);
        Assert.Contains("did you mean 'open_ai_conection'?", warning.Message, StringComparison.Ordinal);
        Assert.Equal(23, warning.Span?.StartLine);
    }

    [Fact]
    public async Task A_plan_that_changes_nothing_takes_at_most_eight_requests()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        var (log, deployed) = await chat.DeployAsync();

        Assert.False(deployed.Changed);
        var requests = log.Lines.Where(static l => l.StartsWith("GET ", StringComparison.Ordinal) || l.StartsWith("POST ", StringComparison.Ordinal) || l.StartsWith("PUT ", StringComparison.Ordinal)).ToList();
        Assert.True(requests.Count is > 0 and <= 8, string.Join('\n', requests));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("local")]
    public async Task A_name_that_another_workspace_of_the_region_has_is_an_error_at_its_place_before_anything_is_sent(string? location)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Elsewhere(location));
        var log = new RecordingLog();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(log: log));

        Assert.Equal(WorkspaceRules.EndpointNameTaken, refused.Diagnostic.Rule);
        Assert.Equal(chat.EndpointFile, refused.Diagnostic.File);
        Assert.Equal((0, 6), (refused.Diagnostic.Span?.StartLine, refused.Diagnostic.Span?.StartColumn));
        Assert.StartsWith("The workspace 'theirs' of the resource group 'others' has an endpoint 'basic-chat-endpoint' in the region 'local'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_of_another_region_is_free()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Elsewhere("westeurope"));

        Assert.Equal(100, (await chat.DeployAsync()).Deployed.TrafficPercent);
    }

    [Fact]
    public async Task An_endpoint_that_is_gone_and_still_listed_is_no_hindrance()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Elsewhere(null)[..^1] + """, "calls": [ { "action": "Fail", "path": "workspaces/theirs/", "status": 404, "code": "ResourceNotFound", "times": 9 } ] }""");

        Assert.Contains((await chat.PlanAsync()).Steps, static s => s is EndpointStep { IsNew: true });
    }

    [Fact]
    public async Task A_subscription_that_must_not_be_read_is_said_to_be_unchecked()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Resources/subscriptions/resources/read" ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Contains("  note: whether another workspace has an endpoint 'basic-chat-endpoint' cannot be checked (AuthorizationFailed)", log.Lines);
    }

    [Fact]
    public async Task An_endpoint_elsewhere_that_must_not_be_read_is_said_to_be_unchecked()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync(Elsewhere(null)[..^1] + """, "calls": [ { "action": "Fail", "path": "workspaces/theirs/", "status": 403, "code": "AuthorizationFailed", "times": 99 } ] }""");

        Assert.Contains(
            "  note: whether another workspace has an endpoint 'basic-chat-endpoint' cannot be checked (AuthorizationFailed)", (await chat.PlanAsync()).ToLines());
    }

    private static string Elsewhere(string? location)
    {
        // More than one page of them.
        var others = Enumerable.Range(0, 40).Select(static i => $$"""{ "name": "endpoint-{{i}}", "workspace": "theirs", "resourceGroup": "others" },""");
        var region = location is null ? "" : $", \"location\": \"{location}\"";
        return $$"""{ "endpointsElsewhere": [ {{string.Concat(others)}} { "name": "Basic-Chat-Endpoint", "workspace": "theirs", "resourceGroup": "others"{{region}} } ] }""";
    }

    [Theory]
    [InlineData("    type: string\n    reference: ${chat.output}", "    type: object\n    reference: ${chat.output}", "output 'answer' changes from string to object")]
    [InlineData("  answer:", "  reply:", "output 'answer' is gone")]
    [InlineData("  question:\n", "  tone:\n    type: string\n  question:\n", "input 'tone' is new and required")]
    [InlineData("    default: []\n", "", "input 'chat_history' becomes required")]
    public async Task A_contract_that_breaks_live_callers_is_refused(string from, string to, string says)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/flow.dag.yaml", from, to);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Equal(WorkspaceRules.BreakingContract, refused.Diagnostic.Rule);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.True((await chat.PlanAsync(new DeploySettings { AllowBreakingChange = true })).HasChanges);
    }

    [Fact]
    public async Task A_model_of_another_tool_is_judged_by_its_swagger()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var workspace = await chat.OpenWorkspaceAsync();
        var version = (await workspace.GetModelVersionAsync("basic-chat-model", "1", TestContext.Current.CancellationToken))!;
        var body = new System.Text.Json.Nodes.JsonObject { ["properties"] = version.Document["properties"]!.DeepClone() };
        body["properties"]!["properties"]!.AsObject().Remove("flowbuild.contract");
        await workspace.PutVersionAsync("models", "basic-chat-model", "1", body, TestContext.Current.CancellationToken);

        // A new required input cannot be told from an optional one there; a type can.
        chat.Replace("basic-chat/flow.dag.yaml", "  question:\n", "  tone:\n    type: string\n  question:\n");
        Assert.Contains((await chat.PlanAsync()).Notes, static n => n.Contains("optionality unknown", StringComparison.Ordinal));

        chat.Replace("basic-chat/flow.dag.yaml", "    type: string\n    reference", "    type: object\n    reference");
        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());
        Assert.Contains("output 'answer' changes from string to object", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_response_fields_break_callers_too()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("basic-chat/flow.dag.yaml", "outputs:\n", "outputs:\n  question:\n    type: string\n    reference: ${inputs.question}\n");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "environment_variables:\n", "environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"answer\"]'\n");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());

        Assert.Contains("output 'question' is gone", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_optional_input_and_a_new_output_break_nobody()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/flow.dag.yaml", "  question:\n", "  tone:\n    type: string\n    default: kind\n  question:\n");
        chat.Replace("basic-chat/flow.dag.yaml", "outputs:\n", "outputs:\n  tone:\n    type: string\n    reference: ${inputs.tone}\n");

        Assert.Contains((await chat.PlanAsync()).Steps, static s => s is VersionStep { Version: "2" });
    }
}
