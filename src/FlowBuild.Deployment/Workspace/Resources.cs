using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>A resource as the workspace returned it. The document is kept whole, so that a change can put back what others set.</summary>
public abstract record WorkspaceResource(JsonObject Document)
{
    /// <summary>The document; its members that hold others are objects, since changes are made over them and sent back.</summary>
    public JsonObject Document { get; } = RequireObjects(Document);

    /// <summary>The ARM id.</summary>
    public string Id => Text("id") ?? "";

    /// <summary>The name (of a version: the version).</summary>
    public string Name => Text("name") ?? "";

    /// <summary><c>Creating</c>, <c>Updating</c>, <c>Deleting</c>, <c>Scaling</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Canceled</c>.</summary>
    public string State => Property("provisioningState") ?? "Succeeded";

    /// <summary>Whether an operation on the resource is still running.</summary>
    public bool IsChanging => State is not ("Succeeded" or "Failed" or "Canceled");

    /// <summary>The resource's tags.</summary>
    public IReadOnlyDictionary<string, string> Tags => Strings(Document["tags"]);

    internal JsonObject Properties => Document["properties"] as JsonObject ?? [];

    internal string? Text(string member) => Document.TextAt(member);

    internal string? Property(string member) => Properties.TextAt(member);

    internal static IReadOnlyDictionary<string, string> Strings(JsonNode? node) =>
        node is JsonObject map
            ? map.ToDictionary(static m => m.Key, static m => m.Value?.ToString() ?? "", StringComparer.Ordinal)
            : new Dictionary<string, string>();

    internal static IReadOnlyDictionary<string, int> Numbers(JsonNode? node) =>
        node is JsonObject map
            ? map.Where(static m => IsNumber(m.Value, out _)).ToDictionary(static m => m.Key, static m => IsNumber(m.Value, out var number) ? (int)number : 0, StringComparer.Ordinal)
            : new Dictionary<string, int>();

    private static JsonObject RequireObjects(JsonObject document)
    {
        var wrong = document["properties"] is not JsonObject ? "properties"
            : Array.Find(["tags", "identity", "sku"], member => document[member] is not (null or JsonObject));
        return wrong is null ? document
            : throw FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, document.TextAt("id") ?? "resource", $"its member '{wrong}' is not an object");
    }

    private static bool IsNumber(JsonNode? node, out double number)
    {
        number = 0;
        return node is JsonValue value && value.TryGetValue(out number);
    }
}

/// <summary>An online endpoint.</summary>
public sealed record EndpointResource(JsonObject Document) : WorkspaceResource(Document)
{
    /// <summary>Where requests go, or null while the endpoint is made.</summary>
    public Uri? ScoringUri => Property("scoringUri") is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;

    /// <summary>Where the contract is shown.</summary>
    public Uri? SwaggerUri => Property("swaggerUri") is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;

    /// <summary><c>Key</c>, <c>AMLToken</c> or <c>AADToken</c>.</summary>
    public string AuthMode => Property("authMode") ?? "Key";

    /// <summary>Percentages by deployment; entries of 0 are left out.</summary>
    public IReadOnlyDictionary<string, int> Traffic =>
        Shares("traffic");

    /// <summary>Mirrored percentages by deployment; entries of 0 are left out.</summary>
    public IReadOnlyDictionary<string, int> MirrorTraffic =>
        Shares("mirrorTraffic");

    /// <summary>The endpoint as it is with other traffic.</summary>
    internal EndpointResource WithTraffic(IReadOnlyDictionary<string, int> traffic)
    {
        var document = (JsonObject)Document.DeepClone();
        document["properties"]!["traffic"] = new JsonObject(traffic.Select(static t => KeyValuePair.Create<string, JsonNode?>(t.Key, (double)t.Value)));
        return new EndpointResource(document);
    }

    /// <summary>Object id of the system-assigned identity, or null where there is none.</summary>
    public string? PrincipalId => Document.TextAt("identity", "principalId");

    /// <summary>ARM id of the user-assigned identity, or null where there is none.</summary>
    public string? UserAssignedIdentity => (Document.At("identity", "userAssignedIdentities") as JsonObject)?.Select(static i => i.Key).FirstOrDefault();

    /// <summary>Whether the endpoint runs on a Kubernetes compute.</summary>
    public bool IsKubernetes => Property("compute") is not null;

    // Names of deployments do not tell upper case from lower case.
    private Dictionary<string, int> Shares(string member) => Numbers(Properties[member])
        .Where(static t => t.Value > 0).DistinctBy(static t => t.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(StringComparer.OrdinalIgnoreCase);
}

/// <summary>A deployment of an endpoint.</summary>
public sealed record DeploymentResource(JsonObject Document) : WorkspaceResource(Document)
{
    /// <summary>Id of the model version, or null.</summary>
    public string? ModelId => Property("model");

    /// <summary>Number of instances.</summary>
    public int InstanceCount => Document.At("sku", "capacity") is JsonValue value && value.TryGetValue<int>(out var count) ? count : 0;

    /// <summary>Id of the data asset that a collection goes into, or null.</summary>
    public string? DataIdOf(string collection) => Properties.TextAt("dataCollector", "collections", collection, "dataId");

    /// <summary>Id of the environment version, or null.</summary>
    public string? EnvironmentId => Property("environmentId");
}

/// <summary>A version of a model.</summary>
public sealed record ModelVersionResource(JsonObject Document) : WorkspaceResource(Document)
{
    /// <summary>The content hash in the path that az ml and FlowBuild upload to, or null for content of another origin.</summary>
    public string? ContentHash
    {
        get
        {
            var segments = Property("modelUri")?.Split('/') ?? [];
            var origin = Array.FindIndex(segments, static s => s is FlowPackage.UploadFolder or FlowPackage.LegacyFolder);
            return origin < 0 || origin + 1 == segments.Length ? null : segments[origin + 1];
        }
    }

    /// <summary>The version's tags, such as <c>flowbuild.commit</c>.</summary>
    public IReadOnlyDictionary<string, string> VersionTags => Strings(Properties["tags"]);

    /// <summary>The version's own properties, such as <c>azureml.promptflow.mode</c>.</summary>
    public IReadOnlyDictionary<string, string> ModelProperties => Strings(Properties["properties"]);
}

/// <summary>A version of an environment.</summary>
public sealed record EnvironmentVersionResource(JsonObject Document) : WorkspaceResource(Document);

/// <summary>A datastore's blob container, which assets are uploaded to.</summary>
/// <param name="Name">The datastore's name.</param>
/// <param name="Container">The container's address.</param>
/// <param name="HasSecrets">Keys can be asked for; false where the datastore works with identities only.</param>
public sealed record Datastore(string Name, Uri Container, bool HasSecrets);
