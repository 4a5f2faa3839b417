using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <content>The JSON of the resources, and what of it the service adds by itself.</content>
public sealed partial class MachineLearningWorkspace
{
    /// <summary>The datastore that az ml uploads to.</summary>
    internal const string UploadDatastore = "workspaceblobstore";

    /// <summary>What the ids of assets begin with that are in no workspace.</summary>
    internal const string AssetScheme = "azureml:";

    private const string DatastoreScheme = "azureml://datastores/";

    // ARM takes no more of them at a resource.
    private const int MostTags = 50;

    // The service puts these into every container; a PUT must not send them back.
    internal static readonly string[] InjectedVariables = ["AZUREML_MODEL_DIR", "AZUREML_ENTRY_SCRIPT", "AML_APP_ROOT"];

    /// <summary>The ARM id of a version in this workspace.</summary>
    public string VersionId(string kind, string name, string version) => $"{Address.ArmId}/{kind}/{name}/versions/{version}";

    /// <summary>The address of an uploaded folder or file as az ml writes it into an asset.</summary>
    public string UploadUri(FlowPackage package) => FullUri($"{DatastoreScheme}{package.Datastore}/paths/{package.BlobPath}");

    /// <summary>A remote path as it is sent: the short form of a datastore's path names the workspace too.</summary>
    public string FullUri(string path) => !path.StartsWith(DatastoreScheme, StringComparison.Ordinal) ? path
        : $"azureml://subscriptions/{Address.Subscription}/resourcegroups/{Address.ResourceGroup}/workspaces/{Address.Name}/{path["azureml://".Length..]}";

    /// <summary>What one asset of a collection is called, such as <c>model</c> for <c>models</c>.</summary>
    internal static string KindOf(string collection) => collection.TrimEnd('s');

    /// <summary>The body of an endpoint, over the existing one where there is one: what the file does not say stays as it is.</summary>
    /// <param name="spec">The endpoint file.</param>
    /// <param name="location">The workspace's region.</param>
    /// <param name="existing">The endpoint as it is, or null.</param>
    public JsonObject EndpointBody(EndpointSpec spec, string location, EndpointResource? existing)
    {
        var properties = new JsonObject
        {
            ["authMode"] = spec.AuthMode switch { EndpointAuthMode.AmlToken => "AMLToken", EndpointAuthMode.AadToken => "AADToken", _ => "Key" },
        };
        Set(properties, "description", spec.Description);
        if (spec.Properties.Count > 0)
        {
            properties["properties"] = Map(spec.Properties);
        }

        if (spec.Compute is { } compute)
        {
            properties["compute"] = ComputeId(compute.Value);
        }
        else if (spec.PublicNetworkAccess is { } isPublic)
        {
            properties["publicNetworkAccess"] = isPublic ? "Enabled" : "Disabled";
        }

        var wanted = new JsonObject { ["location"] = location, ["properties"] = properties };
        if (existing is null || spec.Identity is not null)
        {
            wanted["identity"] = Identity(spec.Identity);
        }

        if (spec.Tags.Count > 0)
        {
            wanted["tags"] = Map(spec.Tags);
        }

        return existing is null ? wanted : Merge(Writable(existing), wanted);
    }

    /// <summary>The endpoint's body with other traffic and, where given, other tags.</summary>
    public static JsonObject WithTraffic(
        EndpointResource endpoint, IReadOnlyDictionary<string, int>? traffic, IReadOnlyDictionary<string, int>? mirror, IReadOnlyDictionary<string, string?> tags)
    {
        var body = Writable(endpoint);
        var properties = (JsonObject)body["properties"]!;
        if (traffic is not null)
        {
            properties["traffic"] = Percentages(traffic);
        }

        if (mirror is not null)
        {
            properties["mirrorTraffic"] = Percentages(mirror);
        }

        var all = body["tags"] as JsonObject ?? [];
        foreach (var (key, value) in tags)
        {
            all.Remove(key);
            if (value is not null)
            {
                all[key] = value;
            }
        }

        body["tags"] = all.Parent is null ? all : all.DeepClone();
        return body;
    }

    /// <summary>The body of a deployment.</summary>
    /// <param name="spec">The deployment file.</param>
    /// <param name="variables">The container's variables, those filled in included. Values may be secret.</param>
    /// <param name="location">The workspace's region.</param>
    /// <param name="assets">The versions that it runs.</param>
    /// <param name="existing">The deployment as it is, or null. What a deployment file can say goes back to the service's default
    /// where this one does not say it; tags, properties and what no file can say stay.</param>
    public static JsonObject DeploymentBody(
        DeploymentSpec spec, IReadOnlyDictionary<string, string> variables, string location, DeploymentAssets assets, DeploymentResource? existing)
    {
        var properties = new JsonObject { ["endpointComputeType"] = spec.IsKubernetes ? "Kubernetes" : "Managed" };
        Set(properties, "description", spec.Description);
        var own = Map(spec.Properties);
        if (spec.PrivateNetworkConnection == true)
        {
            // az ml's name of it; the member of that name is in preview versions of the API only.
            own.TryAdd("private-network-connection", "True");
        }

        if (own.Count > 0)
        {
            properties["properties"] = own;
        }

        Set(properties, "model", assets.ModelId);
        Set(properties, "modelMountPath", spec.ModelMountPath);
        Set(properties, "environmentId", assets.EnvironmentId);
        if (spec.Code is { } code)
        {
            var configuration = new JsonObject { ["scoringScript"] = code.ScoringScript.Value };
            Set(configuration, "codeId", assets.CodeId);
            properties["codeConfiguration"] = configuration;
        }

        if (variables.Count > 0)
        {
            properties["environmentVariables"] = Map(variables);
        }

        Set(properties, "instanceType", spec.InstanceType?.Value);
        properties["appInsightsEnabled"] = spec.AppInsightsEnabled;
        if (!spec.IsKubernetes && spec.EgressPublicNetworkAccess is { } egress)
        {
            properties["egressPublicNetworkAccess"] = egress ? "Enabled" : "Disabled";
        }

        Set(properties, "scaleSettings", Scale(spec.Scale));
        Set(properties, "requestSettings", Requests(spec.Requests));
        Set(properties, "livenessProbe", Probe(spec.LivenessProbe));
        Set(properties, "readinessProbe", Probe(spec.ReadinessProbe));
        Set(properties, "startupProbe", Probe(spec.StartupProbe));
        Set(properties, "dataCollector", Collector(spec.DataCollector, assets.DataIds));
        if (spec.IsKubernetes && spec.Resources is { } resources)
        {
            var requirements = new JsonObject();
            Set(requirements, "containerResourceRequests", Quantities(resources.Requests));
            Set(requirements, "containerResourceLimits", Quantities(resources.Limits));
            properties["containerResourceRequirements"] = requirements;
        }

        var sku = new JsonObject { ["name"] = "Default" };
        if (spec.InstanceCount is { } count)
        {
            sku["capacity"] = count.Value;
        }

        var note = SentMembers.Of(properties);
        var body = new JsonObject { ["location"] = location, ["tags"] = Map(spec.Tags), ["sku"] = sku, ["properties"] = properties };
        var sent = existing is null ? body : Merge(WithoutFileMembers(existing), body);
        var tags = (JsonObject)sent["tags"]!;
        tags.Remove(SentMembers.Tag);
        if (tags.Count < MostTags)
        {
            tags[SentMembers.Tag] = note;
        }

        return sent;
    }

    // What a deployment file can say; a PUT without one of them sets it back to its default.
    internal static readonly string[] FileMembers =
    [
        "appInsightsEnabled", "codeConfiguration", "containerResourceRequirements", "dataCollector", "description", "egressPublicNetworkAccess",
        "endpointComputeType", "environmentId", "environmentVariables", "instanceType", "livenessProbe", "model", "modelMountPath", "readinessProbe",
        "requestSettings", "scaleSettings", "startupProbe",
    ];

    private static JsonObject WithoutFileMembers(DeploymentResource existing)
    {
        var body = Writable(existing);
        foreach (var member in FileMembers)
        {
            (body["properties"] as JsonObject)?.Remove(member);
        }

        return body;
    }

    /// <summary>What a deployment file can say of a deployment beside model and environment, as the service shows it. Its variables may be secret.</summary>
    internal static JsonObject SettingsOf(DeploymentResource deployment)
    {
        var properties = Restorable(deployment)["properties"] as JsonObject ?? [];
        return new JsonObject(FileMembers.Where(member => member is not ("model" or "environmentId") && properties[member] is not null)
            .Select(member => KeyValuePair.Create(member, properties[member]?.DeepClone())));
    }

    /// <summary>A deployment's body as it can be put back: what was read, less read-only members and injected variables.</summary>
    public static JsonObject Restorable(DeploymentResource deployment)
    {
        var body = Writable(deployment);
        if (body["properties"]?["environmentVariables"] is JsonObject variables)
        {
            foreach (var name in InjectedVariables)
            {
                variables.Remove(name);
            }
        }

        return body;
    }

    /// <summary>A deployment's body as it can be sent back, with another model and environment.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model"><c>NAME:VERSION</c>, or an id that begins with <c>azureml:</c>; anything else leaves the model.</param>
    /// <param name="environment">The same for the environment.</param>
    internal JsonObject WithAssets(DeploymentResource deployment, string model, string environment)
    {
        var body = Restorable(deployment);
        var properties = (JsonObject)body["properties"]!;
        Set("model", "models", model);
        Set("environmentId", "environments", environment);
        return body;

        void Set(string member, string collection, string asset)
        {
            if (asset.StartsWith(AssetScheme, StringComparison.OrdinalIgnoreCase))
            {
                properties[member] = asset;
            }
            else if (asset.LastIndexOf(':') is > 0 and var colon)
            {
                properties[member] = VersionId(collection, asset[..colon], asset[(colon + 1)..]);
            }
        }
    }

    /// <summary>The body of a model version.</summary>
    public static JsonObject ModelBody(
        ModelSpec? spec, string modelUri, IEnumerable<KeyValuePair<string, string>> modelProperties, IEnumerable<KeyValuePair<string, string>> tags)
    {
        var properties = new JsonObject
        {
            ["modelUri"] = modelUri,
            ["modelType"] = spec?.Type ?? "custom_model",
            ["properties"] = Map(modelProperties),
            ["tags"] = Map(tags),
        };
        Set(properties, "description", spec?.Description);
        Set(properties, "stage", spec?.Stage);
        if (spec is { Flavors.Count: > 0 })
        {
            properties["flavors"] = new JsonObject(spec.Flavors.Select(static f => KeyValuePair.Create(f.Key, (JsonNode?)new JsonObject { ["data"] = Map(f.Value) })));
        }

        return new JsonObject { ["properties"] = properties };
    }

    /// <summary>A model version's body with more properties.</summary>
    public static JsonObject WithModelProperties(ModelVersionResource version, IEnumerable<KeyValuePair<string, string>> added)
    {
        var body = new JsonObject { ["properties"] = version.Properties.DeepClone() };
        var properties = (JsonObject)body["properties"]!;
        properties.Remove("provisioningState");
        var map = properties["properties"] as JsonObject ?? [];
        foreach (var (key, value) in added)
        {
            map[key] = value;
        }

        properties["properties"] = map.Parent is null ? map : map.DeepClone();
        return body;
    }

    /// <summary>The body of an environment version.</summary>
    /// <param name="spec">The environment.</param>
    /// <param name="contextUri">Address of the uploaded build context, or null.</param>
    /// <param name="condaText">Content of the conda file, or null.</param>
    /// <param name="isAnonymous">The environment has no name of its own.</param>
    /// <param name="routes">The routes, those filled in for a flow included, or null.</param>
    public static JsonObject EnvironmentBody(EnvironmentSpec spec, string? contextUri, string? condaText, bool isAnonymous, InferenceConfig? routes)
    {
        var properties = new JsonObject();
        Set(properties, "image", spec.Image?.Value);
        if (spec.Build is { } build && contextUri is not null)
        {
            properties["build"] = new JsonObject { ["contextUri"] = contextUri, ["dockerfilePath"] = build.DockerfilePath?.Value ?? "Dockerfile" };
        }

        Set(properties, "condaFile", condaText);
        if (routes is not null)
        {
            var inference = new JsonObject
            {
                ["livenessRoute"] = Route(routes.Liveness),
                ["readinessRoute"] = Route(routes.Readiness),
                ["scoringRoute"] = Route(routes.Scoring),
            };
            if (routes.Startup is { } startup)
            {
                inference["startupRoute"] = Route(startup);
            }

            properties["inferenceConfig"] = inference;
        }

        properties["osType"] = spec.IsWindows ? "Windows" : "Linux";
        Set(properties, "description", spec.Description);
        if (spec.Tags.Count > 0)
        {
            properties["tags"] = Map(spec.Tags);
        }

        if (spec.Properties.Count > 0)
        {
            properties["properties"] = Map(spec.Properties);
        }

        if (isAnonymous)
        {
            properties["isAnonymous"] = true;
        }

        return new JsonObject { ["properties"] = properties };
    }

    /// <summary>The body of a data asset's version: a folder.</summary>
    /// <param name="dataUri">Where the folder is, or will be.</param>
    public static JsonObject DataBody(string dataUri) => new()
    {
        ["properties"] = new JsonObject { ["dataType"] = "uri_folder", ["dataUri"] = dataUri },
    };

    /// <summary>The body of a code version.</summary>
    /// <param name="codeUri">Address of the uploaded folder.</param>
    /// <param name="hash">Its SHA-256 hash, as az ml computes it.</param>
    public static JsonObject CodeBody(string codeUri, string hash) => new()
    {
        ["properties"] = new JsonObject
        {
            ["codeUri"] = codeUri,
            ["isAnonymous"] = true,
            ["properties"] = new JsonObject { ["hash_sha256"] = hash, ["hash_version"] = CodeHash.Version },
        },
    };

    private string ComputeId(string reference)
    {
        var name = reference.StartsWith("azureml:", StringComparison.Ordinal) ? reference["azureml:".Length..] : reference;
        return name.StartsWith('/') ? name : $"{Address.ArmId}/computes/{name}";
    }

    private static JsonObject Identity(EndpointIdentity? identity)
    {
        if (identity is null)
        {
            return new JsonObject { ["type"] = "SystemAssigned" };
        }

        var type = (identity.SystemAssigned, identity.UserAssigned.Count > 0) switch
        {
            (true, true) => "SystemAssigned,UserAssigned",
            (false, true) => "UserAssigned",
            (true, false) => "SystemAssigned",
            _ => "None",
        };
        var body = new JsonObject { ["type"] = type };
        if (identity.UserAssigned.Count > 0)
        {
            body["userAssignedIdentities"] = new JsonObject(identity.UserAssigned.Select(static id => KeyValuePair.Create(id.Value, (JsonNode?)new JsonObject())));
        }

        return body;
    }

    private static JsonObject? Scale(ScaleSettings? scale)
    {
        if (scale is null)
        {
            return null;
        }

        var body = new JsonObject { ["scaleType"] = scale.IsTargetUtilization ? "TargetUtilization" : "Default" };
        if (scale.IsTargetUtilization)
        {
            Set(body, "minInstances", scale.MinInstances);
            Set(body, "maxInstances", scale.MaxInstances);
            Set(body, "targetUtilizationPercentage", scale.TargetUtilizationPercentage);
            Set(body, "pollingInterval", Seconds(scale.PollingIntervalSeconds));
        }

        return body;
    }

    private static JsonObject? Requests(RequestSettings? requests)
    {
        if (requests is null)
        {
            return null;
        }

        var body = new JsonObject();
        Set(body, "requestTimeout", Milliseconds(requests.RequestTimeoutMs?.Value));
        Set(body, "maxConcurrentRequestsPerInstance", requests.MaxConcurrentRequestsPerInstance);
        Set(body, "maxQueueWait", Milliseconds(requests.MaxQueueWaitMs));
        return body;
    }

    private static JsonObject? Probe(ProbeSettings? probe)
    {
        if (probe is null)
        {
            return null;
        }

        var body = new JsonObject();
        Set(body, "initialDelay", Seconds(probe.InitialDelay));
        Set(body, "period", Seconds(probe.Period));
        Set(body, "timeout", Seconds(probe.Timeout));
        Set(body, "successThreshold", probe.SuccessThreshold);
        Set(body, "failureThreshold", probe.FailureThreshold);
        return body;
    }

    private static JsonObject? Collector(DataCollector? collector, IReadOnlyDictionary<string, string> dataIds)
    {
        if (collector is null)
        {
            return null;
        }

        var collections = new JsonObject();
        foreach (var (name, data) in collector.Collections)
        {
            var collection = new JsonObject { ["dataCollectionMode"] = data.Enabled ? "Enabled" : "Disabled" };
            if (collector.SamplingRate is { } rate)
            {
                collection["samplingRate"] = rate;
            }

            Set(collection, "clientId", data.ClientId);
            Set(collection, "dataId", dataIds.GetValueOrDefault(name));
            collections[name] = collection;
        }

        var body = new JsonObject { ["collections"] = collections };
        if (collector.RollingRate is { Length: > 0 } rolling)
        {
            body["rollingRate"] = char.ToUpperInvariant(rolling[0]) + rolling[1..].ToLowerInvariant();
        }

        if (collector.CaptureHeaders.Count > 0)
        {
            body["requestLogging"] = new JsonObject { ["captureHeaders"] = new JsonArray([.. collector.CaptureHeaders.Select(static h => (JsonNode?)h)]) };
        }

        return body;
    }

    private static JsonObject? Quantities(ResourceQuantities? quantities)
    {
        if (quantities is null)
        {
            return null;
        }

        var body = new JsonObject();
        Set(body, "cpu", quantities.Cpu);
        Set(body, "memory", quantities.Memory);
        Set(body, "gpu", quantities.Gpu);
        return body;
    }

    private static JsonObject Route(InferenceRoute route) => new() { ["path"] = route.Path.Value, ["port"] = route.Port.Value };

    private static string? Seconds(int? value) => value is { } seconds ? XmlConvert.ToString(TimeSpan.FromSeconds(seconds)) : null;

    private static string? Milliseconds(int? value) => value is { } milliseconds ? XmlConvert.ToString(TimeSpan.FromMilliseconds(milliseconds)) : null;

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map) =>
        new(map.Select(static m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));

    private static JsonObject Percentages(IReadOnlyDictionary<string, int> map) =>
        new(map.Where(static m => m.Value > 0).Select(static m => KeyValuePair.Create(m.Key.ToLowerInvariant(), (JsonNode?)m.Value)));

    private static void Set(JsonObject body, string name, string? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static void Set(JsonObject body, string name, int? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static void Set(JsonObject body, string name, JsonObject? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    // A resource as it may be sent back.
    /// <summary>Whether a resource is as it was, in everything that somebody can set.</summary>
    internal static bool IsSame(WorkspaceResource? before, WorkspaceResource? now) =>
        before is null || now is null ? before is null && now is null : JsonNode.DeepEquals(Writable(before), Writable(now));

    private static JsonObject Writable(WorkspaceResource resource)
    {
        var body = (JsonObject)resource.Document.DeepClone();
        foreach (var member in (ReadOnlySpan<string>)["id", "name", "type", "systemData", "etag"])
        {
            body.Remove(member);
        }

        if (body["properties"] is JsonObject properties)
        {
            foreach (var member in (ReadOnlySpan<string>)["provisioningState", "scoringUri", "swaggerUri", "keys"])
            {
                properties.Remove(member);
            }
        }

        if (body["identity"] is JsonObject identity)
        {
            identity.Remove("principalId");
            identity.Remove("tenantId");
            if (identity["userAssignedIdentities"] is JsonObject assigned)
            {
                foreach (var id in assigned.Select(static a => a.Key).ToList())
                {
                    assigned[id] = new JsonObject();
                }
            }
        }

        return body;
    }

    private static JsonObject Merge(JsonObject below, JsonObject above)
    {
        foreach (var (name, value) in above.ToList())
        {
            above.Remove(name);
            below[name] = value is JsonObject inner && below[name] is JsonObject existing && name != "identity"
                ? Merge((JsonObject)existing.DeepClone(), inner)
                : value;
        }

        return below;
    }
}
