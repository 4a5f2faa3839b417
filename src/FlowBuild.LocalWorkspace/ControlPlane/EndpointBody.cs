using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Checks the body of an endpoint as the service does, and fills in what the service fills in.</summary>
internal sealed class EndpointBody(WorkspaceScope scope, StoredProxies computes)
{
    private static readonly string[] AuthModes = ["Key", "AMLToken", "AADToken"];
    private static readonly string[] IdentityTypes = ["None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"];
    private static readonly string[] Accesses = ["Enabled", "Disabled"];

    /// <summary>Refuses a body that the service refuses, as far as the body alone shows; gives its properties.</summary>
    public JsonObject Check(JsonObject body)
    {
        var given = Checks.RequireProperties(body);
        Checks.RequireLocation(body);
        BodyShapes.Endpoint.Check(given, "properties");
        Checks.RequireWord(given, "authMode", AuthModes, isRequired: true);
        Checks.RequireWord(given, "publicNetworkAccess", Accesses, isRequired: false);
        CheckIdentity(body);
        CheckCompute(given);
        return given;
    }

    /// <summary>Refuses an identity that the service refuses.</summary>
    public static void CheckIdentity(JsonObject body)
    {
        if (body.Object("identity") is not { } identity)
        {
            return;
        }

        Checks.RequireWord(identity, "type", IdentityTypes, isRequired: true);
        var isUser = identity.Text("type")!.Contains("UserAssigned", StringComparison.Ordinal);
        if (isUser != identity.Object("userAssignedIdentities") is { Count: > 0 })
        {
            throw ArmException.InvalidBody(
                "identity.userAssignedIdentities", "User-assigned identities are listed exactly when the identity's type names them.");
        }
    }

    /// <summary>The resource that a PUT makes.</summary>
    public JsonObject Describe(string name, JsonObject body, JsonObject given, StoredEndpoint? existing, string statusUri)
    {
        var now = DateTimeOffset.UtcNow;
        var storedName = existing?.Name ?? name;
        var created = existing is null ? now : OnlineEndpoints.Created(existing.Resource);
        var resource = scope.Envelope(OnlineEndpoints.Type, $"{OnlineEndpoints.Type}/{storedName}", storedName, created, now);
        resource["location"] = WorkspaceNames.Location;
        resource["tags"] = body.Object("tags")?.DeepClone() ?? new JsonObject();
        resource["kind"] = given.Text("compute") is null ? "Managed" : "Kubernetes";
        resource["identity"] = DescribeIdentity(storedName, body.Object("identity"));

        var inner = Checks.Added(existing?.Properties.Object("properties"), given.Object("properties"));
        inner["azureml.onlineendpointid"] = resource.Text("id")!.ToLowerInvariant();
        inner["AzureAsyncOperationUri"] = statusUri;
        inner["createdAt"] = created.ToString("O", CultureInfo.InvariantCulture);
        inner["createdBy"] = "FlowBuild";
        inner["lastModifiedAt"] = now.ToString("O", CultureInfo.InvariantCulture);

        var uri = $"{scope.Scoring}/endpoints/{storedName.ToLowerInvariant()}";
        var properties = new JsonObject
        {
            ["authMode"] = given.Text("authMode"),
            ["properties"] = inner,
            ["traffic"] = Nonzero(given.Object("traffic")),
            ["mirrorTraffic"] = Nonzero(given.Object("mirrorTraffic")),
            ["publicNetworkAccess"] = given.Text("publicNetworkAccess") ?? "Enabled",
            ["scoringUri"] = $"{uri}/score",
            ["swaggerUri"] = $"{uri}/swagger.json",
            ["provisioningState"] = existing is null ? "Creating" : "Updating",
        };
        foreach (var optional in (string[])["compute", "description"])
        {
            if (given.Text(optional) is { } text)
            {
                properties[optional] = text;
            }
        }

        resource["properties"] = properties;
        return resource;
    }

    /// <summary>An identity as a GET returns it, with the ids that the service gives.</summary>
    public JsonObject DescribeIdentity(string endpoint, JsonObject? identity)
    {
        var type = identity?.Text("type") ?? "SystemAssigned";
        var result = new JsonObject { ["type"] = type };
        if (type.Contains("SystemAssigned", StringComparison.Ordinal))
        {
            result["principalId"] = Identities.PrincipalOf(endpoint).ToString();
            result["tenantId"] = scope.SubscriptionId.ToString();
        }

        if (identity?.Object("userAssignedIdentities") is { Count: > 0 } assigned)
        {
            result["userAssignedIdentities"] = new JsonObject(assigned.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, Identities.Describe(pair.Key))));
        }

        return result;
    }

    private void CheckCompute(JsonObject given)
    {
        if (given.Text("compute") is { } id
            && (scope.RelativeTo(id)?.Split('/') is not ["computes", var name] || computes.Find(name) is not { } compute
                || compute.Resource["properties"]!.AsObject().Text("computeType") != "Kubernetes"))
        {
            throw ArmException.Invalid("ResourceNotFound", $"The Kubernetes compute '{id}' does not exist in the workspace.", "properties.compute");
        }
    }

    private static JsonObject Nonzero(JsonObject? percentages) =>
        new((percentages ?? []).Where(pair => (int)pair.Value! > 0).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
}
