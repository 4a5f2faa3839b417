using FlowBuild.Definitions.Schema;

namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>The keys of az ml's files.</summary>
internal static class AzureMlSchemas
{
    private const string ComputePattern = Templates.NonePattern + "azureml:(?:/[^<>]*|[^/<>]+)$";
    private static readonly string CodePattern = Templates.NonePattern + $"(?:(?!azureml:)|{AssetReferences.PatternOf(AssetKind.Code)})";

    private static readonly ValueRule AnyText = new ValueRule.Text();
    private static readonly ValueRule FreeMap = new ValueRule.FreeMap();
    private static readonly ValueRule Ignored = new ValueRule.Any();
    private static readonly ValueRule EndpointName = new ValueRule.Text(Names.CheckEndpointName, Names.EndpointNamePattern);
    private static readonly ValueRule OnOff = new ValueRule.Word("enabled", "disabled");

    private static readonly KeyRule SchemaKey = new("$schema", Ignored, "The schema for editors; not sent.");
    private static readonly KeyRule DescriptionKey = new("description", AnyText, "Free text.");
    private static readonly KeyRule TagsKey = new("tags", FreeMap, "Tags, names to texts.");

    public static readonly MappingRule Environment = EnvironmentRule("an environment", nameIsRequired: true);
    public static readonly MappingRule InlineEnvironment = EnvironmentRule("an inline environment", nameIsRequired: false);
    public static readonly MappingRule Model = ModelRule("a model", nameIsRequired: true);
    public static readonly MappingRule InlineModel = ModelRule("an inline model", nameIsRequired: false);

    private static readonly KeyRule[] EndpointKeys =
    [
        SchemaKey,
        new(
            "name",
            EndpointName,
            "The name of the endpoint, unique in its Azure region: 3 to 32 letters, digits and single hyphens.",
            IsRequired: true),
        DescriptionKey,
        TagsKey,
        new("properties", FreeMap, "Properties, names to texts; the service lets none be changed later."),
        new("auth_mode", new ValueRule.Word("key", "aml_token", "aad_token"), "How callers authenticate; key by default.", Default: "key"),
        new("identity", new ValueRule.Mapping(new MappingRule(
            "an identity",
            [
                new("type", new ValueRule.Word("system_assigned", "user_assigned", "none"), "The kind of identity.", IsRequired: true),
                new("user_assigned_identities", new ValueRule.ListOf(new ValueRule.Mapping(new MappingRule(
                    "a user-assigned identity",
                    [
                        new("resource_id", AnyText, "The ARM id of the identity.", IsRequired: true),
                        new("client_id", AnyText, "The client id; not sent."),
                        new("object_id", AnyText, "The object id; not sent."),
                    ])), Max: 1), "The user-assigned identity, one at most."),
                new("principal_id", Ignored, "Not sent."),
                new("tenant_id", Ignored, "Not sent."),
            ])), "The identity of the endpoint; system-assigned by default."),
        new("traffic", new ValueRule.MapOf(new ValueRule.Int(0, 100)), "Percentages by deployment name, 0 or 100 in total."),
        new(
            "mirror_traffic",
            new ValueRule.MapOf(new ValueRule.Int(0, 50)),
            "A copy of at most 50 percent of the traffic for one deployment."),
        new("location", Ignored, "Not sent: the workspace's region is used."),
        new("id", Ignored, "Not sent."),
        new("provisioning_state", Ignored, "Not sent."),
        new("scoring_uri", Ignored, "Not sent."),
        new("openapi_uri", Ignored, "Not sent."),
        new("kind", Ignored, "Not sent."),
    ];

    private static readonly KeyHint[] EndpointHints =
    [
        new("target", "the Kubernetes compute is now 'compute: azureml:NAME'"),
        new("deployments", "each deployment has a file of its own, with 'endpoint_name'"),
        new("type", "an endpoint is a Kubernetes endpoint by 'compute', else a managed one"),
        new("infrastructure", "the Kubernetes compute is now 'compute: azureml:NAME'"),
        new("auth", "write 'auth_mode'"),
    ];

    public static readonly MappingRule ManagedEndpoint = new(
        "an endpoint",
        [
            .. EndpointKeys,
            new(
                "public_network_access",
                OnOff,
                "Whether the endpoint is reachable from the public network; enabled by default.",
                Default: "enabled"),
        ],
        [.. EndpointHints, new("egress_public_network_access", "it is a key of a deployment")]);

    public static readonly MappingRule KubernetesEndpoint = new(
        "a Kubernetes endpoint",
        [.. EndpointKeys, new("compute", new ValueRule.Text(CheckCompute, ComputePattern), "The Kubernetes compute, azureml:NAME.")],
        [.. EndpointHints, new("public_network_access", "only managed endpoints have it, and 'compute' makes this a Kubernetes endpoint")]);

    private static readonly ValueRule Probe = new ValueRule.Mapping(new MappingRule(
        "a probe",
        [
            new("initial_delay", new ValueRule.Int(0), "Seconds before the first probe; 10 by default.", Default: 10),
            new("period", new ValueRule.Int(1), "Seconds between probes; 10 by default.", Default: 10),
            new("timeout", new ValueRule.Int(1), "Seconds until a probe fails; 2 by default.", Default: 2),
            new("success_threshold", new ValueRule.Int(1), "Successes in a row that count; 1 by default.", Default: 1),
            new("failure_threshold", new ValueRule.Int(1), "Failures in a row that count; 30 by default.", Default: 30),
        ]));

    private static readonly ValueRule Quantities = new ValueRule.Mapping(new MappingRule(
        "container resources",
        [
            new("cpu", AnyText, "Cores in Kubernetes' notation, such as '0.5' or '500m'."),
            new("memory", AnyText, "Memory in Kubernetes' notation, such as '512Mi'."),
            new("gpu", AnyText, "Graphics processors."),
            new("nvidia.com/gpu", AnyText, "Graphics processors."),
        ]));

    private static readonly ValueRule DataCollector = new ValueRule.Mapping(new MappingRule(
        "a data collector",
        [
            new("collections", new ValueRule.MapOf(new ValueRule.Mapping(new MappingRule(
                "a collection",
                [
                    new("enabled", new ValueRule.BoolText(), "'true' or 'false', in quotes.", IsRequired: true),
                    new("data", new ValueRule.Mapping(new MappingRule(
                        "the data of a collection",
                        [
                            new("name", AnyText, "Name of the data asset."),
                            new("path", AnyText, "Where the data goes."),
                            new("version", new ValueRule.Version(), "Version of the data asset."),
                        ])), "The data asset; a default one when left out."),
                    new("client_id", AnyText, "Client id of the identity that writes."),
                ],
                new KeyHint("sampling_rate", "it stands beside 'collections' and holds for all of them")))), "What is collected, by name.", IsRequired: true),
            new("rolling_rate", new ValueRule.Word("minute", "hour", "day"), "How often a new file begins."),
            new("sampling_rate", new ValueRule.Number(0, 1), "Which part of the requests is collected, 0 to 1."),
            new("request_logging", new ValueRule.Mapping(new MappingRule(
                "request logging",
                [new("capture_headers", new ValueRule.ListOf(AnyText), "Request headers to record.")])), "What is recorded of each request."),
        ],
        new KeyHint("enabled", "each collection says it now, as in 'collections: {request: {enabled: \"true\"}}'"),
        new KeyHint("destination", "each collection has 'data:' with a 'path:' now"),
        new KeyHint("sampling_strategy", "write 'sampling_rate:' now"),
        new KeyHint("event_hub", "it is no longer supported; write 'collections:'")));

    /// <summary>The keys of scale settings that go with <c>type: target_utilization</c> only.</summary>
    internal static readonly KeyRule[] TargetKeys =
    [
        new("min_instances", new ValueRule.Int(0), "Least number of instances; 1 by default.", Default: 1),
        new("max_instances", new ValueRule.Int(1), "Greatest number of instances; 1 by default.", Default: 1),
        new(
            "target_utilization_percentage",
            new ValueRule.Int(1, 100),
            "The utilization to keep, in percent; 70 by default.",
            Default: 70),
        new("polling_interval", new ValueRule.Int(1), "Seconds between looks at the utilization; 1 by default.", Default: 1),
    ];

    private static readonly KeyHint[] ScaleHints =
    [
        new("scale_type", "'scale_settings.scale_type' is now 'scale_settings.type'"),
        new("minimum", "write 'min_instances:'"),
        new("maximum", "write 'max_instances:'"),
        new("instance_count", "it stands beside 'scale_settings'"),
    ];

    private static readonly KeyRule[] DeploymentKeys =
    [
        SchemaKey,
        new("name", EndpointName, "The name of the deployment: 3 to 32 letters, digits and single hyphens.", IsRequired: true),
        new("endpoint_name", EndpointName, "The name of the endpoint that the deployment belongs to.", IsRequired: true),
        new("type", new ValueRule.Word("managed", "kubernetes"), "The kind of deployment; managed by default.", Default: "managed"),
        DescriptionKey,
        TagsKey,
        new("properties", FreeMap, "Properties, names to texts; the service lets none be changed later."),
        new(
            "model",
            new ValueRule.Asset(AssetKind.Model, InlineModel),
            "The model: azureml:NAME:VERSION, azureml:NAME@latest, or a mapping with 'path'."),
        new("model_mount_path", AnyText, "Where the model is mounted in a custom container."),
        new("code_configuration", new ValueRule.Mapping(new MappingRule(
            "a code configuration",
            [
                new("code", new ValueRule.Text(CheckCode, CodePattern), "The folder of the scoring script, or a registered code asset."),
                new("scoring_script", AnyText, "The scoring script inside the folder.", IsRequired: true),
            ])), "The scoring script; a prompt flow needs none."),
        new(
            "environment",
            new ValueRule.Asset(AssetKind.Environment, InlineEnvironment),
            "The environment: azureml:NAME:VERSION, azureml:NAME@latest, or a mapping with 'image'."),
        new("environment_variables", FreeMap, "Variables of the container, names to texts."),
        new("app_insights_enabled", new ValueRule.Bool(), "Whether Application Insights is on; false by default.", Default: false),
        new("request_settings", new ValueRule.Mapping(new MappingRule(
            "request settings",
            [
                new(
                    "request_timeout_ms",
                    new ValueRule.Int(1, 300_000),
                    "Milliseconds until a request is given up; 5000 by default, at most 180000 (300000 for a prompt flow and on Kubernetes).",
                    Default: 5000),
                new(
                    "max_concurrent_requests_per_instance",
                    new ValueRule.Int(1),
                    "Requests that one instance takes at a time; 1 by default.",
                    Default: 1),
                new(
                    "max_queue_wait_ms",
                    new ValueRule.Int(0),
                    "Milliseconds in the queue; 500 by default, deprecated for managed deployments.",
                    Default: 500),
            ],
            new KeyHint("request_timeout", "write 'request_timeout_ms:' with milliseconds"),
            new KeyHint("max_queue_wait", "write 'max_queue_wait_ms:' with milliseconds"))), "Limits of one request."),
        new("liveness_probe", Probe, "When the container counts as alive."),
        new("readiness_probe", Probe, "When the container counts as ready."),
        new("startup_probe", Probe, "When the container counts as started."),
        new("data_collector", DataCollector, "Collection of inputs and outputs."),
        new("id", Ignored, "Not sent."),
        new("provisioning_state", Ignored, "Not sent."),
    ];

    private static readonly KeyHint[] DeploymentHints =
    [
        new("traffic", "traffic is the endpoint's: set it in the endpoint file or with FlowTraffic"),
        new("auth_mode", "it is a key of the endpoint"),
        new("identity", "it is a key of the endpoint"),
        new("compute", "it is a key of the endpoint"),
        new("public_network_access", "it is a key of the endpoint; a managed deployment has 'egress_public_network_access'"),
        new("endpoint", "write 'endpoint_name:'"),
        new("app_insights", "write 'app_insights_enabled:'"),
        new("resource_requirements", "write 'resources:' with 'requests' and 'limits'"),
    ];

    public static readonly MappingRule ManagedDeployment = new(
        "a managed deployment",
        [
            .. DeploymentKeys,
            new("instance_type", AnyText, "The VM size, such as Standard_DS3_v2.", IsRequired: true),
            new("instance_count", new ValueRule.Int(1, 50), "Number of instances, 1 to 50; at least 3 for high availability."),
            new("scale_settings", new ValueRule.Mapping(new MappingRule(
                "scale settings",
                [new("type", new ValueRule.Word("default"), "How the deployment scales.", IsRequired: true)],
                [
                    .. ScaleHints,
                    .. TargetKeys.Select(static key => new KeyHint(key.Name, "only a Kubernetes deployment scales by utilization; give this one autoscale rules in Azure Monitor")),
                ])), "How the deployment scales; managed ones only by 'default'."),
            new(
                "egress_public_network_access",
                OnOff,
                "Whether the container reaches the public network; enabled by default.",
                Default: "enabled"),
            new("private_network_connection", new ValueRule.Bool(), "Whether the deployment uses a private network connection (preview)."),
            new("creation_context", Ignored, "Not sent."),
        ],
        [.. DeploymentHints, new("resources", "only Kubernetes deployments have it; add 'type: kubernetes' if this is one")]);

    public static readonly MappingRule KubernetesDeployment = new(
        "a Kubernetes deployment",
        [
            .. DeploymentKeys,
            new("instance_type", AnyText, "The instance type of the cluster."),
            new("instance_count", new ValueRule.Int(1), "Number of instances; at least 3 for high availability."),
            new("scale_settings", new ValueRule.Mapping(new MappingRule(
                "scale settings",
                [new("type", new ValueRule.Word("default", "target_utilization"), "How the deployment scales.", IsRequired: true), .. TargetKeys],
                ScaleHints)), "How the deployment scales."),
            new("resources", new ValueRule.Mapping(new MappingRule(
                "resources",
                [new("requests", Quantities, "What the container is given at least."), new("limits", Quantities, "What the container may use at most.")])), "Resources of the container."),
        ],
        [
            .. DeploymentHints,
            new("egress_public_network_access", "only managed deployments have it"),
            new("private_network_connection", "only managed deployments have it"),
        ]);

    private static MappingRule ModelRule(string name, bool nameIsRequired) => new(
        name,
        [
            SchemaKey,
            new("name", new ValueRule.Text(Names.CheckAssetName, Names.AssetNamePattern), "The name of the model.", nameIsRequired),
            new("version", new ValueRule.Version(), "The version; the next free one when left out."),
            new("path", AnyText, "The folder or file, relative to this file, or an azureml:// URI."),
            new(
                "type",
                new ValueRule.Word("custom_model", "mlflow_model", "triton_model"),
                "The kind of model; custom_model by default.",
                Default: "custom_model"),
            DescriptionKey,
            TagsKey,
            new("properties", FreeMap, "Properties, names to texts; azureml.promptflow.* mark a prompt flow."),
            new("flavors", new ValueRule.MapOf(FreeMap), "What frameworks say of the model: names to texts, by flavor."),
            new("utc_time_created", Ignored, "Not sent."),
            new("stage", AnyText, "The stage label."),
            new("datastore", AnyText, "The datastore that the model is uploaded to."),
            new("default_deployment_template", Ignored, "A deployment template of a registry."),
            new("id", Ignored, "Not sent."),
            new("creation_context", Ignored, "Not sent."),
            new("job_name", Ignored, "Not sent."),
            new("latest_version", Ignored, "Not sent."),
        ],
        new("local_path", "write 'path:' now"),
        new("model_uri", "write 'path:' now"),
        new("model_format", "write 'type:' now"));

    private static MappingRule EnvironmentRule(string name, bool nameIsRequired) => new(
        name,
        [
            SchemaKey,
            new("name", new ValueRule.Text(Names.CheckAssetName, Names.AssetNamePattern), "The name of the environment.", nameIsRequired),
            new("version", new ValueRule.Version(), "The version; the next free one when left out."),
            new("image", AnyText, "The container image."),
            new("build", new ValueRule.Mapping(new MappingRule(
                "a build",
                [
                    new("path", AnyText, "The folder with the Dockerfile, relative to this file.", IsRequired: true),
                    new("dockerfile_path", AnyText, "The Dockerfile inside the folder; Dockerfile by default.", Default: "Dockerfile"),
                ],
                new KeyHint("local_path", "write 'path:' now"))), "A container image to build."),
            new("conda_file", new ValueRule.TextOrMap(), "A conda file relative to this file, or its content."),
            new("inference_config", new ValueRule.Mapping(new MappingRule(
                "an inference configuration",
                [
                    new(
                        "liveness_route",
                        Route(),
                        "Where the service asks whether the container lives, such as /health at 8080.",
                        IsRequired: true),
                    new(
                        "readiness_route",
                        Route(),
                        "Where the service asks whether the container is ready, such as /health at 8080.",
                        IsRequired: true),
                    new("scoring_route", Route(), "Where requests go, such as /score at 8080.", IsRequired: true),
                    new("startup_route", Route(), "Where the service asks whether the container has started."),
                ])), "The routes of the server in the image."),
            new("os_type", new ValueRule.Word("linux", "windows"), "The operating system; linux by default.", Default: "linux"),
            DescriptionKey,
            TagsKey,
            new("properties", FreeMap, "Properties, names to texts."),
            new("datastore", AnyText, "The datastore that a build context is uploaded to."),
            new("id", Ignored, "Not sent."),
            new("creation_context", Ignored, "Not sent."),
            new("latest_version", Ignored, "Not sent."),
        ],
        new("pip_requirements", "install packages with 'conda_file:' or in an image of your own"),
        new("docker", "write 'image:' or 'build:' now"),
        new("docker_image", "write 'image:' now"),
        new("dockerfile", "write 'build:' with 'path:' now"),
        new("channels", "this is a conda file, not an environment; name it with 'conda_file:'"),
        new("dependencies", "this is a conda file, not an environment; name it with 'conda_file:'"));

    private static ValueRule.Mapping Route() => new(new MappingRule(
        "a route",
        [
            new("path", AnyText, "The path, such as /score.", IsRequired: true),
            new("port", new ValueRule.Int(1, 65535), "The port.", IsRequired: true),
        ]));

    private static string? CheckCompute(string text)
    {
        if (!text.StartsWith(AssetReferences.Prefix, StringComparison.Ordinal) || text.Length == AssetReferences.Prefix.Length)
        {
            return $"write 'azureml:{(text.IndexOf(':') < 0 && text.IndexOf('/') < 0 ? text : "NAME")}'";
        }

        var name = text.Substring(AssetReferences.Prefix.Length);
        return name.IndexOfAny(['<', '>']) >= 0 ? "it still holds a placeholder, so write the name of the compute"
            : name[0] != '/' && name.IndexOf('/') >= 0 ? "an ARM id begins with 'azureml:/subscriptions/', and a name holds no '/'"
            : null;
    }

    private static string? CheckCode(string text) =>
        text.StartsWith(AssetReferences.Prefix, StringComparison.Ordinal) && AssetReferences.Parse(text, AssetKind.Code, out var fault) is null
            ? fault!.TrimStart(';', ' ')
            : null;
}
