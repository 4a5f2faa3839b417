using System.Text.Json.Nodes;
using System.Xml;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// Compares a body that would be sent with the resource as it is. What the service adds, leaves out or spells differently is no
/// difference; what the body leaves out and the resource holds is one where the service would go back to its default.
/// </summary>
internal static class ResourceDifferences
{
    // The service's own defaults, as it shows them on a resource that does not set them.
    private static readonly JsonObject DeploymentDefaults = (JsonObject)JsonNode.Parse("""
        {
          "properties": {
            "description": "", "modelMountPath": "", "codeConfiguration": { "codeId": "", "scoringScript": "" },
            "appInsightsEnabled": false, "egressPublicNetworkAccess": "Enabled",
            "requestSettings": { "requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 1 },
            "scaleSettings": { "scaleType": "Default" },
            "livenessProbe": { "period": "PT10S", "timeout": "PT2S", "failureThreshold": 30, "successThreshold": 1 },
            "readinessProbe": { "period": "PT10S", "timeout": "PT2S", "failureThreshold": 30, "successThreshold": 1 },
            "environmentVariables": {}, "environmentId": "", "model": ""
          }
        }
        """)!;

    /// <summary>What a PUT of the body would change in a deployment.</summary>
    public static List<PlanChange> OfDeployment(JsonObject body, DeploymentResource deployment)
    {
        var changes = new List<PlanChange>();
        var resource = deployment.Document;
        var isKubernetes = body.TextAt("properties", "endpointComputeType") == "Kubernetes";
        var wantedByDefault = WithDefaults(body, isKubernetes);
        Compare("", wantedByDefault, resource, changes);

        // What was sent is compared by itself; how it is noted down is no difference.
        changes.RemoveAll(static c => c.Path == $"tags.{SentMembers.Tag}");
        if (resource.At("properties", "environmentVariables") is JsonObject live)
        {
            var wanted = body.At("properties", "environmentVariables") as JsonObject;
            foreach (var (name, _) in live)
            {
                if (!MachineLearningWorkspace.InjectedVariables.Contains(name) && wanted?.ContainsKey(name) != true)
                {
                    changes.Add(new PlanChange($"environment_variables.{name}", "set", null));
                }
            }
        }

        if (resource.At("properties", "dataCollector") is JsonObject collector)
        {
            var wanted = body.At("properties", "dataCollector") as JsonObject;
            var collections = wanted?["collections"] as JsonObject;
            changes.AddRange(wanted is null
                ? [new PlanChange("data_collector", "set", null)]
                : (collector["collections"] as JsonObject ?? []).Where(c => collections?.ContainsKey(c.Key) != true)
                    .Select(static c => new PlanChange($"data_collector.collections.{c.Key}", "set", null)));
        }

        // What the file said and does not say any more. A whole collection is said to go above.
        changes.AddRange(SentMembers.In(deployment)
            .Where(sent => !Has(wantedByDefault, $"properties.{sent.Path}") && !IsGoneCollection(body, sent.Path))
            .Select(static sent => new PlanChange(NameOf(sent.Path), Show(sent.Value), "the service's default")));
        return Sorted(changes);
    }

    /// <summary>Whether a deployment runs the model and the environment that a body names.</summary>
    public static bool HasAssetsOf(JsonObject body, DeploymentResource deployment) => ((string[])["model", "environmentId"]).All(
        member => Same($"properties.{member}", body.At("properties", member), deployment.Properties[member]));

    /// <summary>What a PUT of the body would change in an endpoint.</summary>
    public static List<PlanChange> OfEndpoint(JsonObject body, JsonObject resource)
    {
        var changes = new List<PlanChange>();
        Compare("", body, resource, changes);
        return Sorted(changes);
    }

    // What an environment is made of; a version that holds more than the file says is another one.
    private static readonly string[] EnvironmentContent = ["build", "condaFile", "image", "inferenceConfig"];

    /// <summary>What a version that cannot be changed holds otherwise.</summary>
    public static List<PlanChange> OfEnvironment(JsonObject body, JsonObject resource)
    {
        var changes = new List<PlanChange>();
        Compare("", body, resource, changes);
        changes.AddRange(EnvironmentContent
            .Where(member => resource.At("properties", member) is not null && body.At("properties", member) is null)
            .Select(static member => new PlanChange(member, "set", null)));
        changes.RemoveAll(static c => c.Path is "description" || c.Path.StartsWith("tags.", StringComparison.Ordinal));
        return Sorted(changes);
    }

    private static List<PlanChange> Sorted(List<PlanChange> changes) => [.. changes.OrderBy(static c => c.Path, StringComparer.Ordinal)];

    private static JsonObject WithDefaults(JsonObject body, bool isKubernetes)
    {
        var defaults = (JsonObject)DeploymentDefaults.DeepClone();
        if (isKubernetes)
        {
            ((JsonObject)defaults["properties"]!).Remove("scaleSettings");
            ((JsonObject)defaults["properties"]!).Remove("egressPublicNetworkAccess");
        }

        return Overlay(defaults, body);
    }

    private static JsonObject Overlay(JsonObject below, JsonObject above)
    {
        foreach (var (name, value) in above)
        {
            below[name] = value is JsonObject inner && below[name] is JsonObject existing
                ? Overlay((JsonObject)existing.DeepClone(), inner)
                : value?.DeepClone();
        }

        return below;
    }

    private static void Compare(string path, JsonObject wanted, JsonNode? live, List<PlanChange> changes)
    {
        foreach (var (name, value) in wanted)
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            var there = (live as JsonObject)?[name];
            if (path == "identity.userAssignedIdentities")
            {
                if ((live as JsonObject)?.Any(l => string.Equals(l.Key, name, StringComparison.OrdinalIgnoreCase)) != true)
                {
                    changes.Add(new PlanChange(path, null, name));
                }
            }
            else if (value is JsonObject inner)
            {
                Compare(at, inner, there, changes);
            }
            else if (!Same(at, value, there))
            {
                changes.Add(Change(at, there, value));
            }
        }
    }

    private static bool Has(JsonObject body, string path) => path.Split('.').Aggregate((JsonNode?)body, static (node, member) => (node as JsonObject)?[member]) is not null;

    private static bool IsGoneCollection(JsonObject body, string path) => path.Split('.') is ["dataCollector", .. var rest]
        && (body.At("properties", "dataCollector") is not JsonObject collector || (rest is ["collections", var name, ..] && collector.At("collections", name) is null));

    private static bool Same(string path, JsonNode? wanted, JsonNode? live)
    {
        var want = Text(wanted);
        var have = Text(live);

        // Not shown and default are one.
        if (have.Length == 0 && (want.Length == 0 || IsDefault(path, want)))
        {
            return true;
        }

        // The service shows a curated environment by its whole id.
        const string ShortForm = "azureml:AzureML-";
        if (path.EndsWith(".environmentId", StringComparison.Ordinal) && want.StartsWith(ShortForm, StringComparison.Ordinal))
        {
            var name = want["azureml:".Length..];
            return string.Equals(AssetNames.Short(have), name, StringComparison.OrdinalIgnoreCase) || want == have
                || (name.EndsWith("@latest", StringComparison.Ordinal) && AssetNames.Parts(have)?.Name == name[..^"@latest".Length]);
        }

        if (path is "location" || path.EndsWith("Id", StringComparison.Ordinal) || path.EndsWith(".model", StringComparison.Ordinal)
            || path.EndsWith(".compute", StringComparison.Ordinal) || path.EndsWith(".authMode", StringComparison.Ordinal) || path is "identity.type")
        {
            return string.Equals(Squeeze(want), Squeeze(have), StringComparison.OrdinalIgnoreCase);
        }

        return want == have || (Duration(want) is { } wantTime && wantTime == Duration(have));
    }

    private static bool IsDefault(string path, string value)
    {
        JsonNode? node = DeploymentDefaults;
        foreach (var part in path.Split('.'))
        {
            node = (node as JsonObject)?[part];
        }

        return node is JsonValue && (Text(node) == value || Duration(value) is { } time && time == Duration(Text(node)));
    }

    private static PlanChange Change(string path, JsonNode? from, JsonNode? to)
    {
        var name = path.StartsWith("properties.", StringComparison.Ordinal) ? path["properties.".Length..] : path;
        if (name.StartsWith("environmentVariables.", StringComparison.Ordinal))
        {
            // A variable's value may be a secret.
            return new PlanChange($"environment_variables.{name["environmentVariables.".Length..]}", from is null ? null : "the value there", "the value of the file");
        }

        return new PlanChange(NameOf(name), Show(from), Show(to));
    }

    private static string NameOf(string path) => path switch { "sku.capacity" => "instance_count", "instanceType" => "instance_type", _ => path };

    private static string? Show(JsonNode? value) => Text(value) is { Length: > 0 } text ? AssetNames.Short(text) : null;

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag ? "true" : "false",
        _ => node.ToString(),
    };

    private static string Squeeze(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private static TimeSpan? Duration(string text)
    {
        if (!text.StartsWith('P'))
        {
            return null;
        }

        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
