using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>Two flows on one endpoint, of which the property Flow names one: what the other one has stays.</summary>
public sealed class SharedEndpointTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("delete endpoint", "FLOW4031")]
    [InlineData("retire", "FLOW4031")]
    [InlineData("slots", "FLOW4031")]
    public async Task A_flow_whose_file_cannot_be_read_keeps_its_deployment(string operation, string code)
    {
        await using var chat = await BasicChat.StartAsync();
        var (project, ask) = await DeployBothAsync(chat);
        chat.Replace("tell/deployment.yml", "name: green", "name: [green");
        chat.Replace("ask/chat.jinja2", "briefly", "well");

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => operation switch
        {
            "delete endpoint" => chat.Deployer(new RecordingLog(), null, ask).DeleteEndpointAsync(Token),
            "retire" => chat.DeployAllAsync(ask, new RecordingLog(), new DeploySettings { Retire = true }),
            _ => chat.DeployAllAsync(ask, new RecordingLog(), new DeploySettings { Slots = ["blue", "green"] }),
        });

        Assert.Equal(code, refused.Diagnostic.Rule.Id);
        Assert.EndsWith("tell/deployment.yml", refused.Diagnostic.File, StringComparison.Ordinal);
        Assert.Contains("flows/tell:1", (await GreenAsync(chat))!, StringComparison.Ordinal);
        Assert.Equal("blue=100", await TrafficAsync(chat));
        Assert.Equal(2, project.Items.Count);
    }

    [Fact]
    public async Task Its_deployment_is_not_deleted_by_name()
    {
        await using var chat = await BasicChat.StartAsync();
        var (_, ask) = await DeployBothAsync(chat);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(
            () => chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "green" }, ask).DeleteDeploymentAsync(Token));

        Assert.Contains("leaves out the flow that the deployment 'shared/green' belongs to; write one of: 'tell'", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(await GreenAsync(chat));
    }

    [Fact]
    public async Task Its_deployment_is_not_rolled_back_by_name()
    {
        await using var chat = await BasicChat.StartAsync();
        var (project, ask) = await DeployBothAsync(chat);
        chat.Replace("tell/chat.jinja2", "briefly", "well");
        await chat.DeployAllAsync(project, new RecordingLog());
        var before = await GreenAsync(chat);

        await Assert.ThrowsAsync<FlowDeploymentException>(
            () => chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "green" }, ask).RollbackAsync(Token));

        Assert.Equal(before, await GreenAsync(chat));
    }

    [Fact]
    public async Task Its_traffic_is_not_taken_by_FlowAllTraffic_or_a_rollback()
    {
        await using var chat = await BasicChat.StartAsync();
        var (project, ask) = await DeployBothAsync(chat);
        await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=50 green=50") }, project).SetTrafficAsync(Token);

        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), new DeploySettings { AllTraffic = true }, ask).SetTrafficAsync(Token));
        await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog(), null, ask).RollbackAsync(Token));

        Assert.Equal("blue=50 green=50", await TrafficAsync(chat));
    }

    [Fact]
    public async Task A_deployment_of_the_same_name_is_not_replaced()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask", "shared"), chat.AddFlow("tell", "shared")] };
        await chat.DeployAllAsync(chat.Project with { Items = [project.Items[0]] }, new RecordingLog());
        var log = new RecordingLog();

        Assert.False(await chat.Deployer(log, null, FlowSelection.Select(project, ["tell"])).ApplyAsync(FlowStage.Model, Token));

        Assert.Equal(ConfigurationRules.SameDeployment, Assert.Single(log.Diagnostics).Rule);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_endpoint_that_cannot_be_read_is_no_success_under_FlowDeploymentName(bool writes)
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        foreach (var name in (string[])["ask", "tell"])
        {
            chat.Replace($"{name}/deployment.yml", "name: blue", "name: green");
        }

        await chat.DeployAllAsync(project, new RecordingLog());
        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "GET", "path": "ask-endpoint/deployments", "status": 403, "code": "AuthorizationFailed", "times": 99 } ] }""");
        var deployer = chat.Deployer(new RecordingLog(), new DeploySettings { DeploymentName = "green" }, project);

        await Assert.ThrowsAsync<FlowDeploymentException>(() => writes ? deployer.DeleteDeploymentAsync(Token) : deployer.ShowAsync(Token));

        await chat.SetFaultsAsync("{}");
        Assert.NotNull(await chat.GetResourceAsync("onlineEndpoints/tell-endpoint/deployments/green"));
    }

    [Theory]
    [InlineData("ask", FlowOutcome.Failed, FlowOutcome.Deployed)]
    [InlineData("tell", FlowOutcome.Deployed, FlowOutcome.Failed)]
    public async Task An_unexpected_fault_is_the_outcome_of_its_flow(string failing, FlowOutcome ask, FlowOutcome tell)
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Items = [chat.AddFlow("ask"), chat.AddFlow("tell")] };
        var log = new RecordingLog();
        log.OnLine = line =>
        {
            if (line.StartsWith($"model {failing}-endpoint-model:1: registered", StringComparison.Ordinal))
            {
                throw new IOException("No space left on device");
            }
        };
        var deployer = chat.Deployer(log, new DeploySettings { ContinueOnError = true }, project);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(async () =>
        {
            foreach (var stage in Enum.GetValues<FlowStage>())
            {
                await deployer.ApplyAsync(stage, Token);
            }

            await deployer.ApplyRemainingAsync(Token);
        });

        Assert.Contains($"failed for '{failing}' (endpoint {failing}-endpoint) with FLOW4023", failed.Message, StringComparison.Ordinal);
        Assert.Equal([ask, tell], deployer.GetOutcomes([]).Select(static flow => flow.Outcome));
    }

    private static async Task<(FlowProject Both, FlowProject Ask)> DeployBothAsync(BasicChat chat)
    {
        var project = chat.Project with { Items = [chat.AddFlow("ask", "shared"), chat.AddFlow("tell", "shared", "green")] };
        await chat.DeployAllAsync(project, new RecordingLog());
        return (project, FlowSelection.Select(project, ["ask"]));
    }

    private static async Task<string?> GreenAsync(BasicChat chat)
    {
        var green = await (await chat.OpenWorkspaceAsync()).GetDeploymentAsync("shared", "green", Token);
        var environment = green?.EnvironmentId?.Split('/');
        return green is null ? null : $"{green.ModelId} {(await chat.GetResourceAsync($"environments/{environment![^3]}/versions/{environment[^1]}"))!["properties"]!["image"]}";
    }

    private static async Task<string> TrafficAsync(BasicChat chat) =>
        new TrafficMap((await (await chat.OpenWorkspaceAsync()).GetEndpointAsync("shared", Token))!.Traffic).ToString();
}
