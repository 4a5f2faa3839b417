using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>What the page shows of all endpoints. It holds no key.</summary>
internal sealed class WorkspaceOverview(OnlineEndpoints endpoints, OnlineDeployments deployments)
{
    /// <summary>The endpoints with their deployments, by name.</summary>
    public JsonObject Describe() => new() { ["endpoints"] = new JsonArray([.. endpoints.List().Select(Describe)]) };

    private JsonObject Describe(StoredEndpoint endpoint) => new()
    {
        ["name"] = endpoint.Name,
        ["state"] = endpoint.State,
        ["description"] = endpoint.Properties.Text("description"),
        ["authMode"] = endpoint.Properties.Text("authMode"),
        ["scoringUri"] = endpoint.Properties.Text("scoringUri"),
        ["traffic"] = Percentages(endpoint.Traffic),
        ["mirrorTraffic"] = Percentages(endpoint.MirrorTraffic),
        ["deployments"] = new JsonArray([.. deployments.List(endpoint.Name).Select(Describe)]),
    };

    private static JsonObject Describe(StoredDeployment deployment) => new()
    {
        ["name"] = deployment.Name,
        ["state"] = deployment.State,
        ["isRunning"] = deployment.Running is not null,
        ["model"] = VersionOf(deployment.Properties.Text("model")),
        ["environment"] = VersionOf(deployment.Properties.Text("environmentId")),
        ["instanceType"] = deployment.Properties.Text("instanceType"),
        ["instances"] = deployment.Resource["sku"]?["capacity"]?.DeepClone(),
    };

    // …/models/{name}/versions/{version}
    private static string? VersionOf(string? id) => id?.Split('/') is [.., var name, "versions", var version] ? $"{name}:{version}" : id;

    private static JsonObject Percentages(IReadOnlyDictionary<string, int> traffic) =>
        new(traffic.Select(static pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
}
