using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests;

/// <summary>
/// Where tokens come from: Microsoft Entra's token endpoint behind TLS, and the two endpoints where Azure's machines ask for the
/// token of their managed identity. It gives one token to whoever proves an identity as the real ones ask for it.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    public const string Tenant = "aaaaaaaa-0000-0000-0000-000000000001";
    public const string Client = "bbbbbbbb-0000-0000-0000-000000000002";
    public const string Secret = "secret-of-the-service-principal";
    public const string FederatedToken = "federated-token-of-the-job";
    public const string IdentityHeader = "header-of-the-app-service";

    private readonly WebApplication _server;
    private readonly string _token;

    private TokenServer(WebApplication server, X509Certificate2 certificate, string token)
    {
        (_server, Certificate, _token) = (server, certificate, token);
        server.MapPost("/{tenant}/oauth2/v2.0/token", (Delegate)GiveAsync);
        server.MapGet("/msi/token", GiveToAppService);
        server.MapGet("/metadata/identity/oauth2/token", GiveToMachine);

        // A machine that cannot prove itself by a certificate says so; 404 would be asked again and again.
        server.MapGet("/metadata/{**other}", static () => Results.StatusCode(400));
    }

    /// <summary>What the server proves itself with; a client trusts it by SSL_CERT_FILE.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The address to sign in at.</summary>
    public Uri Authority => Address("https");

    /// <summary>The address of the machine's own endpoints.</summary>
    public Uri Machine => Address("http:");

    /// <summary>How often a token is answered with 503 before it is given.</summary>
    public int Failures { get; set; }

    /// <summary>What was asked: grant, scope or resource, and how the identity was proved.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<TokenServer> StartAsync(string token)
    {
        var certificate = LoopbackTls.CreateCertificate("token server");
        var builder = LoopbackTls.CreateBuilder(certificate);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = new TokenServer(builder.Build(), certificate, token);
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Certificate.Dispose();
    }

    private Uri Address(string scheme) => new(_server.Urls.Single(u => u.StartsWith(scheme, StringComparison.Ordinal)));

    private async Task<IResult> GiveAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(TestContext.Current.CancellationToken);
        var proof = form["client_secret"] == Secret ? "secret" : form["client_assertion"] == FederatedToken ? "federated token" : "nothing";
        Asked.Enqueue($"{form["grant_type"]} for {form["scope"]} by {form["client_id"]} of {context.Request.RouteValues["tenant"]} with {proof}");
        return proof != "nothing" ? Token("expires_in", 3600) : Results.Json(
            new
            {
                error = "invalid_client",
                error_description = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.",
            },
            statusCode: 401);
    }

    private IResult GiveToAppService(HttpContext context)
    {
        Asked.Enqueue($"app service for {context.Request.Query["resource"]} by {context.Request.Query["client_id"]}");
        return context.Request.Headers["X-IDENTITY-HEADER"] == IdentityHeader ? Token("expires_on", Expiry) : Results.StatusCode(401);
    }

    private IResult GiveToMachine(HttpContext context)
    {
        Asked.Enqueue($"machine for {context.Request.Query["resource"]} by {context.Request.Query["client_id"]}");
        return context.Request.Headers["Metadata"] == "true" ? Token("expires_on", Expiry) : Results.StatusCode(400);
    }

    private IResult Token(string member, long expiry)
    {
        if (Failures > 0)
        {
            Failures--;
            return Results.StatusCode(503);
        }

        return Results.Json(new Dictionary<string, object>
        {
            ["token_type"] = "Bearer", ["access_token"] = _token, [member] = member == "expires_on" ? $"{expiry}" : expiry, ["resource"] = "any",
        });
    }

    private static long Expiry => DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
}
