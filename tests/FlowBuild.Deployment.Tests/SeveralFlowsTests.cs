using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>Projects with several flows: which of them a target acts on, and how the failure of one is reported.</summary>
public sealed class SeveralFlowsTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_named_deployment_is_deleted_and_the_live_ones_stay()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        await AddGreenAsync(chat, project, "ask");

        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "green" }, project).DeleteDeploymentAsync(Token));

        Assert.Equal(["ask-endpoint/blue", "tell-endpoint/blue"], await DeploymentsAsync(chat, project));
    }

    [Fact]
    public async Task A_named_deployment_with_traffic_is_not_deleted_and_neither_is_anything_else()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        await AddGreenAsync(chat, project, "ask");
        var green = new DeploySettings { DeploymentName = "green" };
        await AddGreenAsync(chat, project, "tell");
        Assert.True(await chat.Deployer(new RecordingLog(), green with { AllTraffic = true }, Only(project, "tell")).SetTrafficAsync(Token));

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), green, project).DeleteDeploymentAsync(Token));

        Assert.Equal(WorkspaceRules.DeploymentHasTraffic, refused.Diagnostic.Rule);
        Assert.Contains("'tell-endpoint/green' has 100 % of the traffic", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["ask-endpoint/blue", "ask-endpoint/green", "tell-endpoint/blue", "tell-endpoint/green"], await DeploymentsAsync(chat, project));
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("logs")]
    [InlineData("invoke")]
    [InlineData("show")]
    [InlineData("traffic")]
    [InlineData("rollback")]
    public async Task A_deployment_that_no_endpoint_has_is_an_error_before_anything_is_done(string command)
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, new DeploySettings { DeploymentName = "gren", AllTraffic = command == "traffic" }, project);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => command switch
        {
            "delete" => deployer.DeleteDeploymentAsync(Token),
            "logs" => deployer.ShowLogsAsync("", 10, Token),
            "invoke" => deployer.InvokeAsync(null, Token),
            "show" => deployer.ShowAsync(Token),
            "traffic" => deployer.SetTrafficAsync(Token),
            _ => deployer.RollbackAsync(Token),
        });

        Assert.Equal(ConfigurationRules.DeploymentUnknown, refused.Diagnostic.Rule);
        Assert.Contains("FlowDeploymentName='gren'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("write one of: blue (ask-endpoint), blue (tell-endpoint)", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT", StringComparison.Ordinal) || l.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_is_named_by_its_file_and_not_by_FlowDeploymentName()
    {
        await using var chat = await BasicChat.StartAsync();

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync(new DeploySettings { DeploymentName = "green" }));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("FlowSet=\"name=green\"", refused.Message, StringComparison.Ordinal);
        Assert.True((await chat.PlanAsync(new DeploySettings { DeploymentName = "blue" })).HasChanges);
    }

    [Theory]
    [InlineData("ask", "ask")]
    [InlineData("ASK", "ask")]
    [InlineData("Tell", "tell")]
    [InlineData("tell-endpoint", "tell")]
    [InlineData("ask/flow.dag.yaml", "ask")]
    [InlineData("./tell/", "tell")]
    [InlineData("ask tell-endpoint", "ask tell")]
    public async Task A_flow_is_selected_by_item_client_name_or_endpoint(string names, string selected)
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell"), chat.AddFlow("third")] };

        var chosen = FlowSelection.Select(project, names.Split(' '));

        Assert.Equal(selected, string.Join(' ', chosen.Items.Select(static item => item.Name)));
        await chat.DeployAllAsync(chosen, new RecordingLog());
        Assert.Equal(selected.Split(' ').Select(static name => $"{name}-endpoint/blue"), await DeploymentsAsync(chat, project));
    }

    [Fact]
    public async Task An_endpoint_selects_all_its_flows_and_a_name_of_several_flows_is_refused()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask", "shared"), chat.AddFlow("tell", "shared", "green"), chat.AddFlow("a/third"), chat.AddFlow("b/third")] };

        Assert.Equal(["ask", "tell"], FlowSelection.Select(project, ["shared"]).Items.Select(static item => item.Name));
        Assert.Equal(["b/third"], FlowSelection.Select(project, ["b/third"]).Items.Select(item => Path.GetRelativePath(project.Directory, item.Folder)));
        var refused = Assert.Throws<FlowDeploymentException>(() => FlowSelection.Select(project, ["third"]));
        Assert.Equal("Flow='third' fits several flows; write one of: 'a/third/flow.dag.yaml', 'b/third/flow.dag.yaml'", refused.Message);
    }

    [Fact]
    public async Task An_unknown_flow_is_refused_with_the_known_ones()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };

        var refused = Assert.Throws<FlowDeploymentException>(() => FlowSelection.Select(project, ["ask", "shop"]));

        Assert.Equal(ConfigurationRules.FlowNotSelected, refused.Diagnostic.Rule);
        Assert.Equal("Flow='shop' is not a flow of the project; write one of: 'ask' (endpoint ask-endpoint), 'tell' (endpoint tell-endpoint)", refused.Message);
    }

    [Fact]
    public async Task Endpoints_of_several_flows_are_deleted_by_name_only()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), null, project).DeleteEndpointAsync(Token));
        Assert.Contains("Flow=\"ask-endpoint tell-endpoint\"", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<FlowDeploymentException>(
            () => chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "blue" }, Only(project, "ask")).DeleteEndpointAsync(Token));
        Assert.Contains("FlowDeploymentName='blue' cannot be used", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["ask-endpoint/blue", "tell-endpoint/blue"], await DeploymentsAsync(chat, project));

        Assert.True(await chat.Deployer(new RecordingLog(), null, Only(project, "ask")).DeleteEndpointAsync(Token));
        Assert.Equal(["tell-endpoint/blue"], await DeploymentsAsync(chat, project));
    }

    [Fact]
    public async Task An_endpoint_is_not_deleted_under_a_flow_that_is_not_named()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask", "shared"), chat.AddFlow("tell", "shared", "green")] };
        await chat.DeployAllAsync(project, new RecordingLog());

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), null, Only(project, "ask")).DeleteEndpointAsync(Token));

        Assert.Contains("leaves out the flow 'tell'", refused.Message, StringComparison.Ordinal);
        Assert.True(await chat.Deployer(new RecordingLog(), null, FlowSelection.Select(project, ["shared"])).DeleteEndpointAsync(Token));
    }

    [Fact]
    public async Task Retirement_keeps_the_deployments_of_flows_that_are_not_named()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask", "shared"), chat.AddFlow("tell", "shared", "green")] };
        await chat.DeployAllAsync(project, new RecordingLog());

        await chat.DeployAllAsync(Only(project, "ask"), new RecordingLog(), new DeploySettings { Retire = true });

        Assert.Equal(["shared/blue", "shared/green"], await DeploymentsAsync(chat, project));
    }

    [Theory]
    [InlineData("show")]
    [InlineData("invoke")]
    [InlineData("logs")]
    [InlineData("open")]
    [InlineData("credentials")]
    public async Task A_target_that_reads_goes_on_after_a_flow_that_fails_and_ends_with_an_error_that_names_it(string command)
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell"), chat.AddFlow("third")] };
        await chat.DeployAllAsync(FlowSelection.Select(project, ["ask", "third"]), new RecordingLog());
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, null, project);
        var keys = Path.Combine(chat.Folder, "keys.json");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => command switch
        {
            "show" => deployer.ShowAsync(Token),
            "invoke" => deployer.InvokeAsync(null, Token),
            "logs" => deployer.ShowLogsAsync("", 10, Token),
            "open" => deployer.OpenAsync(null, Token),
            _ => deployer.WriteCredentialsAsync(keys, Token),
        });

        Assert.Equal(WorkspaceRules.FlowsFailed, failed.Diagnostic.Rule);
        Assert.Contains("failed for 'tell' (endpoint tell-endpoint) with FLOW5008", failed.Message, StringComparison.Ordinal);
        Assert.Equal(WorkspaceRules.NotDeployed, Assert.Single(log.Diagnostics).Rule);
        var shown = command == "credentials" ? await File.ReadAllTextAsync(keys, Token) : string.Join('\n', log.Lines.Where(static l => l.Contains("(flow ", StringComparison.Ordinal)));
        Assert.Contains("ask-endpoint", shown, StringComparison.Ordinal);
        Assert.Contains("third-endpoint", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flows_after_one_that_fails_are_not_begun_and_the_error_says_which_are_live()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = await WithFailingSecondAsync(chat);
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, null, project);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => RunAsync(deployer));

        Assert.Equal(WorkspaceRules.FlowsFailed, failed.Diagnostic.Rule);
        Assert.Equal(
            "DeployFlow failed for 'tell' (endpoint tell-endpoint) with FLOW5002; live: 'ask' (endpoint ask-endpoint) blue 100 %; not begun: 'third' (endpoint third-endpoint)",
            failed.Message);
        Assert.Equal(
            [("ask", FlowOutcome.Deployed, null), ("tell", FlowOutcome.Failed, "FLOW5002"), ("third", FlowOutcome.NotBegun, null)],
            deployer.GetOutcomes([]).Select(static flow => (flow.Flow, flow.Outcome, flow.Failure?.Rule.Id)));
        Assert.Equal(["ask-endpoint/blue"], (await DeploymentsAsync(chat, project)).Where(static name => !name.StartsWith("tell", StringComparison.Ordinal)));

        // The first flow was verified and had its traffic before the second one was begun.
        Assert.True(log.Text.IndexOf("traffic of ask-endpoint: blue=100", StringComparison.Ordinal) < log.Text.IndexOf("endpoint tell-endpoint: ", StringComparison.Ordinal), log.Text);
    }

    [Fact]
    public async Task FlowContinueOnError_deploys_the_flows_after_one_that_fails_and_fails_at_the_end()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = await WithFailingSecondAsync(chat);
        var deployer = chat.Deployer(new RecordingLog(), new DeploySettings { ContinueOnError = true }, project);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => RunAsync(deployer));

        Assert.Contains("failed for 'tell' (endpoint tell-endpoint) with FLOW5002; live: 'ask'", failed.Message, StringComparison.Ordinal);
        Assert.Equal([FlowOutcome.Deployed, FlowOutcome.Failed, FlowOutcome.Deployed], deployer.GetOutcomes([]).Select(static flow => flow.Outcome));
    }

    [Fact]
    public async Task A_plan_that_fails_for_one_flow_stops_the_run_before_anything_is_sent()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        chat.Replace("tell/deployment.yml", "instance_type: Standard_DS3_v2", "instance_type: Standard_None_v9");
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, null, project);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => RunAsync(deployer));

        Assert.Contains("failed for 'tell' (endpoint tell-endpoint) with FLOW5015; not begun: 'ask' (endpoint ask-endpoint)", failed.Message, StringComparison.Ordinal);
        Assert.Empty(await DeploymentsAsync(chat, project));
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("PUT", StringComparison.Ordinal));
    }

    private static async Task RunAsync(FlowDeployer deployer)
    {
        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            await deployer.ApplyAsync(stage, Token);
        }

        await deployer.ApplyRemainingAsync(Token);
    }

    private static async Task<FlowProject> WithFailingSecondAsync(BasicChat chat)
    {
        await chat.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment", "nth": 2, "code": "ResourceNotReady", "message": "It went wrong." } ] }""");
        return chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell"), chat.AddFlow("third")] };
    }

    private static FlowProject Only(FlowProject project, string name) => FlowSelection.Select(project, [name]);

    // A second deployment of the flow's endpoint, without traffic.
    private static async Task AddGreenAsync(BasicChat chat, FlowProject project, string name)
    {
        var file = $"{name}/deployment.yml";
        chat.Replace(file, "name: blue", "name: green");
        await chat.DeployAllAsync(Only(project, name), new RecordingLog());
        chat.Replace(file, "name: green", "name: blue");
    }

    private static async Task<IReadOnlyList<string>> DeploymentsAsync(BasicChat chat, FlowProject project)
    {
        var workspace = await chat.OpenWorkspaceAsync();
        var names = new List<string>();
        foreach (var endpoint in project.Items.Select(static item => File.ReadLines(item.EndpointFile!).First()["name: ".Length..]).Distinct())
        {
            names.AddRange((await workspace.GetDeploymentsAsync(endpoint, Token)).Select(deployment => $"{endpoint}/{deployment.Name}"));
        }

        return names;
    }
}
