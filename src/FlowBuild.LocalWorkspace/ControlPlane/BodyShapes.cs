namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The definitions of request bodies, as the API description of 2024-10-01 and later has them.</summary>
internal static class BodyShapes
{
    private static readonly BodyShape Probe = new("ProbeSettings")
    {
        Texts = ["initialDelay", "period", "timeout"],
        Numbers = ["failureThreshold", "successThreshold"],
    };

    private static readonly BodyShape Resources = new("ContainerResourceSettings") { Texts = ["cpu", "gpu", "memory"] };

    private static readonly BodyShape Route = new("Route") { Texts = ["path"], Numbers = ["port"] };

    /// <summary>What ARM itself knows of a resource, before any provider sees it.</summary>
    public static BodyShape Resource { get; } = new("ResourceDefinition")
    {
        Texts = ["id", "name", "type", "location", "kind", "etag", "managedBy"],
        Maps = ["tags"],
        Others = ["properties", "systemData", "plan", "zones", "managedByExtended", "extendedLocation", "scale"],
        Objects = new Dictionary<string, BodyShape>
        {
            ["sku"] = new("Sku") { Texts = ["name", "tier", "size", "family", "model"], Numbers = ["capacity"] },
            ["identity"] = new("ManagedServiceIdentity") { Texts = ["type", "principalId", "tenantId"], Others = ["userAssignedIdentities"] },
        },
    };

    /// <summary>An endpoint's properties.</summary>
    public static BodyShape Endpoint { get; } = new("OnlineEndpoint")
    {
        Texts = ["authMode", "compute", "description", "provisioningState", "publicNetworkAccess", "scoringUri", "swaggerUri"],
        Maps = ["properties"],
        Others = ["traffic", "mirrorTraffic"],
        Objects = new Dictionary<string, BodyShape> { ["keys"] = new("EndpointAuthKeys") { Texts = ["primaryKey", "secondaryKey"] } },
    };

    /// <summary>A deployment's properties.</summary>
    public static BodyShape Deployment { get; } = new("OnlineDeployment")
    {
        Texts =
        [
            "endpointComputeType", "model", "modelMountPath", "environmentId", "instanceType", "description", "egressPublicNetworkAccess", "provisioningState",
        ],
        Flags = ["appInsightsEnabled"],
        Maps = ["environmentVariables", "properties"],
        Objects = new Dictionary<string, BodyShape>
        {
            ["codeConfiguration"] = new("CodeConfiguration") { Texts = ["codeId", "scoringScript"] },
            ["requestSettings"] = new("OnlineRequestSettings") { Texts = ["maxQueueWait", "requestTimeout"], Numbers = ["maxConcurrentRequestsPerInstance"] },
            ["livenessProbe"] = Probe,
            ["readinessProbe"] = Probe,
            ["startupProbe"] = Probe,
            ["scaleSettings"] = new("OnlineScaleSettings")
            {
                Texts = ["scaleType", "pollingInterval"], Numbers = ["minInstances", "maxInstances", "targetUtilizationPercentage"],
            },
            ["dataCollector"] = new("DataCollector")
            {
                Texts = ["rollingRate"],
                Others = ["collections"],
                Objects = new Dictionary<string, BodyShape> { ["requestLogging"] = new("RequestLogging") { Others = ["captureHeaders"] } },
            },
            ["containerResourceRequirements"] = new("ContainerResourceRequirements")
            {
                Objects = new Dictionary<string, BodyShape> { ["containerResourceLimits"] = Resources, ["containerResourceRequests"] = Resources },
            },
        },
    };

    /// <summary>One collection of a data collector.</summary>
    public static BodyShape Collection { get; } = new("Collection") { Texts = ["clientId", "dataCollectionMode", "dataId"], Numbers = ["samplingRate"] };

    /// <summary>The properties of an asset's container.</summary>
    public static BodyShape Container { get; } = new("AssetContainer")
    {
        Texts = ["description", "latestVersion", "nextVersion", "provisioningState"],
        Flags = ["isArchived"],
        Maps = ["tags", "properties"],
    };

    /// <summary>The properties of a model version.</summary>
    public static BodyShape Model { get; } = new("ModelVersion")
    {
        Texts = ["description", "jobName", "modelType", "modelUri", "provisioningState", "stage"],
        Flags = ["isAnonymous", "isArchived"],
        Maps = ["tags", "properties"],
        Others = ["datasets", "flavors"],
    };

    /// <summary>The properties of an environment version.</summary>
    public static BodyShape Environment { get; } = new("EnvironmentVersion")
    {
        Texts = ["autoRebuild", "condaFile", "description", "environmentType", "image", "osType", "provisioningState", "stage"],
        Flags = ["isAnonymous", "isArchived"],
        Maps = ["tags", "properties"],
        Objects = new Dictionary<string, BodyShape>
        {
            ["build"] = new("BuildContext") { Texts = ["contextUri", "dockerfilePath"] },
            ["inferenceConfig"] = new("InferenceContainerProperties")
            {
                Objects = new Dictionary<string, BodyShape> { ["livenessRoute"] = Route, ["readinessRoute"] = Route, ["scoringRoute"] = Route, ["startupRoute"] = Route },
            },
        },
    };

    /// <summary>The properties of a data asset's version.</summary>
    public static BodyShape Data { get; } = new("DataVersionBase")
    {
        Texts = ["dataType", "dataUri", "description"],
        Flags = ["isAnonymous", "isArchived"],
        Maps = ["tags", "properties"],
    };

    /// <summary>The properties of a code version.</summary>
    public static BodyShape Code { get; } = new("CodeVersion")
    {
        Texts = ["codeUri", "description", "provisioningState"],
        Flags = ["isAnonymous", "isArchived"],
        Maps = ["tags", "properties"],
    };
}
