using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.State;
using Microsoft.AspNetCore.Http.Features;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>
/// The page at the root of the scoring address: a person looks at the endpoints and calls them. Whoever looks has opened a one-time link; the
/// page calls endpoints through its own route, so neither their keys nor the workspace's token reach the browser.
/// </summary>
internal sealed class PageRoutes(
    PageSessions sessions, OnlineEndpoints endpoints, OnlineDeployments deployments, ServedFlows flows, Assets models, ScoringGateway gateway,
    RequestLog requests, ResourceStore store, WorkspaceIdentity identity)
{
    private const string LinksPath = "/local/links";
    private const string Folder = "/page";
    private const string Header = "x-flowbuild-page";
    private const int LargestCall = 32 * 1024 * 1024;

    // A burst of changes is one.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly WorkspaceOverview _overview = new(endpoints, deployments);

    /// <summary>Whether a request is for the page.</summary>
    public static bool IsPage(HttpContext context) =>
        !context.Request.IsHttps && (context.Request.Path == "/" || context.Request.Path.StartsWithSegments(Folder, StringComparison.Ordinal));

    /// <summary>Whether a request only looks on; a page that is left open must not keep the workspace from being idle.</summary>
    public static bool IsLook(HttpRequest request) => !request.IsHttps && request.Path.Value is { } path
        && path.StartsWith(Folder + "/api/", StringComparison.Ordinal)
        && (path.EndsWith("/live", StringComparison.Ordinal) || path.EndsWith("/log", StringComparison.Ordinal));

    /// <summary>Maps the route of the control plane that gives a link.</summary>
    public void Map(IEndpointRouteBuilder routes, ArmGate gate) => routes.MapPost(LinksPath, gate.GuardOwn(context =>
        ArmResponse.WriteAsync(context, 201, new JsonObject
        {
            ["link"] = $"http://127.0.0.1:{identity.ScoringPort}{Folder}/open/{sessions.CreateLink()}",
            ["expiresInSeconds"] = (int)PageSessions.LinkLifetime.TotalSeconds,
        })));

    /// <summary>Answers a request for the page.</summary>
    public Task HandleAsync(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        var path = context.Request.Path.Value!;

        // The server keeps the body from whoever asks for the head only.
        var method = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method;
        return (method, path.Split('/')) switch
        {
            ("GET", ["", ""]) => sessions.Find(CookieOf(context)) is null
                ? WriteFileAsync(context, "closed.html", 401)
                : WriteFileAsync(context, "index.html"),
            ("GET", ["", "page", "open", var link]) => OpenAsync(context, link),
            ("GET", ["", "page", var file]) when PageFiles.Find(file) is not null && !file.EndsWith(".html", StringComparison.Ordinal) => WriteFileAsync(context, file),
            (_, ["", "page", "api", .. var rest]) => CallAsync(context, rest),
            _ => RefuseAsync(context, 404, "There is nothing at this address."),
        };
    }

    // Only what this origin serves, in no frame, no text made HTML by a script, nothing told to other sites, nothing kept.
    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private async Task OpenAsync(HttpContext context, string link)
    {
        // Who asks for the head only does not look at the page: the link stays good for the browser.
        if (HttpMethods.IsHead(context.Request.Method) && sessions.IsGood(link))
        {
            context.Response.ContentType = PageFiles.TypeOf("open.html");
            return;
        }

        if (HttpMethods.IsHead(context.Request.Method) || sessions.Redeem(link) is not { } session)
        {
            await WriteFileAsync(context, "used.html", 403).ConfigureAwait(false);
            return;
        }

        // Not Secure: the address is plain http on loopback.
        context.Response.Cookies.Append(CookieName, session.Cookie, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
        var page = Encoding.UTF8.GetString(PageFiles.Find("open.html")!).Replace("{header}", session.Header, StringComparison.Ordinal);
        context.Response.ContentType = PageFiles.TypeOf("open.html");
        await context.Response.WriteAsync(page, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task CallAsync(HttpContext context, string[] path)
    {
        if (!IsAllowed(context))
        {
            await RefuseAsync(context, 401, "The page has no session.").ConfigureAwait(false);
            return;
        }

        switch (context.Request.Method, path)
        {
            case ("GET", ["live"]):
                await WatchAsync(context, [store.Changes], () => _overview.Describe().ToJsonString()).ConfigureAwait(false);
                break;
            case ("POST", ["endpoints", var endpoint, "score"]):
                await gateway.ScoreAsync(context, endpoint).ConfigureAwait(false);
                break;
            case (_, ["endpoints", var endpoint, "deployments", var name, .. var rest]) when deployments.Find(endpoint, name) is { } deployment:
                await CallAsync(context, endpoint, deployment, rest).ConfigureAwait(false);
                break;
            default:
                await RefuseAsync(context, 404, "There is no such endpoint or deployment.").ConfigureAwait(false);
                break;
        }
    }

    private async Task CallAsync(HttpContext context, string endpoint, StoredDeployment deployment, string[] path)
    {
        switch (context.Request.Method, path)
        {
            case ("GET", ["log"]):
                var container = context.Request.Query["container"].ToString();
                await WatchAsync(
                    context, [store.Changes, requests.Changes],
                    () => JsonSerializer.Serialize(deployments.LogLines(endpoint, deployment.Name, container))).ConfigureAwait(false);
                break;
            case ("GET", ["flow"]) when await FindAsync(context, deployment).ConfigureAwait(false) is { } flow:
                await ArmResponse.WriteAsync(context, 200, flow.Describe()).ConfigureAwait(false);
                break;
            case ("POST", ["csharp"]) when await FindAsync(context, deployment).ConfigureAwait(false) is { } flow:
                await WriteCallAsync(context, flow).ConfigureAwait(false);
                break;
            default:
                await RefuseAsync(context, 404, "The deployment serves no flow.").ConfigureAwait(false);
                break;
        }
    }

    // The cookie says who it is. The header proves that it is this page: a form cannot send it, and browsers keep it from other ports. What
    // changes anything says its origin, which is this one: the guard in front has refused others.
    private bool IsAllowed(HttpContext context) =>
        sessions.Find(CookieOf(context)) is { } session
        && BearerToken.AreEqual(context.Request.Headers[Header].ToString(), session.Header)
        && (HttpMethods.IsGet(context.Request.Method) || context.Request.Headers.Origin.Count == 1);

    private async Task<DeployedFlow?> FindAsync(HttpContext context, StoredDeployment deployment)
    {
        if (deployment.Running is not { } running || await flows.FindAsync(running, context.RequestAborted).ConfigureAwait(false) is not { } flow)
        {
            return null;
        }

        return new DeployedFlow(flow, running.Properties.Text("model") is { } id ? models.FindById(id) : null);
    }

    private static async Task WriteCallAsync(HttpContext context, DeployedFlow flow)
    {
        if (context.Request.ContentLength is null or > LargestCall)
        {
            await RefuseAsync(context, 413, "The request is too large.").ConfigureAwait(false);
            return;
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = LargestCall;

        try
        {
            using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            if (request.RootElement.ValueKind == JsonValueKind.Object)
            {
                context.Response.ContentType = "text/plain; charset=utf-8";
                var call = flow.WriteCall(request.RootElement, context.Request.Query["stream"] == "true");
                await context.Response.WriteAsync(call, context.RequestAborted).ConfigureAwait(false);
                return;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        await RefuseAsync(context, 400, "The request is no JSON object.").ConfigureAwait(false);
    }

    // Sends a value as it is now, and again whenever it has changed, until the page goes or the workspace stops.
    private static async Task WatchAsync(HttpContext context, IReadOnlyList<ChangeSignal> signals, Func<string> read)
    {
        var lifetime = context.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        string? sent = null;
        try
        {
            while (true)
            {
                var change = Task.WhenAny(signals.Select(static signal => signal.Next));
                var now = read();
                if (now != sent)
                {
                    await context.Response.WriteAsync($"data: {now}\n\n", end.Token).ConfigureAwait(false);
                    await context.Response.Body.FlushAsync(end.Token).ConfigureAwait(false);
                    sent = now;
                }

                await change.WaitAsync(end.Token).ConfigureAwait(false);
                await Task.Delay(Pause, end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody looks any more.
        }
    }

    private string CookieName => $"flowbuild-page-{identity.ScoringPort}";

    private string CookieOf(HttpContext context) => context.Request.Cookies[CookieName] ?? "";

    private static async Task WriteFileAsync(HttpContext context, string name, int status = 200)
    {
        var content = PageFiles.Find(name)!;
        context.Response.StatusCode = status;
        context.Response.ContentType = PageFiles.TypeOf(name);
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, int status, string message) => ScoringGateway.RefuseAsync(
        context, status, status switch { 401 => "Unauthorized", 404 => "NotFound", 413 => "PayloadTooLarge", _ => "BadRequest" }, message);
}
