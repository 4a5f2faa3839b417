using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

/// <summary>What the endpoint's identity and the deployer may do, and what is said and done where they may not.</summary>
public sealed class AccessTests
{
    private const string SecretsReader = "Azure Machine Learning Workspace Connection Secrets Reader";
    private static readonly DeploySettings Grant = new() { GrantAccess = true };

    [Fact]
    public async Task A_new_identity_that_cannot_read_connections_is_a_warning_with_the_command_that_mends_it()
    {
        await using var chat = await StartWithConnectionAsync();

        Assert.Contains(
            $"the endpoint's new identity needs the role '{SecretsReader}' at 'local'; FlowGrantAccess=true gives it", (await chat.PlanAsync()).Notes);
        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        var warning = Assert.Single(log.Diagnostics);
        Assert.Equal(WorkspaceRules.RoleMissing, warning.Rule);
        var principal = await PrincipalAsync(chat);
        Assert.EndsWith(
            $"or run: az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --role \"{SecretsReader}\""
            + $" --scope {WorkspaceId(chat)}", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_are_given_once_and_a_second_run_changes_nothing()
    {
        await using var chat = await StartWithConnectionAsync();

        var (log, _) = await chat.DeployAsync(Grant);

        Assert.Empty(log.Diagnostics);
        Assert.Contains(log.Lines, static l => l.StartsWith($"  + role        {SecretsReader} at local (for the identity of basic-chat-endpoint)", StringComparison.Ordinal));
        Assert.True(
            log.Text.IndexOf("given to the identity of basic-chat-endpoint", StringComparison.Ordinal) < log.Text.IndexOf("deployment basic-chat-endpoint/blue:", StringComparison.Ordinal));
        var assignment = Assert.Single(await AssignmentsAsync(chat, WorkspaceId(chat)));
        Assert.Equal("ServicePrincipal", assignment["properties"]!["principalType"]!.GetValue<string>());

        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Grant)).ToLines());
        (log, _) = await chat.DeployAsync();
        Assert.Empty(log.Diagnostics);
        Assert.Single(await AssignmentsAsync(chat, WorkspaceId(chat)));
    }

    [Fact]
    public async Task A_role_that_was_forgotten_is_given_by_a_run_that_changes_nothing_else()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.DeployAsync();

        var plan = await chat.PlanAsync(Grant);

        Assert.Equal(SecretsReader, Assert.IsType<GrantStep>(Assert.Single(plan.Steps)).Need.Role.Name);
        await chat.DeployAsync(Grant);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Grant)).ToLines());
    }

    [Fact]
    public async Task A_wider_role_above_does_as_well()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.DeployAsync();
        await AssignAsync(chat, $"/subscriptions/{chat.Host.SubscriptionId}/resourceGroups/local", "b24988ac-6180-42a0-ab88-20f7382dd24c", await PrincipalAsync(chat));

        Assert.Empty((await chat.PlanAsync(Grant)).Steps);
    }

    [Fact]
    public async Task A_narrower_role_does_not_do()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.DeployAsync();
        await AssignAsync(chat, WorkspaceId(chat), "acdd72a7-3385-48ef-bd42-f606fba81ae7", await PrincipalAsync(chat));

        Assert.IsType<GrantStep>(Assert.Single((await chat.PlanAsync(Grant)).Steps));
    }

    [Fact]
    public async Task Roles_that_must_not_be_read_are_said_to_be_unread()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Authorization/roleAssignments/read" ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Empty(log.Diagnostics);
        Assert.Contains($"the roles of the endpoint's identity cannot be read (AuthorizationFailed); it needs '{SecretsReader}' at 'local'", log.Lines);
    }

    [Fact]
    public async Task Roles_that_must_not_be_read_are_given_under_one_name_however_often()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Authorization/roleAssignments/read" ] }""");
        await chat.DeployAsync(Grant);

        var (log, _) = await chat.DeployAsync(Grant);

        Assert.Contains(log.Lines, static l => l.Contains("given to the identity of basic-chat-endpoint", StringComparison.Ordinal));
        await chat.SetFaultsAsync("{}");
        var assignment = Assert.Single(await AssignmentsAsync(chat, WorkspaceId(chat)));
        var name = new RoleNeed(Role.ConnectionSecretsReader, WorkspaceId(chat), "").AssignmentName(await PrincipalAsync(chat));
        Assert.Equal(name.ToString(), assignment["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_role_that_the_deployer_must_not_give_is_an_error_with_the_command_for_somebody_who_may()
    {
        await using var chat = await StartWithConnectionAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Authorization/roleAssignments/write" ] }""");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(Grant));

        Assert.Equal(WorkspaceRules.RoleNotGiven, refused.Diagnostic.Rule);
        Assert.Contains("(AuthorizationFailed: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("let an owner run: az role assignment create --assignee-object-id", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_assigned_identity_needs_roles_at_registry_and_storage_too_and_its_client_id_is_filled_in()
    {
        await using var chat = await StartWithConnectionAsync();
        var id = UseIdentity(chat);

        var (log, _) = await chat.DeployAsync();

        Assert.Equal(
            [(SecretsReader, "local"), ("AcrPull", "flowbuildlocal"), ("Storage Blob Data Reader", "flowbuildlocal")],
            log.Diagnostics.Select(static d => (d.Arguments[1], d.Arguments[2])));
        Assert.Contains("  note: AZURE_CLIENT_ID is filled in with the client id of the identity flows", log.Lines);
        var workspace = await chat.OpenWorkspaceAsync();
        var endpoint = (await workspace.GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken))!;
        var blue = (await workspace.GetDeploymentAsync("basic-chat-endpoint", "blue", TestContext.Current.CancellationToken))!;
        Assert.Equal(
            endpoint.Document["identity"]!["userAssignedIdentities"]![id]!["clientId"]!.GetValue<string>(),
            blue.Document["properties"]!["environmentVariables"]!["AZURE_CLIENT_ID"]!.GetValue<string>());
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());

        (log, _) = await chat.DeployAsync(Grant);
        Assert.Equal(3, log.Lines.Count(static l => l.Contains("given to the identity of basic-chat-endpoint", StringComparison.Ordinal)));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Grant)).ToLines());
    }

    [Fact]
    public async Task An_image_of_another_registry_needs_a_role_there()
    {
        await using var chat = await BasicChat.StartAsync();
        await PutRegistryAsync(chat, "example");

        var (log, _) = await chat.DeployAsync();

        var warning = Assert.Single(log.Diagnostics);
        Assert.Equal(["basic-chat-endpoint", "AcrPull", "example"], warning.Arguments.Take(3));
        Assert.EndsWith(
            $"--role \"AcrPull\" --scope /subscriptions/{chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.ContainerRegistry/registries/example",
            warning.Message, StringComparison.Ordinal);

        (log, _) = await chat.DeployAsync(Grant);
        Assert.Single(log.Lines, static l => l.Contains("given to the identity of basic-chat-endpoint", StringComparison.Ordinal));
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync(Grant)).ToLines());
    }

    [Theory]
    [InlineData("flowbuildlocal.azurecr.io/chat:1")]
    [InlineData("flowbuildlocal-d7f2a0b1c3e4.azurecr.io/chat:1")]
    [InlineData("example.azurecr.example.com/chat:1")]
    [InlineData("mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest")]
    [InlineData("python")]
    public async Task An_image_of_the_workspace_s_own_registry_or_of_none_in_Azure_needs_no_role(string image)
    {
        await using var chat = await BasicChat.StartAsync();
        await PutRegistryAsync(chat, "example");
        chat.Replace("deployment.yml", "example.azurecr.io/flows/basic-chat:1", image);

        Assert.DoesNotContain((await chat.DeployAsync()).Log.Diagnostics, static d => d.Rule == WorkspaceRules.RoleMissing);
    }

    [Fact]
    public async Task A_client_id_of_another_identity_is_a_warning_at_its_place_that_does_not_show_it()
    {
        await using var chat = await BasicChat.StartAsync();
        UseIdentity(chat);
        chat.Replace("deployment.yml", "environment_variables:\n", "environment_variables:\n  AZURE_CLIENT_ID: 99999999-0000-0000-0000-000000000000\n");
        var log = new RecordingLog();

        await chat.Deployer(log).PlanAsync(writes: false, TestContext.Current.CancellationToken);

        var warning = Assert.Single(log.Diagnostics, static d => d.Rule == WorkspaceRules.ClientIdDisagrees);
        Assert.Equal((chat.DeploymentFile, 8), (warning.File, warning.Span?.StartLine));
        Assert.DoesNotContain("99999999", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_that_must_not_be_seen_is_said_to_be_unread()
    {
        await using var chat = await BasicChat.StartAsync();
        UseIdentity(chat);
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.ManagedIdentity/userAssignedIdentities/read" ] }""");

        var plan = await chat.PlanAsync(Grant);

        Assert.Contains("AZURE_CLIENT_ID is not set and the client id of the identity flows cannot be read; write it into environment_variables", plan.Notes);
        Assert.Contains(plan.Notes, static n => n.StartsWith("the roles of the endpoint's identity cannot be read (the identity 'flows' is not there", StringComparison.Ordinal));
        Assert.DoesNotContain(plan.Steps, static s => s is GrantStep);
    }

    [Theory]
    [InlineData("onlineEndpoints/write")]
    [InlineData("onlineEndpoints/deployments/write")]
    [InlineData("models/versions/write")]
    [InlineData("onlineEndpoints/listKeys/action")]
    public async Task What_the_deployer_may_not_do_is_an_error_before_anything_is_done(string action)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync($$"""{ "deniedActions": [ "Microsoft.MachineLearningServices/workspaces/{{action}}" ] }""");
        var log = new RecordingLog();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(log: log));

        Assert.Equal(WorkspaceRules.PermissionMissing, refused.Diagnostic.Rule);
        Assert.Contains($"Microsoft.MachineLearningServices/workspaces/{action}; let an owner run: az role assignment create", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Somebody_who_may_only_read_can_make_a_plan_and_reads_what_the_deployer_needs()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write" ] }""");

        Assert.Contains(
            "the signed-in identity may not carry this out: it lacks Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write", (await chat.PlanAsync()).Notes);
    }

    [Fact]
    public async Task Permissions_that_must_not_be_read_stop_nobody()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Authorization/permissions/read" ] }""");

        Assert.Equal(100, (await chat.DeployAsync()).Deployed.TrafficPercent);
    }

    private static async Task<BasicChat> StartWithConnectionAsync()
    {
        var chat = await BasicChat.StartAsync();
        await chat.PutResourceAsync(
            "connections/open_ai_connection", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        return chat;
    }

    private static string UseIdentity(BasicChat chat)
    {
        var id = $"/subscriptions/{chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.ManagedIdentity/userAssignedIdentities/flows";
        chat.Write("endpoint.yml", $"name: basic-chat-endpoint\nauth_mode: key\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n  - resource_id: {id}\n");
        return id;
    }

    private static Task PutRegistryAsync(BasicChat chat, string name) => chat.PutAsync(
        $"subscriptions/{chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.ContainerRegistry/registries/{name}?api-version=2023-07-01",
        """{ "location": "local", "sku": { "name": "Basic" } }""");

    private static string WorkspaceId(BasicChat chat) =>
        $"/subscriptions/{chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local";

    private static async Task<string> PrincipalAsync(BasicChat chat) =>
        (await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", TestContext.Current.CancellationToken))!.PrincipalId!;

    private static Task AssignAsync(BasicChat chat, string scope, string role, string principal) => chat.PutAsync(
        $"{scope[1..]}/providers/Microsoft.Authorization/roleAssignments/{Guid.NewGuid()}?api-version=2022-04-01", $$"""
        { "properties": { "roleDefinitionId": "/subscriptions/{{chat.Host.SubscriptionId}}/providers/Microsoft.Authorization/roleDefinitions/{{role}}", "principalId": "{{principal}}" } }
        """);

    private static async Task<IReadOnlyList<JsonNode>> AssignmentsAsync(BasicChat chat, string scope) =>
        [.. (await chat.GetAsync($"{scope[1..]}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"))["value"]!.AsArray().Select(static a => a!)];
}
