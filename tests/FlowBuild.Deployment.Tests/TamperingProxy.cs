using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests;

/// <summary>A control plane that is not trusted: it passes calls on to a local workspace and changes what comes back.</summary>
internal sealed class TamperingProxy : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly BasicChat _chat;
    private readonly HttpClient _http;

    private TamperingProxy(WebApplication server, X509Certificate2 certificate, BasicChat chat)
    {
        (_server, Certificate, _chat) = (server, certificate, chat);
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetRawCertData().SequenceEqual(chat.Host.Certificate.RawData) },
        });
        server.Run(PassOnAsync);
    }

    public X509Certificate2 Certificate { get; }

    public Uri Address => new(_server.Urls.Single());

    /// <summary>Changes the JSON of an answer; the path is that of the request, with its query.</summary>
    public Func<string, string, string>? Rewrite { get; set; }

    /// <summary>Answers a call itself; false: the call is passed on.</summary>
    public Func<HttpContext, Task<bool>>? Answer { get; set; }

    /// <summary>Changes the headers of an answer.</summary>
    public Action<HttpContext>? RewriteHeaders { get; set; }

    /// <summary>Starts it in front of the workspace of a project; its deployers find the proxy in the workspace's place.</summary>
    public static async Task<TamperingProxy> StartAsync(BasicChat chat)
    {
        var certificate = LoopbackTls.CreateCertificate("control plane");
        var proxy = new TamperingProxy(LoopbackTls.CreateBuilder(certificate).Build(), certificate, chat);
        await proxy._server.StartAsync(TestContext.Current.CancellationToken);
        var file = Path.Combine(chat.StateFolder, "workspace.json");
        var state = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        state["controlPlane"] = proxy.Address.ToString();
        state["certificate"] = Convert.ToBase64String(certificate.RawData);
        await File.WriteAllTextAsync(file, state.ToJsonString(), TestContext.Current.CancellationToken);
        return proxy;
    }

    /// <summary>Changes one member of the answers to calls whose path ends with a text.</summary>
    public void Change(string pathEnd, Action<JsonObject> change) => Rewrite = (path, body) =>
    {
        if (!path.Split('?')[0].EndsWith(pathEnd, StringComparison.OrdinalIgnoreCase) || JsonNode.Parse(body) is not JsonObject json)
        {
            return body;
        }

        change(json);
        return json.ToJsonString();
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
        Certificate.Dispose();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        if (Answer is not null && await Answer(context))
        {
            return;
        }

        var target = $"{context.Request.Path}{context.Request.QueryString}";
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_chat.Host.ControlPlane, target));
        request.Content = new StreamContent(context.Request.Body);
        foreach (var header in context.Request.Headers.Where(static h => h.Key is not "Host"))
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value))
            {
                request.Content.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
            }
        }

        using var response = await _http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.Concat(response.Content.Headers).Where(static h => h.Key is not ("Transfer-Encoding" or "Content-Length")))
        {
            context.Response.Headers[header.Key] = header.Value.Select(Own).ToArray();
        }

        RewriteHeaders?.Invoke(context);
        var body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            var text = Own(Encoding.UTF8.GetString(body));
            body = Encoding.UTF8.GetBytes(Rewrite?.Invoke(target, text) ?? text);
        }

        context.Response.ContentLength = context.Request.Method == "HEAD" ? response.Content.Headers.ContentLength : response.StatusCode is System.Net.HttpStatusCode.NoContent ? null : body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // Links of the workspace lead to its own address.
    private string Own(string text) => text.Replace(_chat.Host.ControlPlane.Authority, Address.Authority, StringComparison.Ordinal);
}
