using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>What ARM asks of every request before a resource provider sees it, and how it answers what goes wrong behind it.</summary>
internal sealed class ArmGate(WorkspaceIdentity identity, FaultBox faults, WorkspaceLog log)
{
    /// <summary>The stable api-versions that have all of the resources.</summary>
    public static IReadOnlyList<string> ApiVersions { get; } =
    [
        "2024-10-01", "2025-04-01", "2025-06-01", "2025-09-01", "2025-12-01", "2026-03-01", "2026-05-01", "2026-07-01", "2026-09-01",
        "2022-05-01", "2022-10-01", "2023-04-01", "2023-10-01", "2024-04-01",
    ];

    /// <summary>Wraps a handler that needs an api-version of the machine learning service.</summary>
    public RequestDelegate Guard(RequestDelegate handler) => context => RunAsync(context, ApiVersions, handler);

    /// <summary>Wraps a handler of another provider, which takes any api-version.</summary>
    public RequestDelegate GuardAnyVersion(RequestDelegate handler) => context => RunAsync(context, null, handler);

    /// <summary>Wraps one of the workspace's own routes: the token, and nothing of ARM.</summary>
    public RequestDelegate GuardOwn(RequestDelegate handler) => async context =>
    {
        if (!BearerToken.Matches(context.Request, identity.Token))
        {
            await RefuseTokenAsync(context).ConfigureAwait(false);
            return;
        }

        await handler(context).ConfigureAwait(false);
    };

    private async Task RunAsync(HttpContext context, IReadOnlyList<string>? versions, RequestDelegate handler)
    {
        context.TraceIdentifier = Guid.NewGuid().ToString();
        var headers = context.Response.Headers;
        headers["x-ms-request-id"] = context.TraceIdentifier;
        headers["x-ms-correlation-request-id"] = context.TraceIdentifier;
        headers.CacheControl = "no-cache";
        if (HeaderText.Plain(context.Request.Headers["x-ms-client-request-id"]) is { } clientId && context.Request.Headers["x-ms-return-client-request-id"] == "true")
        {
            headers["x-ms-client-request-id"] = clientId;
        }

        if (!BearerToken.Matches(context.Request, identity.Token))
        {
            await RefuseTokenAsync(context).ConfigureAwait(false);
            return;
        }

        try
        {
            CheckVersion(context, versions);
            if (HttpMethods.IsGet(context.Request.Method) && faults.FindElsewhere(identity.SubscriptionId, context.Request.Path.Value!) is { } elsewhere)
            {
                CheckRoles(context);
                await OnlineEndpoints.GetElsewhereAsync(context, elsewhere).ConfigureAwait(false);
                return;
            }

            CheckScope(context);
            CheckRoles(context);
            await handler(context).ConfigureAwait(false);
        }
        catch (ArmException e)
        {
            await ArmResponse.WriteErrorAsync(context, e.Status, e.Error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await ArmResponse.WriteErrorAsync(context, e.StatusCode, new ArmError("InvalidRequestContent", e.Message)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Response.HasStarted)
        {
            log.Write($"{context.Request.Method} {context.Request.Path} failed: {e}");
            var error = new ArmError("InternalServerError", "The local workspace could not answer; its workspace.log says why.");
            await ArmResponse.WriteErrorAsync(context, 500, error).ConfigureAwait(false);
        }
    }

    private static Task RefuseTokenAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\"";
        var error = context.Request.Headers.Authorization.Count == 0
            ? new ArmError("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
            : new ArmError("InvalidAuthenticationToken", "The access token is invalid.");
        return ArmResponse.WriteErrorAsync(context, 401, error);
    }

    private static void CheckVersion(HttpContext context, IReadOnlyList<string>? versions)
    {
        var given = context.Request.Query["api-version"].ToString();
        if (given.Length == 0)
        {
            throw new ArmException(400, new ArmError(
                "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."));
        }

        if (versions is not null && !versions.Contains(given))
        {
            throw new ArmException(400, new ArmError(
                "NoRegisteredProviderFound",
                $"No registered resource provider found for location '{WorkspaceNames.Location}' and API version '{given}' for type 'workspaces'. The supported api-versions are '{string.Join(", ", versions.Order())}'. The supported locations are '{WorkspaceNames.Location}'."));
        }
    }

    private void CheckRoles(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var action = RequiredAction.Of(context.Request.Method, path);
        if (faults.Denies(action))
        {
            throw RequiredAction.Refuse(identity, action, path);
        }
    }

    private void CheckScope(HttpContext context)
    {
        var route = context.Request.RouteValues;
        if (route.TryGetValue("subscription", out var subscription) && !Guid.TryParse(subscription?.ToString(), out var id) | id != identity.SubscriptionId)
        {
            throw new ArmException(404, new ArmError("SubscriptionNotFound", $"The subscription '{subscription}' could not be found."));
        }

        if (route.TryGetValue("group", out var group) && !IsLocal(group, WorkspaceNames.ResourceGroup))
        {
            throw new ArmException(404, new ArmError("ResourceGroupNotFound", $"Resource group '{group}' could not be found."));
        }

        if (route.TryGetValue("workspace", out var workspace) && !IsLocal(workspace, WorkspaceNames.Workspace))
        {
            throw ArmException.NotFound(WorkspaceScope.WorkspaceType, workspace?.ToString() ?? "");
        }

        if (route.TryGetValue("location", out var location) && !IsLocal(location, WorkspaceNames.Location))
        {
            throw new ArmException(400, new ArmError(
                "LocationNotAvailableForResourceType", $"The provided location '{location}' is not available for resource type '{WorkspaceNames.Provider}/locations'."));
        }

        static bool IsLocal(object? given, string wanted) => string.Equals(given?.ToString(), wanted, StringComparison.OrdinalIgnoreCase);
    }
}
