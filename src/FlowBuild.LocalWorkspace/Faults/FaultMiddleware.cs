using System.Diagnostics;
using System.Globalization;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Faults;

/// <summary>How long a container is to take for a request.</summary>
/// <param name="Time">The time.</param>
internal sealed record ContainerDelay(TimeSpan Time);

/// <summary>Lets faults happen to calls.</summary>
internal sealed class FaultMiddleware(FaultBox faults)
{
    /// <summary>Lets a call pass, or not.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        // Paths match as they were sent, and never the routes that turn faults on and off.
        var target = $"{context.Request.Path}{context.Request.QueryString}";
        var fault = context.Request.Path.StartsWithSegments("/local", StringComparison.Ordinal) ? null : faults.Hit(context.Request.Method, target);
        switch (fault)
        {
            case null:
                await next(context).ConfigureAwait(false);
                break;
            case { Action: FaultAction.Fail }:
                await AnswerAsync(context, fault.Status, fault.Code, fault.Message).ConfigureAwait(false);
                break;
            case { Action: FaultAction.Throttle }:
                context.Response.Headers.RetryAfter = ((int)fault.Seconds).ToString(CultureInfo.InvariantCulture);
                var isStorage = IsStorage(context.Request);
                await AnswerAsync(context, isStorage ? 503 : 429, isStorage ? "ServerBusy" : "TooManyRequests", "The request is being throttled.").ConfigureAwait(false);
                break;
            case { Action: FaultAction.Delay } when !context.Request.IsHttps:
                context.Features.Set(new ContainerDelay(TimeSpan.FromSeconds(fault.Seconds)));
                await next(context).ConfigureAwait(false);
                break;
            case { Action: FaultAction.Delay }:
                await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), context.RequestAborted).ConfigureAwait(false);
                await next(context).ConfigureAwait(false);
                break;
            default:
                if (fault.Phase == FaultPhase.After)
                {
                    // The work is done, the answer goes nowhere.
                    context.Response.Body = Stream.Null;
                    await next(context).ConfigureAwait(false);
                }

                if (fault.Action == FaultAction.Kill)
                {
                    using var process = Process.GetCurrentProcess();
                    process.Kill();
                }

                context.Abort();
                break;
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string code, string message) => context.Request switch
    {
        { IsHttps: false } => ScoringGateway.RefuseAsync(context, status, code, message),
        var request when IsStorage(request) => BlobRoutes.WriteErrorAsync(context, status, code, message),
        _ => ArmResponse.WriteErrorAsync(context, status, new ArmError(code, message)),
    };

    private static bool IsStorage(HttpRequest request) => request.Path.StartsWithSegments("/" + WorkspaceNames.StorageAccount, StringComparison.Ordinal);
}
