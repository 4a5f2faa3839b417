using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>
/// ARM's own list of a subscription's resources: the workspace, its endpoints, its container registry and those that were put
/// beside it, and the endpoints elsewhere that a test asked for.
/// </summary>
internal sealed partial class SubscriptionResources(ResourceStore store, WorkspaceScope scope, OnlineEndpoints endpoints, FaultBox faults)
{
    /// <summary>ARM type of a container registry.</summary>
    public const string RegistryType = "Microsoft.ContainerRegistry/registries";

    private const string RegistryPrefix = "registries/";

    private const string EndpointType = WorkspaceScope.WorkspaceType + "/" + OnlineEndpoints.Type;

    /// <summary>GET of the resources that <c>$filter</c> chooses: <c>property eq 'value'</c>, several joined by <c>and</c>.</summary>
    public Task ListAsync(HttpContext context)
    {
        var wanted = Clauses(context.Request.Query["$filter"].ToString());
        return ArmResponse.WritePageAsync(context, All().Where(resource => wanted.All(clause =>
            string.Equals(ValueOf(resource, clause.Property), clause.Value, StringComparison.OrdinalIgnoreCase))));
    }

    /// <summary>GET of a container registry.</summary>
    public Task GetRegistryAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["registry"]!.ToString()!;
        return ArmResponse.WriteAsync(
            context, 200, Registries().FirstOrDefault(r => string.Equals(r.Text("name"), name, StringComparison.OrdinalIgnoreCase)) ?? throw ArmException.NotFound(RegistryType, name));
    }

    /// <summary>GET of all container registries.</summary>
    public Task ListRegistriesAsync(HttpContext context) => ArmResponse.WritePageAsync(context, Registries());

    /// <summary>
    /// PUT of a container registry. It holds no images; roles can be given at it. A <c>loginServer</c> in the body, which Azure would
    /// ignore, makes it the registry that answers there.
    /// </summary>
    public async Task PutRegistryAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["registry"]!.ToString()!;
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        if (!RegistryName().IsMatch(name))
        {
            throw new ArmException(400, new ArmError("InvalidResourceName", "The registry name must hold 5 to 50 letters and digits."));
        }

        if (body.Text("location") is null || body.Object("sku")?.Text("name") is not ("Basic" or "Standard" or "Premium"))
        {
            throw new ArmException(400, new ArmError("InvalidRequestContent", "A registry needs a location and a sku.name of Basic, Standard or Premium."));
        }

        var registry = Registry(name, body.Object("properties")?.Text("loginServer"));
        store.Put(RegistryPrefix + name.ToLowerInvariant(), new StoredProxy(registry));
        await ArmResponse.WriteAsync(context, 201, registry).ConfigureAwait(false);
    }

    private IEnumerable<JsonObject> Registries() => store.List<StoredProxy>(RegistryPrefix).Select(static r => r.Resource).Append(Registry(WorkspaceNames.ContainerRegistry));

    private JsonObject Registry(string name, string? loginServer = null)
    {
        var registry = Describe($"{scope.GroupId}/providers/{RegistryType}/{name}", name, RegistryType, WorkspaceNames.Location);
        registry["properties"] = new JsonObject { ["loginServer"] = loginServer ?? $"{name.ToLowerInvariant()}.azurecr.io", ["provisioningState"] = "Succeeded" };
        return registry;
    }

    private IEnumerable<JsonObject> All() =>
    [
        Describe(scope.Id, WorkspaceNames.Workspace, WorkspaceScope.WorkspaceType, WorkspaceNames.Location),
        .. Registries().Select(static r => Describe(r.Text("id")!, r.Text("name")!, RegistryType, r.Text("location")!)),
        .. endpoints.List().Select(e => Describe(
            e.Resource.Text("id")!, $"{WorkspaceNames.Workspace}/{e.Name}", EndpointType, e.Resource.Text("location") ?? WorkspaceNames.Location)),
        .. (faults.Plan.EndpointsElsewhere ?? []).Select(e => Describe(
            e.IdIn(scope.SubscriptionId), $"{e.Workspace}/{e.Name}", EndpointType, e.Location ?? WorkspaceNames.Location)),
    ];

    private static JsonObject Describe(string id, string name, string type, string location) =>
        new() { ["id"] = id, ["name"] = name, ["type"] = type, ["location"] = location };

    private static string? ValueOf(JsonObject resource, string property) => property switch
    {
        "resourceType" => resource.Text("type"),
        "resourceGroup" => resource.Text("id")!.Split('/')[4],
        _ => resource.Text(property),
    };

    private static List<(string Property, string Value)> Clauses(string filter)
    {
        var clauses = filter.Length == 0 ? [] : filter.Split(" and ").Select(static c => Clause().Match(c.Trim())).ToList();
        return clauses.TrueForAll(static c => c.Success)
            ? clauses.ConvertAll(static c => (c.Groups[1].Value, c.Groups[2].Value.Replace("''", "'", StringComparison.Ordinal)))
            : throw new ArmException(400, new ArmError("InvalidFilterInQueryString", $"Invalid $filter '{filter}' specified in the query string."));
    }

    [GeneratedRegex("^[a-zA-Z0-9]{5,50}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegistryName();

    [GeneratedRegex("^(resourceType|resourceGroup|name|location) eq '((?:[^']|'')*)'\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Clause();
}
