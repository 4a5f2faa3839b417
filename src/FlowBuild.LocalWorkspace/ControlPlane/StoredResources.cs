using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>An endpoint as stored.</summary>
/// <param name="Resource">What a GET returns.</param>
/// <param name="PrimaryKey">A key that the gateway takes.</param>
/// <param name="SecondaryKey">The other.</param>
/// <param name="Operation">The operation that is changing it, or null.</param>
internal sealed record StoredEndpoint(JsonObject Resource, string PrimaryKey, string SecondaryKey, Guid? Operation)
{
    public string Name => Resource.Text("name")!;

    public JsonObject Properties => Resource["properties"]!.AsObject();

    public string State => Properties.Text("provisioningState")!;

    public bool IsManaged => Resource.Text("kind") == "Managed";

    public IReadOnlyDictionary<string, int> Traffic => Percentages("traffic");

    public IReadOnlyDictionary<string, int> MirrorTraffic => Percentages("mirrorTraffic");

    public static string KeyOf(string name) => Prefix + name.ToLowerInvariant();

    public const string Prefix = "onlineEndpoints/";

    private Dictionary<string, int> Percentages(string member) =>
        (Properties[member] as JsonObject)?.ToDictionary(p => p.Key, p => (int)p.Value!, StringComparer.OrdinalIgnoreCase) ?? [];
}

/// <summary>A deployment as stored.</summary>
/// <param name="Resource">What a GET returns.</param>
/// <param name="Operation">The operation that is changing it, or null.</param>
/// <param name="StorageInitializerLog">Log of the container that fetches the model.</param>
/// <param name="InferenceServerLog">Log of the container that serves.</param>
/// <param name="Previous">What ran when the change began that is not done, or has failed; null when nothing ran.</param>
internal sealed record StoredDeployment(
    JsonObject Resource, Guid? Operation, string StorageInitializerLog, string InferenceServerLog, JsonObject? Previous = null)
{
    /// <summary>The deployment as its containers run it, or null when none run: an update in place leaves the old ones until the new ones
    /// are ready, and for good when they do not become ready.</summary>
    [JsonIgnore]
    public StoredDeployment? Running => State == "Succeeded" ? this : Previous is null ? null : this with { Resource = Previous };

    public string Name => Resource.Text("name")!;

    public JsonObject Properties => Resource["properties"]!.AsObject();

    public string State => Properties.Text("provisioningState")!;

    public static string PrefixOf(string endpoint) => StoredEndpoint.KeyOf(endpoint) + "/deployments/";

    public static string KeyOf(string endpoint, string name) => PrefixOf(endpoint) + name.ToLowerInvariant();
}

/// <summary>One version of a model, an environment or code as stored.</summary>
/// <param name="Resource">What a GET returns.</param>
/// <param name="Order">Counts versions of all assets in the order of their creation.</param>
internal sealed record StoredVersion(JsonObject Resource, long Order)
{
    public string Name => Resource.Text("name")!;

    public JsonObject Properties => Resource["properties"]!.AsObject();
}

/// <summary>The container of an asset's versions as stored.</summary>
/// <param name="Resource">What a GET returns, less what is computed from the versions.</param>
internal sealed record StoredContainer(JsonObject Resource);

/// <summary>A long-running operation as stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Endpoint">The endpoint that it changes.</param>
/// <param name="Deployment">The deployment that it changes, or null.</param>
/// <param name="Status"><c>InProgress</c>, <c>Succeeded</c> or <c>Failed</c>.</param>
/// <param name="StartTime">When it was accepted.</param>
/// <param name="EndTime">When it ended, or null.</param>
/// <param name="Error">Why it failed, or null.</param>
internal sealed record StoredOperation(
    Guid Id, OperationKind Kind, string Endpoint, string? Deployment, string Status, DateTimeOffset StartTime, DateTimeOffset? EndTime, ArmError? Error)
{
    public const string InProgress = "InProgress";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string Prefix = "operations/";

    public string Key => KeyOf(Id);

    public static string KeyOf(Guid id) => $"{Prefix}{id:D}";
}

/// <summary>What a long-running operation does.</summary>
internal enum OperationKind
{
    PutEndpoint,
    DeleteEndpoint,
    PutDeployment,
    DeleteDeployment,
    RegenerateKeys,
}

/// <summary>Short ways to read JSON whose shape the caller does not control.</summary>
internal static class JsonReading
{
    /// <summary>A member that is text, else null.</summary>
    public static string? Text(this JsonObject json, string name) =>
        json.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A member that is an object, else null.</summary>
    public static JsonObject? Object(this JsonObject json, string name) =>
        json.TryGetPropertyValue(name, out var node) ? node as JsonObject : null;
}
