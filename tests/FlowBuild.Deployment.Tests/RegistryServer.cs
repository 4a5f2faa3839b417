using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests;

/// <summary>A container registry behind TLS that holds one image, and gives its tokens anonymously or, as Azure's does, in exchange.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    public const string Image = "flows/basic-chat:1";
    public const string RefreshToken = "refresh-token-of-the-registry";
    public const string PullToken = "pull-token-of-the-registry";

    private readonly WebApplication _server;

    private RegistryServer(WebApplication server, X509Certificate2 certificate)
    {
        (_server, Certificate) = (server, certificate);
        server.MapMethods("/v2/{**path}", ["GET", "HEAD"], AnswerManifest);
        server.MapGet("/token", GiveAnonymously);
        server.MapPost("/oauth2/exchange", (Delegate)ExchangeAsync);
        server.MapPost("/oauth2/token", (Delegate)GiveAsync);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Host and port, as they stand in the name of an image.</summary>
    public string Host => new Uri(_server.Urls.Single()).Authority;

    /// <summary>The identity that may have a token in exchange; null: everybody gets one anonymously.</summary>
    public string? Identity { get; set; }

    /// <summary>Gives nobody a token.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Is no registry at all.</summary>
    public bool IsWebSite { get; set; }

    /// <summary>What it gives as a token instead, word for word.</summary>
    public string? TokenAnswer { get; set; }

    /// <summary>What was asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<RegistryServer> StartAsync()
    {
        var certificate = LoopbackTls.CreateCertificate("registry");
        var server = new RegistryServer(LoopbackTls.CreateBuilder(certificate).Build(), certificate);
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Certificate.Dispose();
    }

    private IResult AnswerManifest(HttpContext context, string path)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        Asked.Enqueue($"{context.Request.Method} {path} with {(authorization.Length == 0 ? "nothing" : authorization)}");
        if (IsWebSite)
        {
            return Results.Text("<h1>Not here</h1>", "text/html", statusCode: 404);
        }

        if (authorization != $"Bearer {PullToken}")
        {
            context.Response.Headers.WWWAuthenticate =
                $"Bearer realm=\"https://{Host}/token\",service=\"{Host}\",scope=\"repository:{path.Split("/manifests/")[0]}:pull\"";
            return Error(401, "UNAUTHORIZED");
        }

        return path == Image.Replace(":", "/manifests/", StringComparison.Ordinal) ? Results.Text("{}", "application/vnd.oci.image.index.v1+json") : Error(404, "MANIFEST_UNKNOWN");
    }

    private IResult GiveAnonymously(HttpContext context)
    {
        Asked.Enqueue($"token for {context.Request.Query["scope"]} of {context.Request.Query["service"]} with {(context.Request.Headers.Authorization.Count == 0 ? "nothing" : "something")}");
        return TokenAnswer is not null ? Results.Text(TokenAnswer, "application/json")
            : IsClosed || Identity is not null ? Error(401, "UNAUTHORIZED") : Results.Json(new { token = PullToken });
    }

    private async Task<IResult> ExchangeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(TestContext.Current.CancellationToken);
        Asked.Enqueue($"exchange of {form["grant_type"]} for {form["service"]}");
        return !IsClosed && form["access_token"] == Identity && form["service"] == Host ? Results.Json(new { refresh_token = RefreshToken }) : Error(401, "UNAUTHORIZED");
    }

    private async Task<IResult> GiveAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(TestContext.Current.CancellationToken);
        Asked.Enqueue($"{form["grant_type"]} for {form["scope"]}");
        return form["refresh_token"] == RefreshToken ? Results.Json(new { access_token = PullToken }) : Error(401, "UNAUTHORIZED");
    }

    private static IResult Error(int status, string code) => Results.Json(new { errors = new[] { new { code, message = "no" } } }, statusCode: status);
}
