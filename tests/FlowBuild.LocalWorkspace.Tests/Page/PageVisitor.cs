using System.Net;
using System.Text.RegularExpressions;

namespace FlowBuild.LocalWorkspace.Tests.Page;

/// <summary>A program that does with the page what a browser does, or what a browser must not.</summary>
public sealed partial class PageVisitor(RunningWorkspace workspace) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = workspace.Host.Scoring };

    /// <summary>The cookie, or null before the link has been opened.</summary>
    public string? Cookie { get; set; }

    /// <summary>What the page's scripts send as a header.</summary>
    public string? Header { get; set; }

    /// <summary>A new link of the workspace.</summary>
    public static async Task<Uri> LinkAsync(RunningWorkspace workspace)
    {
        var answer = await workspace.SendAsync(HttpMethod.Post, "/local/links", null, "");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return new Uri(answer.Body!["link"]!.GetValue<string>());
    }

    /// <summary>A visitor that has opened a link.</summary>
    public static async Task<PageVisitor> SignInAsync(RunningWorkspace workspace)
    {
        var visitor = new PageVisitor(workspace);
        using var answer = await visitor.SendAsync(HttpMethod.Get, (await LinkAsync(workspace)).PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        visitor.Cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
        visitor.Header = HeaderMeta().Match(await answer.Content.ReadAsStringAsync()).Groups[1].Value;
        return visitor;
    }

    /// <summary>Sends a request with the visitor's cookie and header, as a script of the page does.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, string? origin = "own", string? host = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (Cookie is not null)
        {
            request.Headers.Add("Cookie", Cookie);
        }

        if (Header is not null)
        {
            request.Headers.Add("x-flowbuild-page", Header);
        }

        if (origin is not null && method != HttpMethod.Get)
        {
            request.Headers.Add("Origin", origin == "own" ? workspace.Host.Scoring.GetLeftPart(UriPartial.Authority) : origin);
        }

        request.Headers.Host = host;
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("<meta name=\"flowbuild-page\" content=\"([^\"]+)\">")]
    private static partial Regex HeaderMeta();
}
