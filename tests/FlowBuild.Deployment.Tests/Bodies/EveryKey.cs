namespace FlowBuild.Deployment.Tests.Bodies;

/// <summary>Files that together hold every key that is sent.</summary>
internal static class EveryKey
{
    /// <summary>The names of the deployments.</summary>
    public static IEnumerable<string> Names => Deployments.Keys;

    /// <summary>The project of one of them.</summary>
    public static Task<DeploymentFolder> FolderAsync(string name, BasicChat chat) =>
        DeploymentFolder.OfDeploymentAsync(name + ".yml", Deployments[name], Endpoints.GetValueOrDefault(name), chat);

    private static readonly Dictionary<string, string> Endpoints = new()
    {
        ["managed"] = """
            name: managed-endpoint
            description: Everything that an endpoint can say.
            auth_mode: aad_token
            tags: { team: chat }
            properties: { enforce_access_to_default_secret_stores: enabled }
            identity:
              type: user_assigned
              user_assigned_identities:
              - resource_id: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/caller
            public_network_access: disabled
            """,
        ["kubernetes"] = """
            name: kubernetes-endpoint
            compute: azureml:inferencecompute
            auth_mode: aml_token
            identity: { type: none }
            """,
    };

    private static readonly Dictionary<string, string> Deployments = new()
    {
        ["managed"] = """
            name: blue
            endpoint_name: managed-endpoint
            description: Everything that a managed deployment can say.
            tags: { team: chat }
            properties: { owner: me }
            model:
              name: everything
              version: 3
              path: weights.pkl
              type: custom_model
              description: A single file.
              tags: { kind: file }
              properties: { origin: here }
              flavors: { python_function: { loader_module: it, python_version: "3.12" } }
              stage: Production
              datastore: workspaceblobstore
            model_mount_path: /models
            code_configuration: { code: code, scoring_script: score.py }
            environment:
              name: everything
              version: 2
              description: Built from a Dockerfile.
              tags: { kind: build }
              properties: { origin: here }
              build: { path: docker, dockerfile_path: docker.file }
              os_type: linux
              inference_config:
                liveness_route: { path: /live, port: 5001 }
                readiness_route: { path: /ready, port: 5001 }
                scoring_route: { path: /score, port: 5001 }
                startup_route: { path: /start, port: 5001 }
            environment_variables: { A: one, B: "2", C: true, D: "it's ${{azureml://connections/x}}" }
            app_insights_enabled: true
            egress_public_network_access: disabled
            private_network_connection: true
            instance_type: Standard_DS3_v2
            instance_count: 3
            scale_settings: { type: default }
            request_settings: { request_timeout_ms: 90000, max_concurrent_requests_per_instance: 10 }
            liveness_probe: { initial_delay: 10, period: 90, timeout: 2, success_threshold: 1, failure_threshold: 30 }
            readiness_probe: { initial_delay: 0, period: 5, timeout: 3600 }
            startup_probe: { initial_delay: 86400 }
            data_collector:
              collections:
                request: { enabled: 'true' }
                model_inputs:
                  enabled: 'False'
                  client_id: 00000000-0000-0000-0000-000000000000
                  data: { name: inputs, version: 7, path: azureml://datastores/workspaceblobstore/paths/collected }
              rolling_rate: minute
              sampling_rate: 0.5
              request_logging: { capture_headers: [ x-request-id, x-user ] }
            """,
        ["kubernetes"] = """
            name: blue
            type: kubernetes
            endpoint_name: kubernetes-endpoint
            model: { path: azureml://datastores/workspaceblobstore/paths/model, type: triton_model }
            code_configuration: { code: code/, scoring_script: score.py }
            environment:
              image: example.azurecr.io/server:1
              os_type: windows
              conda_file: { channels: [ conda-forge ], dependencies: [ python=3.12, { pip: [ "it's" ] } ] }
            instance_type: small
            scale_settings: { type: target_utilization, min_instances: 0, max_instances: 4, target_utilization_percentage: 60, polling_interval: 90 }
            request_settings: { request_timeout_ms: 2500, max_queue_wait_ms: 500 }
            resources:
              requests: { cpu: "0.5", memory: 1Gi, gpu: "1" }
              limits: { cpu: "1", memory: 2Gi, nvidia.com/gpu: "1" }
            """,
        ["flow"] = """
            name: blue
            endpoint_name: flow-endpoint
            model: { path: my-flow }
            environment: { image: example.azurecr.io/flow:1 }
            instance_type: Standard_DS3_v2
            instance_count: 1
            """,
        ["remote"] = """
            name: blue
            endpoint_name: remote-endpoint
            model: { path: "runs:/run-1/model" }
            code_configuration: { code: "azureml:code:1", scoring_script: score.py }
            environment: { build: { path: "https://github.com/example/server.git#main" } }
            instance_type: Standard_DS3_v2
            instance_count: 1
            """,
        ["referring"] = """
            name: blue
            endpoint_name: referring-endpoint
            model: azureml:model@latest
            code_configuration: { code: "azureml:code:1", scoring_script: score.py }
            environment: azureml:AzureML-sklearn-1.5@latest
            instance_type: Standard_DS3_v2
            instance_count: 1
            """,
    };
}
