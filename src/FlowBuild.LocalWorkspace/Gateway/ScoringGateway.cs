using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.Serving;
using FlowBuild.LocalWorkspace.State;
using Microsoft.AspNetCore.Http.Features;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>
/// What stands before an endpoint's containers: authentication, the choice of a deployment, and the statuses of its own. A container's
/// error goes through with status 424, its own status in a header.
/// </summary>
internal sealed class ScoringGateway(
    OnlineEndpoints endpoints, OnlineDeployments deployments, ServedFlows flows, RequestLog requests, FaultBox faults, LocalWorkspaceOptions options,
    FlowProcesses processes, WorkspaceIdentity identity, WorkspaceLog log)
{
    private const string ScoreAction = WorkspaceScope.WorkspaceType + "/onlineEndpoints/score/action";
    private const int LargestBody = 32 * 1024 * 1024;
    private const int LongestClientId = 40;
    private const string NoEndpoint = "There is no such endpoint.";
    private const string PinHeader = "azureml-model-deployment";
    private readonly TrafficSplit _split = new();
    private readonly ConcurrencyLimit _concurrency = new();

    /// <summary>Answers <c>/endpoints/{endpoint}/{path of the container}</c>.</summary>
    public Task HandleAsync(HttpContext context) => AnswerAsync(context, RouteAsync);

    /// <summary>Answers a request to <c>score</c> of somebody who has shown who he is in another way than by the endpoint's key.</summary>
    public Task ScoreAsync(HttpContext context, string endpoint) => AnswerAsync(
        context,
        _ => endpoints.Find(endpoint) is { } found ? ChooseAsync(context, found, "score") : RefuseAsync(context, 404, "NotFound", NoEndpoint));

    private async Task AnswerAsync(HttpContext context, RequestDelegate answer)
    {
        context.TraceIdentifier = Guid.NewGuid().ToString();
        context.Response.Headers["x-request-id"] = context.TraceIdentifier;
        if (context.Request.Headers["x-ms-client-request-id"].FirstOrDefault() is { } clientId)
        {
            context.Response.Headers["x-ms-client-request-id"] =
                new string([.. clientId.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(LongestClientId)]);
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = LargestBody;
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            var isLarge = e.StatusCode == StatusCodes.Status413PayloadTooLarge;
            await RefuseAsync(context, e.StatusCode, isLarge ? "PayloadTooLarge" : "BadRequest", e.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Response.HasStarted)
        {
            log.Write($"scoring {context.Request.Path} failed: {e}");
            await RefuseAsync(context, 500, "InternalServerError", "The local workspace could not answer; its workspace.log says why.").ConfigureAwait(false);
        }
    }

    /// <summary>Answers with a status of the gateway's own.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        var body = new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    /// <summary>Answers 424: the container gave none, or one that no caller can use.</summary>
    public static Task RefuseModelAsync(HttpContext context, int modelStatus, string reason, string message)
    {
        SetModelError(context.Response, modelStatus.ToString(CultureInfo.InvariantCulture), reason);
        return RefuseAsync(context, 424, "ModelError", message);
    }

    /// <summary>Turns an answer into 424, with the container's own status beside it.</summary>
    public static void SetModelError(HttpResponse response, string modelStatus, string reason)
    {
        response.StatusCode = 424;
        response.Headers["ms-azureml-model-error-statuscode"] = modelStatus;
        response.Headers["ms-azureml-model-error-reason"] = reason;
    }

    /// <summary>
    /// Ends an answer in its middle, which is how a failure shows once the status is sent. What was sent arrives: after an exception the
    /// web server closes the connection without the chunk that ends the body, where aborting would drop what is on its way.
    /// </summary>
    public static void Cut(HttpContext context, Exception cause)
    {
        if (context.Response.HasStarted)
        {
            ExceptionDispatchInfo.Throw(cause);
        }

        context.Abort();
    }

    private async Task RouteAsync(HttpContext context)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/', 4);
        if (parts is not ["", "endpoints", { Length: > 0 } name, var path] || endpoints.Find(name) is not { } endpoint)
        {
            await RefuseAsync(context, 404, "NotFound", NoEndpoint).ConfigureAwait(false);
            return;
        }

        if (!IsAllowed(context.Request, endpoint))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, 401, "Unauthorized", "The key or token is missing, expired, or not one of the endpoint's.").ConfigureAwait(false);
            return;
        }

        if (endpoint.Properties.Text("authMode") == "AADToken" && faults.Denies(ScoreAction))
        {
            await RefuseAsync(context, 403, "Forbidden", $"The caller is not allowed to {ScoreAction}.").ConfigureAwait(false);
            return;
        }

        await ChooseAsync(context, endpoint, path).ConfigureAwait(false);
    }

    private async Task ChooseAsync(HttpContext context, StoredEndpoint endpoint, string path)
    {
        var pinned = context.Request.Headers[PinHeader].FirstOrDefault();
        var chosen = pinned ?? _split.Next(endpoint.Name, endpoint.Traffic);
        if (chosen is null || deployments.Find(endpoint.Name, chosen) is not { } stored)
        {
            await RefuseAsync(
                context, 404, "NotFound",
                chosen is null ? "No deployment of the endpoint has traffic." : "The deployment that the request names does not exist.").ConfigureAwait(false);
            return;
        }

        var deployment = stored.Running ?? stored;
        context.Response.Headers[PinHeader] = deployment.Name;
        var settings = deployment.Properties.Object("requestSettings")!;
        var limit = 2L * (int)settings["maxConcurrentRequestsPerInstance"]! * (int)deployment.Resource["sku"]!["capacity"]!;
        using var place = _concurrency.Enter($"{endpoint.Name}/{deployment.Name}", limit);
        if (place is null)
        {
            await RefuseAsync(context, 429, "TooManyRequests", $"More than {limit} requests to the deployment are in flight.").ConfigureAwait(false);
        }
        else
        {
            await ForwardAsync(context, endpoint, deployment, path, XmlConvert.ToTimeSpan(settings.Text("requestTimeout")!), isPinned: pinned is not null).ConfigureAwait(false);
        }

        requests.Add(endpoint.Name, deployment.Name, context.Request.Method, path, context.Response.StatusCode, context.TraceIdentifier, isMirrored: false);
    }

    private bool IsAllowed(HttpRequest request, StoredEndpoint endpoint)
    {
        if (BearerToken.From(request) is not { } given)
        {
            return false;
        }

        switch (endpoint.Properties.Text("authMode"))
        {
            case "Key":
                // Both are always compared, so that time does not tell which one was close.
                var isPrimary = BearerToken.AreEqual(given, endpoint.PrimaryKey);
                var isSecondary = BearerToken.AreEqual(given, endpoint.SecondaryKey);
                return isPrimary || isSecondary;
            case "AMLToken":
                return EndpointTokens.IsGood(endpoint, given);
            default:
                // There is one identity here; its token stands for a token of Entra.
                return BearerToken.AreEqual(given, identity.Token);
        }
    }

    private async Task ForwardAsync(HttpContext context, StoredEndpoint endpoint, StoredDeployment deployment, string path, TimeSpan timeout, bool isPinned)
    {
        var flow = deployment.State == "Succeeded" ? await flows.FindAsync(deployment, context.RequestAborted).ConfigureAwait(false) : null;
        if (flow is null)
        {
            await RefuseModelAsync(context, 503, "model_not_ready", "The deployment's container is not ready.").ConfigureAwait(false);
            return;
        }

        var request = context.Request;
        using var received = new MemoryStream();
        await request.Body.CopyToAsync(received, context.RequestAborted).ConfigureAwait(false);
        var body = received.ToArray();
        var delay = context.Features.Get<ContainerDelay>()?.Time ?? TimeSpan.Zero;
        await Task.Delay(delay < timeout ? delay : timeout, context.RequestAborted).ConfigureAwait(false);
        if (delay >= timeout)
        {
            await RefuseAsync(context, 408, "RequestTimeout", $"The container did not answer within {timeout.TotalSeconds} seconds.").ConfigureAwait(false);
            return;
        }

        if (!isPinned)
        {
            await MirrorAsync(context, endpoint, path, body).ConfigureAwait(false);
        }

        if (!processes.Serve(flow))
        {
            await WriteAsync(context, flow.Engine, await AskAsync(context, flow, path, body).ConfigureAwait(false)).ConfigureAwait(false);
        }
        else if (await processes.FindAsync(endpoint, deployment, flow, context.RequestAborted).ConfigureAwait(false) is { } server)
        {
            context.Response.Headers["x-flowbuild-answer"] = "served";
            await FlowProxy.ForwardAsync(context, processes.Http, server, path, body, timeout).ConfigureAwait(false);
        }
        else
        {
            await RefuseModelAsync(context, 503, "model_not_ready", "The serving process did not start; the deployment's log says why.").ConfigureAwait(false);
        }
    }

    // A copy of some requests goes to the mirrored deployment; nobody waits for its answer but its log.
    private async Task MirrorAsync(HttpContext context, StoredEndpoint endpoint, string path, byte[] body)
    {
        if (endpoint.MirrorTraffic.FirstOrDefault() is not { Value: > 0 } mirror)
        {
            return;
        }

        var turn = _split.Next($"{endpoint.Name}/mirror", new Dictionary<string, int> { [mirror.Key] = mirror.Value, [""] = 100 - mirror.Value });
        if (turn == mirror.Key
            && deployments.Find(endpoint.Name, mirror.Key)?.Running is { } deployment
            && await flows.FindAsync(deployment, context.RequestAborted).ConfigureAwait(false) is { } flow)
        {
            var status = (await AskAsync(context, flow, path, body).ConfigureAwait(false)).Status;
            requests.Add(endpoint.Name, deployment.Name, context.Request.Method, path, status, context.TraceIdentifier, isMirrored: true);
        }
    }

    private static Task<ServedAnswer> AskAsync(HttpContext context, ServedFlow flow, string path, byte[] body) => FlowServer.AnswerAsync(
        flow, context.Request.Method, path, context.Request.Host.Value ?? "", context.Request.Headers.Accept.ToString(), body, context.RequestAborted);

    private async Task WriteAsync(HttpContext context, ServingEngine engine, ServedAnswer answer)
    {
        var response = context.Response;
        response.ContentType = answer.ContentType;
        response.StatusCode = answer.Status;
        if (answer is { Status: >= 400, IsRefusal: false })
        {
            SetModelError(response, answer.Status.ToString(CultureInfo.InvariantCulture), "model_error");
        }

        var origin = answer.Origin switch
        {
            AnswerOrigin.Recorded => "recorded",
            AnswerOrigin.MadeUp => "made-up",
            AnswerOrigin.Given => "given",
            _ => null,
        };
        if (origin is not null)
        {
            response.Headers["x-flowbuild-answer"] = origin;
        }

        foreach (var (header, value) in answer.IsRefusal ? [] : engine.CorsHeaders(context.Request.Headers.Origin.ToString()))
        {
            response.Headers[header] = value;
        }

        foreach (var (header, value) in answer.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[header] = value;
        }

        if (answer.Body is { } whole)
        {
            var bytes = Encoding.UTF8.GetBytes(whole);
            response.ContentLength = bytes.Length;
            await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        try
        {
            await foreach (var piece in answer.Events!.ConfigureAwait(false))
            {
                await response.WriteAsync(piece, context.RequestAborted).ConfigureAwait(false);
                await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                await Task.Delay(options.StreamInterval, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            log.Write($"a stream of {context.Request.Path} was cut: {e.GetType().Name}");
            Cut(context, e);
        }
    }
}
