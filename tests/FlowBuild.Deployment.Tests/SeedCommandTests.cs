using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>
/// What prompt flow's guide does with a chain of <c>az ml</c> commands, on a managed and on a Kubernetes endpoint, one by one: model
/// create, online-endpoint create, online-deployment create, update, show, get-logs, invoke, get-credentials, delete.
/// </summary>
public sealed class SeedCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_command_of_the_guide_has_its_way(bool isKubernetes)
    {
        await using var chat = await StartAsync(isKubernetes);

        // az ml model create --file model.yml
        var registering = chat.Deployer(new RecordingLog());
        Assert.NotNull(await registering.RegisterAsync(Token));
        Assert.NotNull(await chat.GetResourceAsync("models/basic-chat-model/versions/1"));
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"));

        // az ml online-endpoint create --file endpoint.yml
        var item = chat.Project.Items[0] with { DeploymentFile = null };
        var (_, endpoint) = await chat.DeployAsync(project: chat.Project with { Items = [item] });
        Assert.Equal(("Succeeded", null), (endpoint.EndpointState, endpoint.Deployment));

        // az ml online-deployment create --file deployment.yml --all-traffic
        var (_, blue) = await chat.DeployAsync(new DeploySettings { AllTraffic = true });
        Assert.Equal(("Succeeded", "blue=100", 0), (blue.DeploymentState, blue.Traffic, blue.FilesSent));

        // the same with another name and --no-wait, and then waited for
        chat.Replace("deployment.yml", "name: blue", "name: green");
        await chat.DeployAsync(new DeploySettings { NoWait = true });
        var (_, green) = await chat.DeployAsync();
        Assert.Equal(("green", "Succeeded", "blue=100"), (green.Deployment, green.DeploymentState, green.Traffic));

        // az ml online-endpoint update -n ENDPOINT --traffic "blue=90 green=10"
        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.Parse("FlowTraffic", "blue=90 green=10") }).SetTrafficAsync(Token));

        // az ml online-endpoint show
        var log = new RecordingLog();
        var shown = await chat.Deployer(log).ShowAsync(Token);
        Assert.Equal([("blue", 90), ("green", 10)], shown!.Select(static d => (d.Deployment, d.TrafficPercent)));
        Assert.Contains(log.Lines, static l => l.StartsWith("basic-chat-endpoint  Succeeded  Key  http://127.0.0.1:", StringComparison.Ordinal));

        // az ml online-deployment get-logs
        log = new RecordingLog();
        Assert.True(await chat.Deployer(log).ShowLogsAsync("", 50, Token));
        Assert.Contains(log.Lines, static l => l.Contains("promptflow server", StringComparison.Ordinal));

        // az ml online-endpoint invoke --request-file, and pinned to one deployment
        chat.Write("request.json", """{ "question": "What is a flow?" }""");
        var request = Path.Combine(Path.GetDirectoryName(chat.DeploymentFile)!, "request.json");
        foreach (var deployment in (string?[])[null, "green"])
        {
            log = new RecordingLog();
            Assert.True(await chat.Deployer(log, new DeploySettings { DeploymentName = deployment }).InvokeAsync(request, Token));
            Assert.Contains(log.Lines, static l => l.Contains("by the local workspace", StringComparison.Ordinal));
        }

        // az ml online-endpoint get-credentials
        var keys = Path.Combine(chat.Folder, "keys.json");
        Assert.True(await chat.Deployer(new RecordingLog()).WriteCredentialsAsync(keys, Token));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(keys, Token));
        Assert.NotEmpty(json.RootElement.GetProperty("primaryKey").GetString()!);

        // az ml online-deployment delete, az ml online-endpoint delete
        Assert.True(await chat.Deployer(new RecordingLog(), new DeploySettings { Traffic = TrafficMap.All("blue") }).SetTrafficAsync(Token));
        Assert.True(await chat.Deployer(new RecordingLog()).DeleteDeploymentAsync(Token));
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/green"));
        Assert.True(await chat.Deployer(new RecordingLog()).DeleteEndpointAsync(Token));
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"));
    }

    [Fact]
    public async Task A_Kubernetes_deployment_runs_on_its_compute_with_its_instance_type_and_resources()
    {
        await using var chat = await StartAsync(isKubernetes: true);
        await File.AppendAllTextAsync(chat.DeploymentFile, "\nresources: { requests: { cpu: '0.5', memory: 1Gi }, limits: { cpu: '1', memory: 2Gi } }\n", Token);
        await chat.DeployAsync();

        var endpoint = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"))!;
        Assert.Equal("Kubernetes", endpoint["kind"]!.ToString());
        Assert.EndsWith("/computes/cluster", endpoint["properties"]!["compute"]!.ToString(), StringComparison.Ordinal);
        var deployment = (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue"))!["properties"]!;
        Assert.Equal(("Kubernetes", "small"), (deployment["endpointComputeType"]!.ToString(), deployment["instanceType"]!.ToString()));
        Assert.Equal("2Gi", deployment["containerResourceRequirements"]!["containerResourceLimits"]!["memory"]!.ToString());

        // The compute by its ARM id is the same compute, and other resources are a change in place.
        chat.Replace("endpoint.yml", "azureml:cluster", $"azureml:{endpoint["properties"]!["compute"]}");
        Assert.False((await chat.PlanAsync()).HasChanges);
        chat.Replace("deployment.yml", "memory: 2Gi", "memory: 3Gi");
        var change = Assert.Single((await chat.PlanAsync()).Steps.OfType<DeploymentStep>().Single().Differences);
        Assert.Equal(new PlanChange("containerResourceRequirements.containerResourceLimits.memory", "2Gi", "3Gi"), change);
    }

    [Fact]
    public async Task A_deployment_of_the_other_kind_is_refused_with_its_files()
    {
        await using var chat = await StartAsync(isKubernetes: true);
        chat.Replace("deployment.yml", "type: kubernetes\n", "");
        var log = new RecordingLog();

        Assert.Null(await chat.Deployer(log).PlanAsync(writes: false, Token));

        Assert.Equal(ConfigurationRules.KindsDiffer, Assert.Single(log.Diagnostics).Rule);
    }

    [Fact]
    public async Task A_wait_that_takes_too_long_leaves_the_operation_running_and_the_next_run_attaches_to_it()
    {
        await using var chat = await BasicChat.StartAsync();
        var item = chat.Project.Items[0] with { DeploymentFile = null };
        await chat.DeployAsync(project: chat.Project with { Items = [item] });
        await RestartAsync(TimeSpan.FromHours(1));

        var late = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(new DeploySettings { Timeout = TimeSpan.Zero }));

        Assert.Equal(WorkspaceRules.OperationTimedOut, late.Diagnostic.Rule);
        Assert.Equal(
            "Deployment basic-chat-endpoint/blue did not finish within 0.0 s and goes on in the workspace; run the target again to wait for it, or raise FlowTimeout",
            late.Message);
        Assert.Equal("Creating", (await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint/deployments/blue"))!["properties"]!["provisioningState"]!.ToString());

        await RestartAsync(TimeSpan.Zero);
        var (log, deployed) = await chat.DeployAsync();
        Assert.Equal(("Succeeded", 100), (deployed.DeploymentState, deployed.TrafficPercent));
        Assert.DoesNotContain(log.Lines, static l => l.StartsWith("  + deployment", StringComparison.Ordinal));

        // The operation goes on over a restart, and then takes as long as the restarted workspace says.
        async Task RestartAsync(TimeSpan provisioningTime)
        {
            await chat.StopHostAsync();
            chat.ProvisioningTime = provisioningTime;
            await chat.StartHostAsync();
        }
    }

    private static async Task<BasicChat> StartAsync(bool isKubernetes)
    {
        var chat = await BasicChat.StartAsync();
        if (isKubernetes)
        {
            chat.Replace("endpoint.yml", "auth_mode: key", "compute: azureml:cluster\nauth_mode: key");
            chat.Replace("deployment.yml", "endpoint_name:", "type: kubernetes\nendpoint_name:");
            chat.Replace("deployment.yml", "Standard_DS3_v2", "small");
            await chat.PutResourceAsync("computes/cluster", """{ "location": "local", "properties": { "computeType": "Kubernetes", "resourceId": "/subscriptions/x" } }""");
        }

        return chat;
    }
}
