using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Does the rest of an operation once its time has come. Must be safe to repeat: a killed process starts it again.</summary>
/// <returns>Why it failed, or null.</returns>
internal delegate Task<ArmError?> OperationBody(StoredOperation operation, CancellationToken cancellationToken);

/// <summary>
/// Long-running operations: accepted durably, carried out in the background, taken up again after a restart.
/// </summary>
internal sealed class Operations(
    ResourceStore store, WorkspaceScope scope, LocalWorkspaceOptions options, Activity activity, WorkspaceLog log) : IAsyncDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);
    private readonly Dictionary<OperationKind, OperationBody> _bodies = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly object _gate = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>Says what operations of a kind do.</summary>
    public void Define(OperationKind kind, OperationBody body) => _bodies.Add(kind, body);

    /// <summary>Takes up what a stopped or killed process left, and forgets what nobody asks for any more.</summary>
    public void Resume()
    {
        foreach (var operation in store.List<StoredOperation>(StoredOperation.Prefix))
        {
            if (operation.Status == StoredOperation.InProgress)
            {
                Run(operation);
            }
            else if (operation.EndTime < DateTimeOffset.UtcNow - Kept)
            {
                store.Delete(operation.Key);
            }
        }
    }

    /// <summary>Records an operation. It does nothing until <see cref="Run"/>: the resource that it changes is stored in between.</summary>
    public StoredOperation Accept(OperationKind kind, string endpoint, string? deployment = null)
    {
        var operation = new StoredOperation(Guid.NewGuid(), kind, endpoint, deployment, StoredOperation.InProgress, DateTimeOffset.UtcNow, null, null);
        store.Put(operation.Key, operation);
        return operation;
    }

    /// <summary>Carries an operation out in the background.</summary>
    public void Run(StoredOperation operation)
    {
        activity.Begin();
        var task = CompleteAsync(operation);
        lock (_gate)
        {
            _running.Add(task);
        }

        _ = task.ContinueWith(
            ended =>
            {
                lock (_gate)
                {
                    _running.Remove(ended);
                }

                activity.End();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>The operation with an id, or null.</summary>
    public StoredOperation? Find(Guid id) => store.Find<StoredOperation>(StoredOperation.KeyOf(id));

    /// <summary>Whether an operation is still running.</summary>
    public bool IsRunning(Guid? id) => id is { } value && Find(value)?.Status == StoredOperation.InProgress;

    /// <summary>Where the status of an operation can be asked.</summary>
    public string StatusUri(StoredOperation operation, string apiVersion) => Uri("mfeOperationsStatus", operation, apiVersion);

    /// <summary>Where the result of an operation can be asked.</summary>
    public string ResultUri(StoredOperation operation, string apiVersion) => Uri("mfeOperationResults", operation, apiVersion);

    /// <summary>Sets the headers that a client polls by: the status of a created resource, or the result of everything else.</summary>
    public void SetHeaders(HttpContext context, StoredOperation operation, bool isCreate)
    {
        var apiVersion = context.Request.Query["api-version"].ToString();
        if (isCreate)
        {
            context.Response.Headers["Azure-AsyncOperation"] = StatusUri(operation, apiVersion);
        }
        else
        {
            context.Response.Headers.Location = ResultUri(operation, apiVersion);
            SetRetryAfter(context);
        }

        context.Response.Headers["x-ms-async-operation-timeout"] = "PT1H";
    }

    /// <summary>Answers a poll of an operation's status.</summary>
    public Task GetStatusAsync(HttpContext context)
    {
        var operation = FromRoute(context);
        var body = new JsonObject
        {
            ["id"] = context.Request.Path.Value,
            ["name"] = context.Request.RouteValues["operation"]!.ToString(),
            ["status"] = operation.Status,
            ["startTime"] = operation.StartTime,
            ["percentComplete"] = operation.Status == StoredOperation.InProgress ? 50 : 100,
        };
        if (operation.EndTime is { } end)
        {
            body["endTime"] = end;
        }
        else
        {
            SetRetryAfter(context);
        }

        if (operation.Error is { } error)
        {
            body["error"] = ArmResponse.ToJson(error);
        }

        return ArmResponse.WriteAsync(context, 200, body);
    }

    /// <summary>Answers a poll of an operation's result: 202 until it has ended.</summary>
    public Task GetResultAsync(HttpContext context)
    {
        var operation = FromRoute(context);
        if (operation.Error is { } error)
        {
            return ArmResponse.WriteErrorAsync(context, 400, error);
        }

        if (operation.Status == StoredOperation.InProgress)
        {
            context.Response.StatusCode = 202;
            SetHeaders(context, operation, isCreate: false);
        }
        else
        {
            context.Response.StatusCode = 200;
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets running operations go; the next start takes them up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task CompleteAsync(StoredOperation operation)
    {
        try
        {
            await Task.Delay(options.ProvisioningTime, _stopping.Token).ConfigureAwait(false);
            ArmError? error;
            try
            {
                error = await _bodies[operation.Kind](operation, _stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.Write($"operation {operation.Kind} {operation.Endpoint}/{operation.Deployment} failed: {e}");
                error = new ArmError("InternalServerError", "The local workspace could not carry out the operation; its workspace.log says why.");
            }

            store.Put(operation.Key, operation with
            {
                Status = error is null ? StoredOperation.Succeeded : StoredOperation.Failed,
                EndTime = DateTimeOffset.UtcNow,
                Error = error,
            });
            log.Write($"operation {operation.Kind} {operation.Endpoint}/{operation.Deployment}: {error?.Code ?? "Succeeded"}");
        }
        catch (OperationCanceledException)
        {
            // The process stops; the operation stays as it was accepted.
        }
        catch (IOException e)
        {
            // Nor can its failure be stored; the next start takes it up again.
            log.Write($"operation {operation.Kind} {operation.Endpoint}/{operation.Deployment} could not be stored: {e.Message}");
        }
    }

    private StoredOperation FromRoute(HttpContext context)
    {
        var id = context.Request.RouteValues["operation"]!.ToString()!.Split(':')[^1];
        return Guid.TryParse(id, out var guid) && Find(guid) is { } operation
            ? operation
            : throw new ArmException(404, new ArmError("OperationNotFound", $"The operation '{id}' does not exist."));
    }

    private void SetRetryAfter(HttpContext context) =>
        context.Response.Headers.RetryAfter = ((int)options.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private string Uri(string collection, StoredOperation operation, string apiVersion)
    {
        var prefix = operation.Deployment is null ? "oeidp" : "odidp";
        return $"{scope.ControlPlane}/subscriptions/{scope.SubscriptionId}/providers/{WorkspaceNames.Provider}/locations/{WorkspaceNames.Location}"
            + $"/{collection}/{prefix}:{scope.WorkspaceId}:{operation.Id}?api-version={System.Uri.EscapeDataString(apiVersion)}";
    }
}
