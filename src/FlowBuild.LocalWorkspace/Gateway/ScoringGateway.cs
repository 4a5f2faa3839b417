using System.Globalization;
using System.Text;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.Scoring;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>
/// What stands before an endpoint's containers: authentication, the choice of a deployment, and the statuses of its own. A container's
/// error goes through with status 424, its own status in a header.
/// </summary>
internal sealed class ScoringGateway(OnlineEndpoints endpoints, OnlineDeployments deployments, ServedFlows flows, WorkspaceLog log)
{
    private const int LargestBody = 32 * 1024 * 1024;
    private const string PinHeader = "azureml-model-deployment";
    private readonly TrafficSplit _split = new();

    /// <summary>Answers <c>/endpoints/{endpoint}/{path of the container}</c>.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.TraceIdentifier = Guid.NewGuid().ToString();
        context.Response.Headers["x-request-id"] = context.TraceIdentifier;
        if (context.Request.Headers["x-ms-client-request-id"].FirstOrDefault() is { } clientId)
        {
            context.Response.Headers["x-ms-client-request-id"] = new string([.. clientId.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(40)]);
        }

        try
        {
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Response.HasStarted)
        {
            log.Write($"scoring {context.Request.Path} failed: {e}");
            await RefuseAsync(context, 500, "InternalServerError", "The local workspace could not answer; its workspace.log says why.").ConfigureAwait(false);
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/', 4);
        if (parts is not ["", "endpoints", { Length: > 0 } name, var path] || endpoints.Find(name) is not { } endpoint)
        {
            await RefuseAsync(context, 404, "NotFound", "There is no such endpoint.").ConfigureAwait(false);
            return;
        }

        if (!IsAllowed(context.Request, endpoint))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, 401, "Unauthorized", "The key is missing or not one of the endpoint's.").ConfigureAwait(false);
            return;
        }

        var pinned = context.Request.Headers[PinHeader].FirstOrDefault();
        var chosen = pinned ?? _split.Next(endpoint.Name, endpoint.Traffic);
        if (chosen is null || deployments.Find(endpoint.Name, chosen) is not { } deployment)
        {
            await RefuseAsync(
                context, 404, "NotFound", chosen is null ? "No deployment of the endpoint has traffic." : "The deployment that the request names does not exist.").ConfigureAwait(false);
            return;
        }

        context.Response.Headers[PinHeader] = deployment.Name;
        var flow = deployment.State == "Failed" ? null : await flows.FindAsync(deployment, context.RequestAborted).ConfigureAwait(false);
        if (flow is null)
        {
            context.Response.Headers["ms-azureml-model-error-reason"] = "model_not_ready";
            context.Response.Headers["ms-azureml-model-error-statuscode"] = "503";
            await RefuseAsync(context, 424, "ModelNotReady", "The deployment's container is not ready.").ConfigureAwait(false);
            return;
        }

        await AnswerAsync(context, flow, path).ConfigureAwait(false);
    }

    private static bool IsAllowed(HttpRequest request, StoredEndpoint endpoint)
    {
        if (BearerToken.From(request) is not { } given)
        {
            return false;
        }

        // Both are always compared, so that time does not tell which one was close.
        var isPrimary = BearerToken.AreEqual(given, endpoint.PrimaryKey);
        var isSecondary = BearerToken.AreEqual(given, endpoint.SecondaryKey);
        return endpoint.Properties.Text("authMode") == "Key" && (isPrimary || isSecondary);
    }

    private static async Task AnswerAsync(HttpContext context, ServedFlow flow, string path)
    {
        var request = context.Request;
        if (request.ContentLength > LargestBody)
        {
            await RefuseAsync(context, 413, "PayloadTooLarge", "The request is too large.").ConfigureAwait(false);
            return;
        }

        using var reader = new StreamReader(request.Body, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false);
        var body = await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        var answer = FlowServer.Answer(flow, request.Method, path, request.Host.Value ?? "", request.Headers.Accept.ToString(), body);
        var response = context.Response;
        response.ContentType = answer.ContentType;
        response.StatusCode = answer.Status;
        if (answer.Status >= 400)
        {
            response.StatusCode = 424;
            response.Headers["ms-azureml-model-error-statuscode"] = answer.Status.ToString(CultureInfo.InvariantCulture);
            response.Headers["ms-azureml-model-error-reason"] = "model_error";
        }

        if (answer.Origin is AnswerOrigin.Recorded or AnswerOrigin.MadeUp)
        {
            response.Headers["x-flowbuild-answer"] = answer.Origin == AnswerOrigin.Recorded ? "recorded" : "made-up";
        }

        foreach (var (header, value) in answer.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[header] = value;
        }

        foreach (var piece in answer.Events ?? [answer.Body!])
        {
            await response.WriteAsync(piece, context.RequestAborted).ConfigureAwait(false);
            await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync($"{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}", context.RequestAborted);
    }
}
