using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The <c>onlineEndpoints</c> of the workspace.</summary>
internal sealed class OnlineEndpoints
{
    /// <summary>The type below the workspace's.</summary>
    public const string Type = "onlineEndpoints";

    private static readonly string[] Members =
    [
        "authMode", "compute", "description", "keys", "mirrorTraffic", "properties", "provisioningState", "publicNetworkAccess", "scoringUri", "swaggerUri", "traffic",
    ];

    private static readonly string[] AuthModes = ["Key", "AMLToken", "AADToken"];
    private static readonly string[] IdentityTypes = ["None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"];
    private static readonly string[] Accesses = ["Enabled", "Disabled"];

    private readonly ResourceStore _store;
    private readonly WorkspaceScope _scope;
    private readonly Operations _operations;
    private readonly StoredProxies _computes;
    private readonly FaultBox _faults;

    /// <summary>Defines what the operations on endpoints do.</summary>
    public OnlineEndpoints(ResourceStore store, WorkspaceScope scope, Operations operations, StoredProxies computes, FaultBox faults)
    {
        (_store, _scope, _operations, _computes, _faults) = (store, scope, operations, computes, faults);
        operations.Define(OperationKind.PutEndpoint, FinishPut);
        operations.Define(OperationKind.DeleteEndpoint, FinishDelete);
        operations.Define(OperationKind.RegenerateKeys, FinishRegenerate);
    }

    /// <summary>The endpoint, or null.</summary>
    public StoredEndpoint? Find(string name) => _store.Find<StoredEndpoint>(StoredEndpoint.KeyOf(name));

    /// <summary>All endpoints, by name.</summary>
    public IReadOnlyList<StoredEndpoint> List() => _store.List<StoredEndpoint>(StoredEndpoint.Prefix);

    /// <summary>The endpoint of the request's route.</summary>
    /// <exception cref="ArmException">404.</exception>
    public StoredEndpoint FromRoute(HttpContext context)
    {
        var name = NameFrom(context);
        return Find(name) ?? throw ArmException.NotFound($"{WorkspaceScope.WorkspaceType}/{WorkspaceNames.Workspace}/{Type}", name);
    }

    /// <summary>Refuses a change while another one runs on the endpoint or one of its deployments.</summary>
    public void EnsureIdle(string endpoint)
    {
        if (_operations.IsRunning(Find(endpoint)?.Operation))
        {
            throw ArmException.Conflict($"The endpoint '{endpoint}' has another operation in progress. Wait for it to end, then try again.");
        }

        var busy = _store.List<StoredDeployment>(StoredDeployment.PrefixOf(endpoint)).FirstOrDefault(d => _operations.IsRunning(d.Operation));
        if (busy is not null)
        {
            throw ArmException.Conflict(
                $"The deployment '{busy.Name}' of the endpoint '{endpoint}' has another operation in progress. Wait for it to end, then try again.");
        }
    }

    /// <summary>GET of one.</summary>
    public Task GetAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, FromRoute(context).Resource);

    /// <summary>GET of all.</summary>
    public Task ListAsync(HttpContext context)
    {
        var name = context.Request.Query["name"].ToString();
        var kind = context.Request.Query["computeType"].ToString();
        var found = List().Where(e =>
            (name.Length == 0 || string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase))
            && (kind.Length == 0 || string.Equals(e.Resource.Text("kind"), kind, StringComparison.OrdinalIgnoreCase)));
        var ordered = context.Request.Query["orderBy"].ToString() switch
        {
            "CreatedAtAsc" => found.OrderBy(static e => Created(e.Resource)),
            "UpdatedAtDesc" => found.OrderByDescending(static e => Modified(e.Resource)),
            "UpdatedAtAsc" => found.OrderBy(static e => Modified(e.Resource)),
            _ => found.OrderByDescending(static e => Created(e.Resource)),
        };
        return ArmResponse.WritePageAsync(context, ordered.Select(static e => e.Resource));
    }

    /// <summary>PUT: creates, or replaces.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var name = NameFrom(context);
        ResourceNames.Check("endpoint", name);
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        var given = Checks.RequireProperties(body);
        Checks.RequireLocation(body);
        Checks.KnownMembers(given, "OnlineEndpoint", Members);
        Checks.RequireWord(given, "authMode", AuthModes, isRequired: true);
        Checks.RequireWord(given, "publicNetworkAccess", Accesses, isRequired: false);
        CheckIdentity(body);
        CheckCompute(given);

        StoredEndpoint endpoint;
        StoredOperation operation;
        bool isNew;
        lock (_store.Gate)
        {
            var existing = Find(name);
            isNew = existing is null;
            if (existing?.State == "Deleting")
            {
                throw NameTaken(name);
            }

            EnsureIdle(name);
            Checks.KeepsLocation(existing?.Resource, body);
            Checks.AddsOnly(existing?.Properties.Object("properties"), given.Object("properties"));
            var isManaged = given.Text("compute") is null;
            TrafficRules.Check(given, _store.List<StoredDeployment>(StoredDeployment.PrefixOf(name)), isManaged);

            operation = _operations.Accept(OperationKind.PutEndpoint, name);
            var keys = given.Object("keys");
            endpoint = new StoredEndpoint(
                Describe(name, body, given, existing, operation, context.Request.Query["api-version"].ToString()),
                keys?.Text("primaryKey") ?? existing?.PrimaryKey ?? WorkspaceIdentity.NewSecret(),
                keys?.Text("secondaryKey") ?? existing?.SecondaryKey ?? WorkspaceIdentity.NewSecret(),
                operation.Id);
            _store.Put(StoredEndpoint.KeyOf(name), endpoint);
        }

        _operations.Run(operation);
        if (isNew)
        {
            _operations.SetHeaders(context, operation, isCreate: true);
        }

        await ArmResponse.WriteAsync(context, isNew ? 201 : 200, endpoint.Resource).ConfigureAwait(false);
    }

    /// <summary>PATCH: tags and identity.</summary>
    public async Task PatchAsync(HttpContext context)
    {
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        Checks.OnlyMembers(body, "tags", "identity");
        CheckIdentity(body);
        StoredEndpoint endpoint;
        lock (_store.Gate)
        {
            endpoint = FromRoute(context);
            EnsureIdle(endpoint.Name);
            Checks.Merge(endpoint.Resource, "tags", body);
            if (body.Object("identity") is { } identity)
            {
                endpoint.Resource["identity"] = DescribeIdentity(identity);
            }

            Touch(endpoint.Resource);
            _store.Put(StoredEndpoint.KeyOf(endpoint.Name), endpoint);
        }

        await ArmResponse.WriteAsync(context, 200, endpoint.Resource).ConfigureAwait(false);
    }

    /// <summary>DELETE, with all deployments.</summary>
    public Task DeleteAsync(HttpContext context)
    {
        StoredOperation operation;
        lock (_store.Gate)
        {
            if (Find(NameFrom(context)) is not { } endpoint)
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            }

            EnsureIdle(endpoint.Name);
            operation = _operations.Accept(OperationKind.DeleteEndpoint, endpoint.Name);
            endpoint.Properties["provisioningState"] = "Deleting";
            _store.Put(StoredEndpoint.KeyOf(endpoint.Name), endpoint with { Operation = operation.Id });
        }

        _operations.Run(operation);
        context.Response.StatusCode = 202;
        _operations.SetHeaders(context, operation, isCreate: false);
        return Task.CompletedTask;
    }

    /// <summary>POST listKeys.</summary>
    public Task ListKeysAsync(HttpContext context)
    {
        var endpoint = FromRoute(context);
        RequireAuthMode(endpoint, "Key");
        return ArmResponse.WriteAsync(context, 200, new JsonObject { ["primaryKey"] = endpoint.PrimaryKey, ["secondaryKey"] = endpoint.SecondaryKey });
    }

    /// <summary>POST token.</summary>
    public Task GetTokenAsync(HttpContext context)
    {
        var endpoint = FromRoute(context);
        RequireAuthMode(endpoint, "AMLToken");
        var expiry = DateTimeOffset.UtcNow + EndpointTokens.Lifetime;
        return ArmResponse.WriteAsync(context, 200, new JsonObject
        {
            ["accessToken"] = EndpointTokens.Create(endpoint, expiry),
            ["tokenType"] = "Bearer",
            ["expiryTimeUtc"] = expiry.ToUnixTimeSeconds(),
            ["refreshAfterTimeUtc"] = (expiry - (EndpointTokens.Lifetime / 2)).ToUnixTimeSeconds(),
        });
    }

    /// <summary>POST regenerateKeys.</summary>
    public async Task RegenerateKeysAsync(HttpContext context)
    {
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        Checks.RequireWord(body, "keyType", ["Primary", "Secondary"], isRequired: true);
        StoredOperation operation;
        lock (_store.Gate)
        {
            var endpoint = FromRoute(context);
            RequireAuthMode(endpoint, "Key");
            EnsureIdle(endpoint.Name);
            operation = _operations.Accept(OperationKind.RegenerateKeys, endpoint.Name);
            var key = body.Text("keyValue") ?? WorkspaceIdentity.NewSecret();
            endpoint = body.Text("keyType") == "Primary" ? endpoint with { PrimaryKey = key } : endpoint with { SecondaryKey = key };
            _store.Put(StoredEndpoint.KeyOf(endpoint.Name), endpoint with { Operation = operation.Id });
        }

        _operations.Run(operation);
        context.Response.StatusCode = 202;
        _operations.SetHeaders(context, operation, isCreate: false);
    }

    /// <summary>Refuses what the endpoint's way of authentication does not have.</summary>
    public static void RequireAuthMode(StoredEndpoint endpoint, string mode)
    {
        var actual = endpoint.Properties.Text("authMode");
        if (actual != mode)
        {
            throw ArmException.Invalid("BadArgument", $"The endpoint '{endpoint.Name}' authenticates by '{actual}', not by '{mode}'.", "properties.authMode");
        }
    }

    private JsonObject Describe(string name, JsonObject body, JsonObject given, StoredEndpoint? existing, StoredOperation operation, string apiVersion)
    {
        var now = DateTimeOffset.UtcNow;
        var storedName = existing?.Name ?? name;
        var created = existing is null ? now : Created(existing.Resource);
        var resource = _scope.Envelope(Type, $"{Type}/{storedName}", storedName, created, now);
        resource["location"] = WorkspaceNames.Location;
        resource["tags"] = body.Object("tags")?.DeepClone() ?? new JsonObject();
        resource["kind"] = given.Text("compute") is null ? "Managed" : "Kubernetes";
        resource["identity"] = DescribeIdentity(body.Object("identity"));

        var inner = existing?.Properties.Object("properties")?.DeepClone().AsObject() ?? [];
        foreach (var (key, value) in given.Object("properties") ?? [])
        {
            inner[key] = value?.DeepClone();
        }

        inner["azureml.onlineendpointid"] = resource.Text("id")!.ToLowerInvariant();
        inner["AzureAsyncOperationUri"] = _operations.StatusUri(operation, apiVersion);
        inner["createdAt"] = created.ToString("O", CultureInfo.InvariantCulture);
        inner["createdBy"] = "FlowBuild";
        inner["lastModifiedAt"] = now.ToString("O", CultureInfo.InvariantCulture);

        var uri = $"{_scope.Scoring}/endpoints/{storedName.ToLowerInvariant()}";
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

    private JsonObject DescribeIdentity(JsonObject? identity)
    {
        var type = identity?.Text("type") ?? "SystemAssigned";
        var result = new JsonObject { ["type"] = type };
        if (type.Contains("SystemAssigned", StringComparison.Ordinal))
        {
            result["principalId"] = _scope.WorkspaceId.ToString();
            result["tenantId"] = _scope.SubscriptionId.ToString();
        }

        if (identity?.Object("userAssignedIdentities") is { Count: > 0 } assigned)
        {
            result["userAssignedIdentities"] = new JsonObject(assigned.Select(pair => KeyValuePair.Create<string, JsonNode?>(
                pair.Key, new JsonObject { ["principalId"] = _scope.WorkspaceId.ToString(), ["clientId"] = _scope.SubscriptionId.ToString() })));
        }

        return result;
    }

    private Task<ArmError?> FinishPut(StoredOperation operation, CancellationToken cancellationToken)
    {
        var error = FaultOf(operation);
        Finish(operation.Endpoint, error is null ? "Succeeded" : "Failed");
        return Task.FromResult(error);
    }

    private Task<ArmError?> FinishRegenerate(StoredOperation operation, CancellationToken cancellationToken)
    {
        Finish(operation.Endpoint, "Succeeded");
        return Task.FromResult(FaultOf(operation));
    }

    private Task<ArmError?> FinishDelete(StoredOperation operation, CancellationToken cancellationToken)
    {
        if (FaultOf(operation) is { } error)
        {
            // What was not deleted stays as it was.
            Finish(operation.Endpoint, "Succeeded");
            return Task.FromResult<ArmError?>(error);
        }

        lock (_store.Gate)
        {
            foreach (var deployment in _store.List<StoredDeployment>(StoredDeployment.PrefixOf(operation.Endpoint)))
            {
                _store.Delete(StoredDeployment.KeyOf(operation.Endpoint, deployment.Name));
            }

            _store.Delete(StoredEndpoint.KeyOf(operation.Endpoint));
        }

        return Task.FromResult<ArmError?>(null);
    }

    private ArmError? FaultOf(StoredOperation operation) =>
        _faults.Hit(operation) is { } fault ? new ArmError(fault.Code, fault.Message) : null;

    private void Finish(string name, string state)
    {
        lock (_store.Gate)
        {
            if (Find(name) is { } endpoint)
            {
                endpoint.Properties["provisioningState"] = state;
                _store.Put(StoredEndpoint.KeyOf(name), endpoint with { Operation = null });
            }
        }
    }

    private static void CheckIdentity(JsonObject body)
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

    private void CheckCompute(JsonObject given)
    {
        if (given.Text("compute") is { } id
            && (_scope.RelativeTo(id)?.Split('/') is not ["computes", var name] || _computes.Find(name) is not { } compute
                || compute.Resource["properties"]!.AsObject().Text("computeType") != "Kubernetes"))
        {
            throw ArmException.Invalid("ResourceNotFound", $"The Kubernetes compute '{id}' does not exist in the workspace.", "properties.compute");
        }
    }

    private static JsonObject Nonzero(JsonObject? percentages) =>
        new((percentages ?? []).Where(pair => (int)pair.Value! > 0).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));

    private static ArmException NameTaken(string name) => new(400, new ArmError(
        "ValidationError",
        "One or more validation errors occurred.",
        [new ArmError("EndpointAlreadyExists", $"An endpoint with the name '{name}' already exists, or is still being deleted. Endpoint names are unique within a region.", Target: "name")]));

    private static string NameFrom(HttpContext context) => context.Request.RouteValues["endpoint"]!.ToString()!;

    internal static DateTimeOffset Created(JsonObject resource) => (DateTimeOffset)resource["systemData"]!["createdAt"]!;

    private static DateTimeOffset Modified(JsonObject resource) => (DateTimeOffset)resource["systemData"]!["lastModifiedAt"]!;

    internal static void Touch(JsonObject resource) => resource["systemData"]!["lastModifiedAt"] = DateTimeOffset.UtcNow;
}
