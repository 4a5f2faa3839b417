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

    private readonly ResourceStore _store;
    private readonly Operations _operations;
    private readonly EndpointBody _body;
    private readonly FaultBox _faults;

    /// <summary>Defines what the operations on endpoints do.</summary>
    public OnlineEndpoints(ResourceStore store, Operations operations, EndpointBody body, FaultBox faults)
    {
        (_store, _operations, _body, _faults) = (store, operations, body, faults);
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

    /// <summary>GET of one of another workspace.</summary>
    public static Task GetElsewhereAsync(HttpContext context, EndpointElsewhere elsewhere) => ArmResponse.WriteAsync(context, 200, new JsonObject
    {
        ["id"] = context.Request.Path.Value,
        ["name"] = elsewhere.Name,
        ["type"] = $"{WorkspaceScope.WorkspaceType}/{Type}",
        ["location"] = elsewhere.Location ?? WorkspaceNames.Location,
        ["properties"] = new JsonObject { ["authMode"] = "Key", ["provisioningState"] = "Succeeded" },
    });

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
        var given = _body.Check(body);

        StoredEndpoint endpoint;
        StoredOperation operation;
        bool isNew;
        lock (_store.Gate)
        {
            var existing = Find(name);
            isNew = existing is null;
            if (existing?.State == "Deleting" || (existing is null && IsTakenElsewhere(name)))
            {
                throw NameTaken(name);
            }

            EnsureIdle(name);
            Checks.KeepsLocation(existing?.Resource, body);
            Checks.AddsOnly(existing?.Properties.Object("properties"), given.Object("properties"));
            var isManaged = given.Text("compute") is null;
            if (existing is not null && existing.IsManaged != isManaged)
            {
                throw ArmException.Invalid("BadArgument", $"The endpoint '{name}' is of kind '{existing.Resource.Text("kind")}', which cannot be changed.", "properties.compute");
            }

            TrafficRules.Check(given, _store.List<StoredDeployment>(StoredDeployment.PrefixOf(name)), isManaged);

            operation = _operations.Accept(OperationKind.PutEndpoint, name);
            var keys = given.Object("keys");
            endpoint = new StoredEndpoint(
                _body.Describe(name, body, given, existing, _operations.StatusUri(operation, context.Request.Query["api-version"].ToString())),
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
        EndpointBody.CheckIdentity(body);
        StoredEndpoint endpoint;
        lock (_store.Gate)
        {
            endpoint = FromRoute(context);
            EnsureIdle(endpoint.Name);
            Checks.Merge(endpoint.Resource, "tags", body);
            if (body.Object("identity") is { } identity)
            {
                endpoint.Resource["identity"] = _body.DescribeIdentity(endpoint.Name, identity);
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

    private Task<ArmError?> FinishPut(StoredOperation operation, CancellationToken cancellationToken)
    {
        var error = FaultOf(operation);
        Finish(operation, error is null ? "Succeeded" : "Failed");
        return Task.FromResult(error);
    }

    private Task<ArmError?> FinishRegenerate(StoredOperation operation, CancellationToken cancellationToken)
    {
        Finish(operation, "Succeeded");
        return Task.FromResult(FaultOf(operation));
    }

    private Task<ArmError?> FinishDelete(StoredOperation operation, CancellationToken cancellationToken)
    {
        if (FaultOf(operation) is { } error)
        {
            // What was not deleted stays as it was.
            Finish(operation, "Succeeded");
            return Task.FromResult<ArmError?>(error);
        }

        lock (_store.Gate)
        {
            if (ChangedBy(operation) is null)
            {
                return Task.FromResult<ArmError?>(null);
            }

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

    private void Finish(StoredOperation operation, string state)
    {
        lock (_store.Gate)
        {
            if (ChangedBy(operation) is { } endpoint)
            {
                endpoint.Properties["provisioningState"] = state;
                _store.Put(StoredEndpoint.KeyOf(endpoint.Name), endpoint with { Operation = null });
            }
        }
    }

    // Null when something else has been done to the endpoint since: a killed process may have carried the operation out already.
    private StoredEndpoint? ChangedBy(StoredOperation operation) =>
        Find(operation.Endpoint) is { } endpoint && endpoint.Operation == operation.Id ? endpoint : null;

    private bool IsTakenElsewhere(string name) =>
        (_faults.Plan.EndpointsElsewhere ?? []).Any(e => e.IsHere && string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase));

    private static ArmException NameTaken(string name) => new(400, new ArmError(
        "ValidationError",
        "One or more validation errors occurred.",
        [new ArmError("EndpointAlreadyExists", $"An endpoint with the name '{name}' already exists, or is still being deleted. Endpoint names are unique within a region.", Target: "name")]));

    private static string NameFrom(HttpContext context) => context.Request.RouteValues["endpoint"]!.ToString()!;

    internal static DateTimeOffset Created(JsonObject resource) => (DateTimeOffset)resource["systemData"]!["createdAt"]!;

    private static DateTimeOffset Modified(JsonObject resource) => (DateTimeOffset)resource["systemData"]!["lastModifiedAt"]!;

    internal static void Touch(JsonObject resource) => resource["systemData"]!["lastModifiedAt"] = DateTimeOffset.UtcNow;
}
