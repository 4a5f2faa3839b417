using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>What a deployment file says. Durations are the file's own units: milliseconds for requests, seconds for probes and polling.</summary>
/// <param name="Name">3 to 32 characters, letters, digits and single hyphens; unique in the endpoint.</param>
/// <param name="EndpointName">The endpoint that it belongs to.</param>
/// <param name="IsKubernetes">True for <c>type: kubernetes</c>; default managed.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="Tags">Tags of the deployment.</param>
/// <param name="Properties">Properties of the deployment.</param>
/// <param name="Model">The model; null for a custom container without one, or when the item's flow is meant.</param>
/// <param name="ModelMountPath">Where the model is mounted in a custom container, or null.</param>
/// <param name="Code">The scoring script, or null: a flow needs none.</param>
/// <param name="Environment">The environment, or null.</param>
/// <param name="EnvironmentVariables">Variables of the container; values may be secret and never reach a log.</param>
/// <param name="ResponseFields">The parsed <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>, or null when it is not set.</param>
/// <param name="InstanceType">VM size (managed; required) or instance type name (Kubernetes).</param>
/// <param name="InstanceCount">Number of instances, or null.</param>
/// <param name="AppInsightsEnabled">Default false.</param>
/// <param name="Scale">Scale settings, or null: the default of the kind.</param>
/// <param name="Requests">Request settings, or null: the service's defaults.</param>
/// <param name="LivenessProbe">Liveness probe, or null.</param>
/// <param name="ReadinessProbe">Readiness probe, or null.</param>
/// <param name="StartupProbe">Startup probe, or null (the service knows it since api-version 2024-10-01).</param>
/// <param name="DataCollector">Data collection, or null.</param>
/// <param name="EgressPublicNetworkAccess">Managed: true for enabled, false for disabled, null when not said.</param>
/// <param name="Resources">Kubernetes: container resources, or null.</param>
public sealed record DeploymentSpec(
    Located<string> Name,
    Located<string> EndpointName,
    bool IsKubernetes,
    string? Description,
    EquatableArray<KeyValuePair<string, string>> Tags,
    EquatableArray<KeyValuePair<string, string>> Properties,
    AssetSource<ModelSpec>? Model,
    string? ModelMountPath,
    CodeConfiguration? Code,
    AssetSource<EnvironmentSpec>? Environment,
    EquatableArray<KeyValuePair<string, Located<string>>> EnvironmentVariables,
    EquatableArray<string>? ResponseFields,
    Located<string>? InstanceType,
    Located<int>? InstanceCount,
    bool AppInsightsEnabled,
    ScaleSettings? Scale,
    RequestSettings? Requests,
    ProbeSettings? LivenessProbe,
    ProbeSettings? ReadinessProbe,
    ProbeSettings? StartupProbe,
    DataCollector? DataCollector,
    bool? EgressPublicNetworkAccess,
    ContainerResources? Resources)
{
    /// <summary>Managed, preview: whether the deployment uses a private network connection; null when not said.</summary>
    public bool? PrivateNetworkConnection { get; init; }
}

/// <summary>A scoring script and its folder.</summary>
/// <param name="Code">Local folder, or null when <paramref name="Reference"/> is set.</param>
/// <param name="Reference">A registered code asset, or null.</param>
/// <param name="ScoringScript">The script inside the folder.</param>
public sealed record CodeConfiguration(Located<string>? Code, AssetReference? Reference, Located<string> ScoringScript);

/// <summary>How a deployment scales.</summary>
/// <param name="IsTargetUtilization">True for <c>target_utilization</c> (Kubernetes only); false for <c>default</c>.</param>
/// <param name="MinInstances">Least number of instances, or null.</param>
/// <param name="MaxInstances">Greatest number of instances, or null.</param>
/// <param name="TargetUtilizationPercentage">1 to 100, or null.</param>
/// <param name="PollingIntervalSeconds">Seconds between looks at the utilization, or null.</param>
public sealed record ScaleSettings(
    bool IsTargetUtilization, int? MinInstances, int? MaxInstances, int? TargetUtilizationPercentage, int? PollingIntervalSeconds);

/// <summary>Limits of one request.</summary>
/// <param name="RequestTimeoutMs">Milliseconds until a request is given up, or null (the service takes 5000).</param>
/// <param name="MaxConcurrentRequestsPerInstance">Requests that one instance takes at a time, or null (1).</param>
/// <param name="MaxQueueWaitMs">Milliseconds in the queue, or null; deprecated for managed deployments.</param>
public sealed record RequestSettings(Located<int>? RequestTimeoutMs, int? MaxConcurrentRequestsPerInstance, int? MaxQueueWaitMs);

/// <summary>A probe of the container. All times in seconds.</summary>
public sealed record ProbeSettings(int? InitialDelay, int? Period, int? Timeout, int? SuccessThreshold, int? FailureThreshold);

/// <summary>Collection of inputs and outputs.</summary>
/// <param name="Collections">The collections by name.</param>
/// <param name="RollingRate"><c>minute</c>, <c>hour</c>, <c>day</c>, or null.</param>
/// <param name="SamplingRate">0 to 1, or null.</param>
/// <param name="CaptureHeaders">Request headers to record.</param>
public sealed record DataCollector(
    EquatableArray<KeyValuePair<string, CollectedData>> Collections,
    string? RollingRate,
    double? SamplingRate,
    EquatableArray<string> CaptureHeaders);

/// <summary>One collection.</summary>
/// <param name="Enabled">Whether it collects.</param>
/// <param name="DataName">Name of the data asset, or null for the default name.</param>
/// <param name="DataPath">Where the data goes, or null for the default place.</param>
/// <param name="DataVersion">Version of the data asset, or null (1).</param>
/// <param name="ClientId">Client id of the identity that writes, or null.</param>
public sealed record CollectedData(bool Enabled, string? DataName, string? DataPath, string? DataVersion, string? ClientId);

/// <summary>Kubernetes container resources, in Kubernetes' own notation.</summary>
public sealed record ContainerResources(ResourceQuantities? Requests, ResourceQuantities? Limits);

/// <summary>Quantities of one kind, each null when not said.</summary>
public sealed record ResourceQuantities(string? Cpu, string? Memory, string? Gpu);
