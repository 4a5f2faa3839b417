using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>The routes that Azure does not have: look at the process, stop it.</summary>
internal sealed class OwnRoutes(Activity activity, TaskCompletionSource stopRequested)
{
    private const string StatusPath = "/local/status";

    /// <summary>Whether a request only looks; it must not keep the workspace from being idle.</summary>
    public static bool IsLook(HttpRequest request) => request.Path == StatusPath;

    /// <summary>Maps the routes.</summary>
    public void Map(IEndpointRouteBuilder routes, ArmGate gate)
    {
        routes.MapGet(StatusPath, gate.GuardOwn(GetStatusAsync));
        routes.MapPost("/local/stop", gate.GuardOwn(Stop));
    }

    private Task GetStatusAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, new JsonObject
    {
        ["build"] = WorkspaceFile.ThisBuild.ToString(),
        ["processId"] = Environment.ProcessId,
        ["idleSeconds"] = activity.Idle.TotalSeconds,
    });

    // Of two callers that want to replace a process, the second one must not stop what the first one has started at the same address.
    private Task Stop(HttpContext context)
    {
        if (context.Request.Query["processId"].FirstOrDefault() is { } meant && meant != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            context.Response.StatusCode = 409;
            return Task.CompletedTask;
        }

        context.Response.StatusCode = 202;
        context.Response.OnCompleted(() =>
        {
            stopRequested.TrySetResult();
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }
}
