using System.Text.Json.Serialization;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Faults;

/// <summary>What happens to a call that a fault hits.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultAction>))]
internal enum FaultAction
{
    /// <summary>It is answered with a status and a code.</summary>
    Fail,

    /// <summary>It is answered later. At an endpoint it is the container that takes so long.</summary>
    Delay,

    /// <summary>It is answered with 429 (503 by the blob store) and <c>Retry-After</c>.</summary>
    Throttle,

    /// <summary>Its connection is cut.</summary>
    Cut,

    /// <summary>The process ends at once, as by <c>kill -9</c>.</summary>
    Kill,
}

/// <summary>When a fault happens.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultPhase>))]
internal enum FaultPhase
{
    /// <summary>Before the call does anything.</summary>
    Before,

    /// <summary>When the call has done its work and nobody has heard of it yet; for <see cref="FaultAction.Cut"/> and
    /// <see cref="FaultAction.Kill"/>.</summary>
    After,
}

/// <summary>A fault of calls.</summary>
/// <param name="Action">What happens.</param>
/// <param name="Method">The method that it hits; null for any.</param>
/// <param name="Path">A regular expression on path and query of the calls that it hits; null for any.</param>
/// <param name="Nth">The first of the matching calls that is hit, from 1.</param>
/// <param name="Times">How many calls are hit from there on.</param>
/// <param name="Phase">When.</param>
/// <param name="Status">Status of <see cref="FaultAction.Fail"/>.</param>
/// <param name="Code">Code of <see cref="FaultAction.Fail"/>.</param>
/// <param name="Message">Message of <see cref="FaultAction.Fail"/>.</param>
/// <param name="Seconds">Seconds of <see cref="FaultAction.Delay"/>, or of <c>Retry-After</c>.</param>
internal sealed record CallFault(
    FaultAction Action,
    string? Method = null,
    string? Path = null,
    int Nth = 1,
    int Times = 1,
    FaultPhase Phase = FaultPhase.Before,
    int Status = 500,
    string Code = "InternalServerError",
    string Message = "A fault was asked for.",
    double Seconds = 0);

/// <summary>A fault of long-running operations: it ends as <c>Failed</c>.</summary>
/// <param name="Kind">The kind of operation that it hits; null for any.</param>
/// <param name="Endpoint">The endpoint; null for any.</param>
/// <param name="Deployment">The deployment; null for any.</param>
/// <param name="Nth">The first of the matching operations that is hit, from 1.</param>
/// <param name="Times">How many are hit from there on.</param>
/// <param name="Code">The error's code.</param>
/// <param name="Message">The error's message.</param>
/// <param name="StorageInitializerLog">What the log of the container that fetches the model then holds.</param>
/// <param name="InferenceServerLog">What the log of the container that serves then holds.</param>
internal sealed record OperationFault(
    OperationKind? Kind = null,
    string? Endpoint = null,
    string? Deployment = null,
    int Nth = 1,
    int Times = 1,
    string Code = "InternalServerError",
    string Message = "A fault was asked for.",
    string StorageInitializerLog = "",
    string InferenceServerLog = "");

/// <summary>All faults that are on.</summary>
/// <param name="Calls">Faults of calls; the first one that matches happens.</param>
/// <param name="Operations">Faults of operations.</param>
/// <param name="DeniedActions">Actions that the caller's roles do not allow, such as
/// <c>Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write</c>; a <c>*</c> at the end stands for anything.</param>
/// <param name="EndpointsElsewhere">Endpoints of other workspaces of the subscription; in this region their names are taken.</param>
internal sealed record FaultPlan(
    IReadOnlyList<CallFault>? Calls = null,
    IReadOnlyList<OperationFault>? Operations = null,
    IReadOnlyList<string>? DeniedActions = null,
    IReadOnlyList<EndpointElsewhere>? EndpointsElsewhere = null);

/// <summary>An endpoint of another workspace.</summary>
/// <param name="Name">The endpoint.</param>
/// <param name="Workspace">The workspace.</param>
/// <param name="ResourceGroup">The workspace's resource group.</param>
/// <param name="Location">The region; null for the one of this workspace.</param>
internal sealed record EndpointElsewhere(string Name, string Workspace, string ResourceGroup, string? Location = null)
{
    /// <summary>Its ARM id.</summary>
    public string IdIn(Guid subscription) =>
        $"/subscriptions/{subscription}/resourceGroups/{ResourceGroup}/providers/{WorkspaceScope.WorkspaceType}/{Workspace}/{OnlineEndpoints.Type}/{Name}";

    /// <summary>Whether the region is the one of this workspace.</summary>
    [JsonIgnore]
    public bool IsHere => Location is null or State.WorkspaceNames.Location;
}
