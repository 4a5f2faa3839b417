using System.Text.Json.Nodes;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

/// <summary>The JSON that is sent for every key of the files.</summary>
public sealed class BodyTests
{
    [Fact]
    public void A_managed_deployment_with_everything() => AssertBody(
        """
        name: blue
        endpoint_name: chat-endpoint
        description: Serves chat.
        tags: { team: chat }
        properties: { owner: me }
        model: azureml:chat:1
        model_mount_path: /models
        code_configuration: { code: ./code, scoring_script: score.py }
        environment: azureml:env:1
        environment_variables: { A: one, B: "2" }
        app_insights_enabled: true
        egress_public_network_access: disabled
        instance_type: Standard_DS3_v2
        instance_count: 3
        scale_settings: { type: default }
        request_settings: { request_timeout_ms: 90000, max_concurrent_requests_per_instance: 10, max_queue_wait_ms: 500 }
        liveness_probe: { initial_delay: 10, period: 20, timeout: 2, success_threshold: 1, failure_threshold: 30 }
        readiness_probe: { period: 5 }
        data_collector:
          collections:
            model_inputs: { enabled: 'true', client_id: CLIENT, data: { name: inputs } }
            model_outputs: { enabled: 'False' }
          rolling_rate: hour
          sampling_rate: 0.5
          request_logging: { capture_headers: [ x-request-id ] }
        """,
        """
        { "location": "eastus", "tags": { "team": "chat" }, "sku": { "name": "Default", "capacity": 3 },
          "properties": {
            "endpointComputeType": "Managed", "description": "Serves chat.", "properties": { "owner": "me" }, "model": "MODEL", "modelMountPath": "/models",
            "environmentId": "ENVIRONMENT", "codeConfiguration": { "scoringScript": "score.py", "codeId": "CODE" },
            "environmentVariables": { "A": "one", "B": "2" }, "instanceType": "Standard_DS3_v2", "appInsightsEnabled": true, "egressPublicNetworkAccess": "Disabled",
            "scaleSettings": { "scaleType": "Default" },
            "requestSettings": { "requestTimeout": "PT1M30S", "maxConcurrentRequestsPerInstance": 10, "maxQueueWait": "PT0.5S" },
            "livenessProbe": { "initialDelay": "PT10S", "period": "PT20S", "timeout": "PT2S", "successThreshold": 1, "failureThreshold": 30 },
            "readinessProbe": { "period": "PT5S" },
            "dataCollector": {
              "collections": {
                "model_inputs": { "dataCollectionMode": "Enabled", "samplingRate": 0.5, "clientId": "CLIENT", "dataId": "DATA" }, "model_outputs": { "dataCollectionMode": "Disabled", "samplingRate": 0.5 } },
              "rollingRate": "Hour", "requestLogging": { "captureHeaders": [ "x-request-id" ] } } } }
        """);

    [Fact]
    public void A_Kubernetes_deployment_with_everything() => AssertBody(
        """
        name: blue
        type: kubernetes
        endpoint_name: chat-endpoint
        model: azureml:chat:1
        environment: azureml:env:1
        instance_type: small
        scale_settings: { type: target_utilization, min_instances: 1, max_instances: 4, target_utilization_percentage: 60, polling_interval: 10 }
        resources:
          requests: { cpu: "0.5", memory: 1Gi }
          limits: { cpu: "1", memory: 2Gi, nvidia.com/gpu: "1" }
        """,
        """
        { "location": "eastus", "tags": {}, "sku": { "name": "Default" },
          "properties": {
            "endpointComputeType": "Kubernetes", "model": "MODEL", "environmentId": "ENVIRONMENT", "instanceType": "small", "appInsightsEnabled": false,
            "scaleSettings": { "scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 4, "targetUtilizationPercentage": 60, "pollingInterval": "PT10S" },
            "containerResourceRequirements": {
              "containerResourceRequests": { "cpu": "0.5", "memory": "1Gi" }, "containerResourceLimits": { "cpu": "1", "memory": "2Gi", "gpu": "1" } } } }
        """);

    [Fact]
    public async Task A_Kubernetes_flow_deploys_to_its_compute()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("endpoint.yml", "auth_mode: key", "compute: azureml:cluster\nauth_mode: key");
        chat.Replace("deployment.yml", "name: blue", "name: blue\ntype: kubernetes");
        chat.Replace("deployment.yml", "Standard_DS3_v2", "small");
        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.PlanAsync());
        Assert.Contains("compute 'cluster'", refused.Message, StringComparison.Ordinal);

        await chat.PutResourceAsync("computes/cluster", """{ "location": "local", "properties": { "computeType": "Kubernetes", "resourceId": "/subscriptions/x" } }""");
        var (_, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Equal(["Plan: no changes"], (await chat.PlanAsync()).ToLines());
    }

    [Fact]
    public async Task What_others_set_on_endpoint_and_deployment_survives()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 1\nproperties: { ours: '1' }");
        await chat.DeployAsync();
        const string Endpoint = "onlineEndpoints/basic-chat-endpoint";
        await ChangeAsync(Endpoint, static endpoint =>
        {
            endpoint["tags"]!["owner"] = "others";
            endpoint["identity"] = JsonNode.Parse("""{ "type": "SystemAssigned,UserAssigned", "userAssignedIdentities": { "/subscriptions/x/identity": {} } }""");
            endpoint["properties"]!["properties"]!["theirs"] = "2";
            endpoint["properties"]!["description"] = "Written in the studio.";
        });
        await ChangeAsync(Endpoint + "/deployments/blue", static deployment =>
        {
            deployment["tags"]!["owner"] = "others";
            deployment["properties"]!["properties"]!["theirs"] = "2";
        });
        Assert.False((await chat.PlanAsync()).HasChanges);

        chat.Replace("endpoint.yml", "auth_mode: key", "auth_mode: key\ntags: { team: chat }");
        chat.Replace("deployment.yml", "instance_count: 1", "instance_count: 2");
        await chat.DeployAsync(new DeploySettings { AllTraffic = true });

        var after = (await chat.GetResourceAsync(Endpoint))!;
        Assert.Equal(("others", "chat"), (after["tags"]!["owner"]!.ToString(), after["tags"]!["team"]!.ToString()));
        Assert.NotNull(after["identity"]!["userAssignedIdentities"]!["/subscriptions/x/identity"]);
        Assert.Equal(("2", "Written in the studio."), (after["properties"]!["properties"]!["theirs"]!.ToString(), after["properties"]!["description"]!.ToString()));
        var deployment = (await chat.GetResourceAsync(Endpoint + "/deployments/blue"))!;
        Assert.Equal((2, "others"), (deployment["sku"]!["capacity"]!.GetValue<int>(), deployment["tags"]!["owner"]!.ToString()));
        Assert.Equal(("1", "2"), (deployment["properties"]!["properties"]!["ours"]!.ToString(), deployment["properties"]!["properties"]!["theirs"]!.ToString()));

        async Task ChangeAsync(string path, Action<JsonObject> change)
        {
            var resource = (await chat.GetResourceAsync(path))!;
            change(resource);
            await chat.PutResourceAsync(path, resource.ToJsonString());
        }
    }

    [Fact]
    public void What_no_file_can_say_stays_and_what_the_file_no_longer_says_goes_back_to_its_default()
    {
        var spec = DeploymentFileReader.ReadDeployment("deployment.yml", "name: blue\nendpoint_name: chat\ninstance_type: Standard_DS3_v2\n").Value!;
        var live = JsonNode.Parse("""
            { "id": "/x", "name": "blue", "type": "t", "systemData": {}, "location": "eastus", "kind": "Managed", "identity": { "type": "SystemAssigned", "principalId": "p" },
              "tags": { "owner": "others" }, "sku": { "name": "Default", "tier": "Standard", "capacity": 7 }, "newer": { "a": 1 },
              "properties": {
                "endpointComputeType": "Managed", "provisioningState": "Succeeded", "instanceType": "Standard_F2s_v2", "description": "old", "model": "OLD",
                "properties": { "theirs": "2" }, "futureMember": { "b": true }, "livenessProbe": { "period": "PT1S" }, "environmentVariables": { "A": "b" } } }
            """)!.AsObject();

        var body = MachineLearningWorkspace.DeploymentBody(
            spec, new Dictionary<string, string>(), "eastus", new DeploymentAssets("MODEL", null, null, new Dictionary<string, string>()), new DeploymentResource(live));

        var expected = JsonNode.Parse("""
            { "location": "eastus", "kind": "Managed", "identity": { "type": "SystemAssigned" },
              "tags": { "owner": "others" }, "sku": { "name": "Default", "tier": "Standard", "capacity": 7 }, "newer": { "a": 1 },
              "properties": {
                "properties": { "theirs": "2" }, "futureMember": { "b": true },
                "endpointComputeType": "Managed", "model": "MODEL", "instanceType": "Standard_DS3_v2", "appInsightsEnabled": false } }
            """);
        AssertSent(expected!, body);
    }

    private static void AssertBody(string yaml, string json)
    {
        var read = DeploymentFileReader.ReadDeployment("deployment.yml", yaml);
        Assert.False(read.HasErrors, string.Join('\n', read.Diagnostics.Select(static d => d.Message)));
        var spec = read.Value!;
        var body = MachineLearningWorkspace.DeploymentBody(
            spec, spec.EnvironmentVariables.ToDictionary(static v => v.Key, static v => v.Value.Value), "eastus",
            new DeploymentAssets("MODEL", "ENVIRONMENT", spec.Code is null ? null : "CODE", new Dictionary<string, string> { ["model_inputs"] = "DATA" }), existing: null);

        AssertSent(JsonNode.Parse(json)!, body);
    }

    // What the note says is seen in the tests of keys that are removed.
    private static void AssertSent(JsonNode expected, JsonNode body)
    {
        Assert.True(((JsonObject)body["tags"]!).Remove("flowbuild.sent"));
        Assert.True(JsonNode.DeepEquals(expected, body), $"expected {expected}\nsent {body}");
    }
}
