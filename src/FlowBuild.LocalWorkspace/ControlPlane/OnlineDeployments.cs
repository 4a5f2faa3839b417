using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The <c>deployments</c> of the workspace's endpoints.</summary>
internal sealed class OnlineDeployments
{
    private const string Type = OnlineEndpoints.Type + "/deployments";
    private const int MostPerEndpoint = 20;

    private readonly ResourceStore _store;
    private readonly Operations _operations;
    private readonly OnlineEndpoints _endpoints;
    private readonly DeploymentBody _body;
    private readonly ServedFlows _flows;
    private readonly RequestLog _requests;
    private readonly FaultBox _faults;

    /// <summary>Defines what the operations on deployments do.</summary>
    public OnlineDeployments(
        ResourceStore store, Operations operations, OnlineEndpoints endpoints, DeploymentBody body, ServedFlows flows, RequestLog requests, FaultBox faults)
    {
        (_store, _operations, _endpoints, _body, _flows, _requests, _faults) = (store, operations, endpoints, body, flows, requests, faults);
        operations.Define(OperationKind.PutDeployment, FinishPutAsync);
        operations.Define(OperationKind.DeleteDeployment, FinishDelete);
    }

    /// <summary>The deployment, or null.</summary>
    public StoredDeployment? Find(string endpoint, string name) => _store.Find<StoredDeployment>(StoredDeployment.KeyOf(endpoint, name));

    /// <summary>The deployments of an endpoint, by name.</summary>
    public IReadOnlyList<StoredDeployment> List(string endpoint) => _store.List<StoredDeployment>(StoredDeployment.PrefixOf(endpoint));

    /// <summary>GET of one.</summary>
    public Task GetAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, FromRoute(context).Deployment.Resource);

    /// <summary>GET of all of an endpoint.</summary>
    public Task ListAsync(HttpContext context)
    {
        var endpoint = _endpoints.FromRoute(context);
        return ArmResponse.WritePageAsync(context, List(endpoint.Name).Select(static d => d.Resource));
    }

    /// <summary>PUT: creates, or replaces.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var name = NameFrom(context);
        ResourceNames.Check("deployment", name);
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        StoredDeployment deployment;
        StoredOperation operation;
        bool isNew;
        lock (_store.Gate)
        {
            var endpoint = _endpoints.FromRoute(context);
            _endpoints.EnsureIdle(endpoint.Name);
            var existing = Find(endpoint.Name, name);
            isNew = existing is null;
            if (isNew && List(endpoint.Name).Count >= MostPerEndpoint)
            {
                throw ArmException.Invalid("OutOfQuota", $"The endpoint '{endpoint.Name}' has {MostPerEndpoint} deployments, the most that an endpoint can have.");
            }

            var resource = _body.Describe(endpoint, existing, name, body);
            operation = _operations.Accept(OperationKind.PutDeployment, endpoint.Name, name);
            var inner = resource["properties"]!["properties"]!;
            inner["AzureAsyncOperationUri"] = _operations.StatusUri(operation, context.Request.Query["api-version"].ToString());
            deployment = new StoredDeployment(resource, operation.Id, "", "", existing?.Running?.Resource);
            if (isNew)
            {
                _requests.Forget(endpoint.Name, name);
            }

            _store.Put(StoredDeployment.KeyOf(endpoint.Name, name), deployment);
        }

        _operations.Run(operation);
        if (isNew)
        {
            _operations.SetHeaders(context, operation, isCreate: true);
        }

        await ArmResponse.WriteAsync(context, isNew ? 201 : 200, deployment.Resource).ConfigureAwait(false);
    }

    /// <summary>PATCH: tags and the number of instances.</summary>
    public async Task PatchAsync(HttpContext context)
    {
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        Checks.OnlyMembers(body, "tags", "sku");
        StoredDeployment deployment;
        StoredOperation operation;
        lock (_store.Gate)
        {
            (var endpoint, deployment) = FromRoute(context);
            _endpoints.EnsureIdle(endpoint.Name);
            var running = deployment.Running?.Resource.DeepClone().AsObject();
            Checks.Merge(deployment.Resource, "tags", body);
            if (body.Object("sku") is { } sku)
            {
                var current = (int)deployment.Resource["sku"]!["capacity"]!;
                var capacity = Checks.Integer(sku, "capacity", 1, DeploymentBody.MostInstances, current);
                if (deployment.Resource.Text("kind") == "Managed")
                {
                    VmSizes.RequireUsable(deployment.Properties.Text("instanceType")!, capacity);
                }

                deployment.Resource["sku"]!["capacity"] = capacity;
                deployment.Properties["provisioningState"] = "Scaling";
            }

            OnlineEndpoints.Touch(deployment.Resource);
            operation = _operations.Accept(OperationKind.PutDeployment, endpoint.Name, deployment.Name);
            _store.Put(StoredDeployment.KeyOf(endpoint.Name, deployment.Name), deployment with { Operation = operation.Id, Previous = running });
        }

        _operations.Run(operation);
        context.Response.StatusCode = 202;
        _operations.SetHeaders(context, operation, isCreate: false);
    }

    /// <summary>DELETE. A deployment with traffic stays.</summary>
    public Task DeleteAsync(HttpContext context)
    {
        StoredOperation operation;
        lock (_store.Gate)
        {
            var endpoint = _endpoints.FromRoute(context);
            if (Find(endpoint.Name, NameFrom(context)) is not { } deployment)
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            }

            _endpoints.EnsureIdle(endpoint.Name);
            if (endpoint.Traffic.TryGetValue(deployment.Name, out var percentage) || endpoint.MirrorTraffic.TryGetValue(deployment.Name, out percentage))
            {
                throw ArmException.Invalid(
                    "BadArgument", $"The deployment '{deployment.Name}' cannot be deleted while it receives {percentage} % of the endpoint's traffic. Set its traffic to 0 first.");
            }

            operation = _operations.Accept(OperationKind.DeleteDeployment, endpoint.Name, deployment.Name);
            var running = deployment.Running?.Resource.DeepClone().AsObject();
            deployment.Properties["provisioningState"] = "Deleting";
            _store.Put(StoredDeployment.KeyOf(endpoint.Name, deployment.Name), deployment with { Operation = operation.Id, Previous = running });
        }

        _operations.Run(operation);
        context.Response.StatusCode = 202;
        _operations.SetHeaders(context, operation, isCreate: false);
        return Task.CompletedTask;
    }

    /// <summary>POST getLogs.</summary>
    public async Task GetLogsAsync(HttpContext context)
    {
        var body = await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false);
        if (body.TryGetPropertyValue("containerType", out var container) && container is null)
        {
            throw ArmException.InvalidBody("containerType", "The containerType field must not be null; leave it out.");
        }

        Checks.RequireWord(body, "containerType", ["InferenceServer", "StorageInitializer"], isRequired: false);
        var tail = Checks.Integer(body, "tail", 0, int.MaxValue, int.MaxValue);
        var (endpoint, deployment) = FromRoute(context);
        var lines = LogLines(endpoint.Name, deployment.Name, body.Text("containerType"));
        await ArmResponse.WriteAsync(context, 200, new JsonObject { ["content"] = string.Join('\n', lines.TakeLast(tail)) }).ConfigureAwait(false);
    }

    /// <summary>The log of a deployment's container, oldest line first; none when there is no such deployment.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="name">The deployment.</param>
    /// <param name="container"><c>StorageInitializer</c>; any other word is the server.</param>
    public IReadOnlyList<string> LogLines(string endpoint, string name, string? container) => (Find(endpoint, name), container) switch
    {
        (null, _) => [],
        ({ } deployment, "StorageInitializer") => Lines(deployment.StorageInitializerLog),
        ({ } deployment, _) => [.. Lines(deployment.InferenceServerLog), .. _requests.Lines(endpoint, deployment.Name)],
    };

    /// <summary>GET skus: the range that the deployment can scale in.</summary>
    public Task ListSkusAsync(HttpContext context)
    {
        _ = FromRoute(context);
        var sku = new JsonObject
        {
            ["resourceType"] = "Microsoft.MachineLearning.Services/endpoints/deployments",
            ["sku"] = new JsonObject { ["name"] = "Default", ["tier"] = "Standard" },
            ["capacity"] = new JsonObject { ["minimum"] = 1, ["maximum"] = DeploymentBody.MostInstances, ["default"] = 1, ["scaleType"] = "Manual" },
        };
        return ArmResponse.WritePageAsync(context, [sku]);
    }

    private (StoredEndpoint Endpoint, StoredDeployment Deployment) FromRoute(HttpContext context)
    {
        var endpoint = _endpoints.FromRoute(context);
        var name = NameFrom(context);
        return (endpoint, Find(endpoint.Name, name) ?? throw ArmException.NotFound(
            $"{WorkspaceScope.WorkspaceType}/{WorkspaceNames.Workspace}/{OnlineEndpoints.Type}/{endpoint.Name}/deployments", name));
    }

    private async Task<ArmError?> FinishPutAsync(StoredOperation operation, CancellationToken cancellationToken)
    {
        if (ChangedBy(operation) is not { } accepted)
        {
            return null;
        }

        var start = _faults.Hit(operation) is { } fault
            ? new ContainerStart(new ArmError(fault.Code, fault.Message), fault.StorageInitializerLog, fault.InferenceServerLog)
            : await _flows.StartAsync(accepted, cancellationToken).ConfigureAwait(false);
        lock (_store.Gate)
        {
            if (ChangedBy(operation) is { } deployment)
            {
                deployment.Properties["provisioningState"] = start.Error is null ? "Succeeded" : "Failed";
                _requests.Forget(operation.Endpoint, operation.Deployment!);
                _store.Put(StoredDeployment.KeyOf(operation.Endpoint, operation.Deployment!), deployment with
                {
                    Operation = null,
                    StorageInitializerLog = start.StorageInitializerLog,
                    InferenceServerLog = start.InferenceServerLog,
                    Previous = start.Error is null ? null : deployment.Previous,
                });
            }
        }

        return start.Error;
    }

    private Task<ArmError?> FinishDelete(StoredOperation operation, CancellationToken cancellationToken)
    {
        lock (_store.Gate)
        {
            if (ChangedBy(operation) is not { } deployment)
            {
                return Task.FromResult<ArmError?>(null);
            }

            var key = StoredDeployment.KeyOf(operation.Endpoint, operation.Deployment!);
            if (_faults.Hit(operation) is not { } fault)
            {
                _store.Delete(key);
                return Task.FromResult<ArmError?>(null);
            }

            // What was not deleted stays as it was: a deployment that had failed runs something else than it shows, or nothing.
            deployment.Properties["provisioningState"] = "Succeeded";
            if (!JsonNode.DeepEquals(deployment.Resource, deployment.Previous))
            {
                deployment.Properties["provisioningState"] = "Failed";
            }

            _store.Put(key, deployment with { Operation = null });
            return Task.FromResult<ArmError?>(new ArmError(fault.Code, fault.Message));
        }
    }

    // Null when something else has been done to the deployment since: a killed process may have carried the operation out already.
    private StoredDeployment? ChangedBy(StoredOperation operation) =>
        Find(operation.Endpoint, operation.Deployment!) is { } deployment && deployment.Operation == operation.Id ? deployment : null;

    private static string[] Lines(string log) => log.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string NameFrom(HttpContext context) => context.Request.RouteValues["deployment"]!.ToString()!;
}
