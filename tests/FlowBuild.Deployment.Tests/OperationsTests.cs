using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>What is done to a deployment after it stands.</summary>
public sealed class OperationsTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registering_makes_the_model_and_nothing_else()
    {
        await using var chat = await BasicChat.StartAsync();
        var deployer = chat.Deployer(new RecordingLog());

        await deployer.RegisterAsync(Token);

        var workspace = await chat.OpenWorkspaceAsync();
        var version = await workspace.GetModelVersionAsync("basic-chat-model", "1", Token);
        Assert.Equal("chat", version!.ModelProperties["azureml.promptflow.mode"]);
        Assert.Equal("question", version.ModelProperties["azureml.promptflow.chat_input"]);
        Assert.Equal("basic-chat", version.ModelProperties["azureml.promptflow.source_flow_id"]);
        Assert.Equal(
            """{"inputs":{"chat_history":"list?","question":"string"},"outputs":{"answer":"string"}}""", version.ModelProperties["flowbuild.contract"]);
        Assert.Null(await workspace.GetEndpointAsync("basic-chat-endpoint", Token));
    }

    [Fact]
    public async Task Traffic_of_a_deployment_that_does_not_exist_is_refused_by_plan_and_target()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var settings = new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=90 gren=10") };
        const string Problem = "the endpoint 'basic-chat-endpoint' has no deployment 'gren'; it has blue";

        var planned = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(settings));
        var set = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), settings).SetTrafficAsync(Token));

        Assert.Equal(ConfigurationRules.InvalidProperty, planned.Diagnostic.Rule);
        Assert.EndsWith(Problem, planned.Message, StringComparison.Ordinal);
        Assert.EndsWith(Problem, set.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_workspace_is_named_before_anything_is_packaged()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var deployer = chat.Deployer(log);

        Assert.True(await deployer.NameWorkspaceAsync(Token));
        deployer.Package(Path.Combine(chat.Folder, "obj"), Token);

        var said = log.Lines.Where(static l => l.StartsWith("workspace ", StringComparison.Ordinal) || l.StartsWith("package ", StringComparison.Ordinal)).ToList();
        Assert.StartsWith("workspace 'local' in resource group 'local'", said[0], StringComparison.Ordinal);
        Assert.StartsWith("package basic-chat", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_rollback_of_traffic_changes_nothing()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync();

        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=40;green=60") }).SetTrafficAsync(Token));
        Assert.Equal("blue=40 green=60", await TrafficAsync(chat));

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));

        var log = new RecordingLog();
        Assert.True(await chat.Deployer(log).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));
        Assert.Contains("basic-chat-endpoint: already rolled back, nothing was changed; the traffic is blue=100 (flow 'basic-chat')", log.Lines);
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT", StringComparison.Ordinal));

        // The next move of traffic can be rolled back again.
        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "green=100") }).SetTrafficAsync(Token);
        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_second_rollback_of_a_change_in_place_changes_nothing()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync();
        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.EndsWith("versions/1", await ModelAsync(chat), StringComparison.Ordinal);

        var log = new RecordingLog();
        Assert.True(await chat.Deployer(log).RollbackAsync(Token));

        Assert.EndsWith("versions/1", await ModelAsync(chat), StringComparison.Ordinal);
        Assert.Contains("basic-chat-endpoint/blue: already rolled back, nothing was changed (flow 'basic-chat')", log.Lines);

        // The next change in place can be rolled back again.
        await chat.DeployAsync();
        Assert.EndsWith("versions/2", await ModelAsync(chat), StringComparison.Ordinal);
        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.EndsWith("versions/1", await ModelAsync(chat), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_in_place_is_rolled_back_to_the_model_before()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync();
        Assert.EndsWith("versions/2", await ModelAsync(chat), StringComparison.Ordinal);

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        Assert.EndsWith("versions/1", await ModelAsync(chat), StringComparison.Ordinal);
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_change_in_place_is_rolled_back_to_the_environment_of_a_registry()
    {
        const string Registered = "azureml://registries/azureml/environments/minimal-inference/versions/4";
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "environment:\n  image: example.azurecr.io/flows/basic-chat:1\n", $"environment: {Registered}\n");
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "versions/4", "versions/5");
        await chat.DeployAsync();

        Assert.True(await chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        var blue = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", Token);
        Assert.Equal(Registered, blue!.EnvironmentId);
    }

    [Fact]
    public async Task A_plan_says_that_a_name_is_too_long_to_go_back_to()
    {
        await using var chat = await BasicChat.StartAsync();
        var name = new string('m', 250);
        chat.Replace("model.yml", "basic-chat-model", name);
        chat.Replace("deployment.yml", "basic-chat-model", name);
        await chat.DeployAsync();
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");

        var plan = await chat.PlanAsync();

        Assert.Contains(plan.Notes, static note => note.StartsWith("RollbackFlow will not be available", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slot_that_holds_another_version_now_is_not_gone_back_to()
    {
        await using var chat = await BasicChat.StartAsync();
        var slots = new DeploySettings { Slots = ["blue", "green"] };
        await chat.DeployAsync(slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync(slots);
        chat.Replace("basic-chat/chat.jinja2", "at length", "badly");
        var cut = chat.Deployer(new RecordingLog(), slots);
        foreach (var stage in Enum.GetValues<FlowStage>().Where(static s => s <= FlowStage.Deployment))
        {
            await cut.ApplyAsync(stage, Token);
        }

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        Assert.Equal(WorkspaceRules.NoRollback, refused.Diagnostic.Rule);
        Assert.Contains("ran basic-chat-model:1 then and runs basic-chat-model:3 now", refused.Message, StringComparison.Ordinal);
        Assert.Equal("green=100", await TrafficAsync(chat));
    }

    [Theory]
    [InlineData("secret-of-the-variable", "another-secret")]
    [InlineData("instance_type: Standard_DS3_v2", "instance_type: Standard_DS4_v2")]
    public async Task A_slot_that_a_cut_run_changed_in_its_settings_only_is_not_gone_back_to(string from, string to)
    {
        await using var chat = await BasicChat.StartAsync();
        var slots = new DeploySettings { Slots = ["blue", "green"] };
        await chat.DeployAsync(slots);
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync(slots);
        chat.Replace("basic-chat/chat.jinja2", "at length", "briefly");
        chat.Replace("deployment.yml", from, to);
        var cut = chat.Deployer(new RecordingLog(), slots);
        foreach (var stage in Enum.GetValues<FlowStage>().Where(static s => s <= FlowStage.Deployment))
        {
            await cut.ApplyAsync(stage, Token);
        }

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        Assert.Equal(WorkspaceRules.NoRollback, refused.Diagnostic.Rule);
        Assert.Contains("has other environment variables or settings now than it had then", refused.Message, StringComparison.Ordinal);
        Assert.Equal("green=100", await TrafficAsync(chat));
        var tags = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"))!["tags"]!.ToJsonString();
        Assert.DoesNotContain("secret", tags, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_of_a_change_in_place_says_that_the_variables_stay_as_they_are()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "secret-of-the-variable", "another-secret");
        await chat.DeployAsync();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        Assert.Contains("its environment variables or other settings have changed since", refused.Message, StringComparison.Ordinal);

        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        chat.Replace("deployment.yml", "another-secret", "a-third-secret");
        await chat.DeployAsync();
        var log = new RecordingLog();
        Assert.True(await chat.Deployer(log).RollbackAsync(Token));
        Assert.Contains(
            "basic-chat-endpoint/blue: rolled back, runs basic-chat-model:1 again; its environment variables or other settings are those of the last deployment (flow 'basic-chat')",
            log.Lines);
    }

    [Fact]
    public async Task Two_flows_on_one_endpoint_share_its_traffic_as_one()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("green.yml", (await File.ReadAllTextAsync(chat.DeploymentFile, Token)).Replace("name: blue", "name: green", StringComparison.Ordinal));
        var item = chat.Project.Items[0];
        var project = chat.Project with { Items = [item, item with { ClientName = "Other", DeploymentFile = Path.Combine(chat.Project.Directory, "green.yml") }] };

        await DeployAllAsync();
        Assert.Equal("blue=100", await TrafficAsync(chat));
        var plans = await chat.Deployer(new RecordingLog(), null, project).PlanAsync(writes: false, Token);
        Assert.DoesNotContain(plans!, static p => p.HasChanges);

        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=40 green=60") }, project).SetTrafficAsync(Token);
        Assert.True(await chat.Deployer(new RecordingLog(), null, project).RollbackAsync(Token));
        Assert.Equal("blue=100", await TrafficAsync(chat));

        foreach (var settings in (DeploySettings[])[new() { AllTraffic = true }, new() { Slots = ["blue", "green"] }])
        {
            var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), settings, project).PlanAsync(writes: false, Token));
            Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        }

        Assert.True(await chat.Deployer(new RecordingLog(), null, project with { IsSelected = true }).DeleteEndpointAsync(Token));

        async Task DeployAllAsync()
        {
            var deployer = chat.Deployer(new RecordingLog(), null, project);
            foreach (var stage in Enum.GetValues<FlowStage>())
            {
                Assert.True(await deployer.ApplyAsync(stage, Token));
            }

            Assert.True(await deployer.ApplyRemainingAsync(Token));
        }
    }

    [Fact]
    public async Task Credentials_of_several_endpoints_stand_by_endpoint()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var item = chat.Project.Items[0];
        foreach (var file in (string[])["endpoint.yml", "deployment.yml"])
        {
            chat.Write($"other-{file}", (await File.ReadAllTextAsync(Path.Combine(chat.Project.Directory, file), Token)).Replace("basic-chat-endpoint", "other-endpoint", StringComparison.Ordinal));
        }

        var other = item with
        {
            ClientName = "Other", EndpointFile = Path.Combine(chat.Project.Directory, "other-endpoint.yml"), DeploymentFile = Path.Combine(chat.Project.Directory, "other-deployment.yml"),
        };
        await chat.DeployAsync(project: chat.Project with { Items = [other] });
        var keys = Path.Combine(chat.Folder, "keys.json");

        Assert.True(await chat.Deployer(new RecordingLog(), null, chat.Project with { Items = [item, other] }).WriteCredentialsAsync(keys, Token));

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(keys, Token));
        Assert.Equal(["basic-chat-endpoint", "other-endpoint"], json.RootElement.EnumerateObject().Select(static e => e.Name));
        Assert.All(json.RootElement.EnumerateObject(), static e => Assert.NotEmpty(e.Value.GetProperty("primaryKey").GetString()!));
    }

    [Fact]
    public async Task A_first_deployment_has_nothing_to_go_back_to()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).RollbackAsync(Token));

        Assert.Equal(WorkspaceRules.NoRollback, refused.Diagnostic.Rule);
        Assert.Equal("blue=100", await TrafficAsync(chat));
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task Credentials_go_to_a_private_file_and_not_to_the_log()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var log = new RecordingLog();
        var file = Path.Combine(chat.Folder, "keys.json");

        Assert.True(await chat.Deployer(log).WriteCredentialsAsync(file, Token));

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, Token));
        var key = json.RootElement.GetProperty("primaryKey").GetString()!;
        Assert.NotEmpty(key);
        Assert.DoesNotContain(key, log.Text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            // Whoever made it readable in between does not keep it so.
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            Assert.True(await chat.Deployer(log).WriteCredentialsAsync(file, Token));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Logs_are_printed_by_container()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var log = new RecordingLog();

        Assert.True(await chat.Deployer(log).ShowLogsAsync("storage-initializer", 10, Token));
        Assert.Contains(log.Lines, static l => l.Contains("StorageInitializer", StringComparison.Ordinal));

        var slots = new DeploySettings { Slots = ["blue", "green"] };
        chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        await chat.DeployAsync(slots);
        Assert.True(await chat.Deployer(log, new DeploySettings { DeploymentName = "green" }).ShowLogsAsync("", 10, Token));
        Assert.Contains("--- basic-chat-endpoint/green, InferenceServer (flow 'basic-chat'):", log.Lines);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(log).ShowLogsAsync("server", 10, Token));
        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
    }

    [Fact]
    public async Task A_deployment_with_traffic_is_deleted_with_FlowForce_only()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync(new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") });

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).DeleteDeploymentAsync(Token));
        Assert.Equal(WorkspaceRules.DeploymentHasTraffic, refused.Diagnostic.Rule);
        await chat.Deployer(new RecordingLog(), new DeploySettings { AllTraffic = true }).SetTrafficAsync(Token);
        refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).DeleteDeploymentAsync(Token));
        Assert.Equal(
            "The deployment 'basic-chat-endpoint/green' has 100 % of the traffic and was not deleted; move the traffic with SetFlowTraffic first, or set FlowForce=true",
            refused.Message);
        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Force = true }).DeleteDeploymentAsync(Token));

        var workspace = await chat.OpenWorkspaceAsync();
        Assert.Equal(["blue"], (await workspace.GetDeploymentsAsync("basic-chat-endpoint", Token)).Select(static d => d.Name));
        Assert.True(await chat.Deployer(new RecordingLog()).DeleteEndpointAsync(Token));
        Assert.Null(await workspace.GetEndpointAsync("basic-chat-endpoint", Token));
    }

    private static async Task<string> TrafficAsync(BasicChat chat) => new TrafficMap(
        (await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("basic-chat-endpoint", Token))!.Traffic).ToString();

    private static async Task<string> ModelAsync(BasicChat chat) =>
        (await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("basic-chat-endpoint", "blue", Token))!.ModelId!;

    [Fact]
    public async Task The_link_to_the_local_workspaces_page_opens_it_once_at_the_endpoint()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var log = new RecordingLog();

        var link = Assert.Single((await chat.Deployer(log).OpenAsync(openBrowser: null, Token))!);

        Assert.Equal(chat.Host.Scoring.Authority, link.Authority);
        Assert.Equal("#/basic-chat-endpoint", link.Fragment);
        Assert.Equal($"basic-chat-endpoint at {link} (flow 'basic-chat')", Assert.Single(log.Lines, line => line.Contains(link.Segments[^1], StringComparison.Ordinal)));
        using var browser = new HttpClient();
        using var first = await browser.GetAsync(link, Token);
        using var second = await browser.GetAsync(link, Token);
        Assert.Equal((System.Net.HttpStatusCode.OK, System.Net.HttpStatusCode.Forbidden), (first.StatusCode, second.StatusCode));
    }
}
