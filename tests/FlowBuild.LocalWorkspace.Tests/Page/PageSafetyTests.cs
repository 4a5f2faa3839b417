using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests.Page;

/// <summary>What a hostile page, a guess or a stolen half of a session can do: nothing.</summary>
[Trait("Category", "Security")]
public sealed class PageSafetyTests
{
    private const string Score = "/page/api/endpoints/my-endpoint/score";

    private static readonly string[] Doors = ["/", "/page/app.js", "/page/open/x", "/page/api/live", "/page/api/endpoints/my-endpoint/deployments/blue/log"];

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:1")]
    public async Task A_foreign_host_is_refused(string host)
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);

        foreach (var door in Doors)
        {
            using var answer = await visitor.SendAsync(HttpMethod.Get, door, host: host);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:1")]
    public async Task A_foreign_origin_is_refused_even_with_a_session(string origin)
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);

        using var answer = await visitor.SendAsync(HttpMethod.Post, Score, Json("""{"question":"q"}"""), origin);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        await NothingWasScoredAsync(workspace);
    }

    [Fact]
    public async Task A_form_of_another_page_cannot_call_an_endpoint()
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        // A form sends the cookie at most, and its page's origin or none; never a header of its own.
        visitor.Header = null;

        foreach (var (origin, status) in ((string?, HttpStatusCode)[])
            [("https://evil.example", HttpStatusCode.Forbidden), (null, HttpStatusCode.Unauthorized), ("own", HttpStatusCode.Unauthorized)])
        {
            using var form = new FormUrlEncodedContent([new("question", "q")]);
            using var answer = await visitor.SendAsync(HttpMethod.Post, Score, form, origin);
            Assert.Equal(status, answer.StatusCode);
        }

        await NothingWasScoredAsync(workspace);
    }

    [Fact]
    public async Task A_call_that_does_not_say_its_origin_is_refused()
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);

        using var answer = await visitor.SendAsync(HttpMethod.Post, Score, Json("""{"question":"q"}"""), origin: null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        await NothingWasScoredAsync(workspace);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Half_a_session_opens_nothing(bool cookie, bool header)
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        using var other = await PageVisitor.SignInAsync(workspace);
        // The other half is a good one too, of another session.
        visitor.Cookie = cookie ? visitor.Cookie : other.Cookie;
        visitor.Header = header ? visitor.Header : null;

        foreach (var path in (string[])["live", "endpoints/my-endpoint/deployments/blue/flow", "endpoints/my-endpoint/deployments/blue/log"])
        {
            using var answer = await visitor.SendAsync(HttpMethod.Get, "/page/api/" + path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_guessed_link_cookie_or_header_opens_nothing()
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        var link = await PageVisitor.LinkAsync(workspace);
        foreach (var guess in (string[])["", "x", link.Segments[^1][..^1], link.Segments[^1] + "A", workspace.Host.Token])
        {
            using var answer = await visitor.SendAsync(HttpMethod.Get, "/page/open/" + guess);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }

        var (name, secret) = (visitor.Cookie!.Split('=')[0], visitor.Cookie.Split('=', 2)[1]);
        foreach (var guess in (string[])["", "x", secret[..^1], secret[..^1] + (secret[^1] == 'A' ? 'B' : 'A'), workspace.Host.Token])
        {
            visitor.Cookie = $"{name}={guess}";
            using var page = await visitor.SendAsync(HttpMethod.Get, "/");
            Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
            using var call = await visitor.SendAsync(HttpMethod.Get, "/page/api/live");
            Assert.Equal(HttpStatusCode.Unauthorized, call.StatusCode);
        }
    }

    [Fact]
    public async Task A_link_works_once()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var link = await PageVisitor.LinkAsync(workspace);
        using var visitor = new PageVisitor(workspace);

        using var first = await visitor.SendAsync(HttpMethod.Get, link.PathAndQuery);
        using var second = await visitor.SendAsync(HttpMethod.Get, link.PathAndQuery);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
        Assert.False(second.Headers.Contains("Set-Cookie"));
        Assert.Contains("dotnet build -t:OpenFlow", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_the_head_only_is_told_what_the_page_would_say_and_leaves_the_link_good()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var link = (await PageVisitor.LinkAsync(workspace)).PathAndQuery;
        using var visitor = new PageVisitor(workspace);

        using var head = await visitor.SendAsync(HttpMethod.Head, link, origin: null);
        using var again = await visitor.SendAsync(HttpMethod.Head, link, origin: null);
        using var get = await visitor.SendAsync(HttpMethod.Get, link);
        using var used = await visitor.SendAsync(HttpMethod.Head, link, origin: null);
        using var closed = await visitor.SendAsync(HttpMethod.Head, "/", origin: null);
        using var style = await visitor.SendAsync(HttpMethod.Head, "/page/style.css", origin: null);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized, HttpStatusCode.OK],
            new[] { head, again, get, used, closed, style }.Select(static answer => answer.StatusCode));
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.False(head.Headers.Contains("Set-Cookie"));
        Assert.True(get.Headers.Contains("Set-Cookie"));
        Assert.True(style.Content.Headers.ContentLength > 0);
        Assert.Empty(await style.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Only_the_workspaces_token_gives_links_and_only_on_the_control_plane()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        using var stranger = workspace.PinnedClient();

        using var unsigned = await stranger.PostAsync(new Uri(workspace.Host.ControlPlane, "/local/links"), null);
        using var scoring = await visitor.SendAsync(HttpMethod.Post, "/local/links");

        Assert.Equal(HttpStatusCode.Unauthorized, unsigned.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, scoring.StatusCode);
    }

    [Fact]
    public async Task The_cookie_is_for_no_script_and_no_other_site()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        using var visitor = new PageVisitor(workspace);

        using var answer = await visitor.SendAsync(HttpMethod.Get, (await PageVisitor.LinkAsync(workspace)).PathAndQuery);

        var parts = Assert.Single(answer.Headers.GetValues("Set-Cookie")).ToLowerInvariant().Split("; ");
        Assert.Equal($"flowbuild-page-{workspace.Host.Scoring.Port}", parts[0].Split('=')[0]);
        Assert.Equal(["httponly", "path=/", "samesite=strict"], parts.Skip(1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    [InlineData("/page/style.css")]
    [InlineData("/page/open/guess")]
    [InlineData("/page/api/endpoints/my-endpoint/deployments/blue/flow")]
    [InlineData("/page/nothing")]
    public async Task Every_answer_forbids_foreign_content_frames_and_keeping(string path)
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);

        using var answer = await visitor.SendAsync(HttpMethod.Get, path);

        var policy = Value("Content-Security-Policy").Split("; ");
        Assert.Equal("default-src 'self'", policy[0]);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("require-trusted-types-for 'script'", policy);
        Assert.DoesNotContain(policy, static part => part.Contains("unsafe", StringComparison.Ordinal) || part.Contains("http", StringComparison.Ordinal));
        Assert.Equal("nosniff", Value("X-Content-Type-Options"));
        Assert.Equal("no-referrer", Value("Referrer-Policy"));
        Assert.Equal("no-store", Value("Cache-Control"));
        Assert.Equal("same-origin", Value("Cross-Origin-Resource-Policy"));

        string Value(string name) => Assert.Single(answer.Headers.TryGetValues(name, out var values) ? values : []);
    }

    [Fact]
    public async Task No_key_and_no_token_reaches_the_page()
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        var keys = (await workspace.PostAsync("onlineEndpoints/my-endpoint/listKeys")).Body!;
        var secrets = new[] { workspace.Host.Token, keys["primaryKey"]!.GetValue<string>(), keys["secondaryKey"]!.GetValue<string>(), "hush-hush" };

        var seen = new StringBuilder();
        foreach (var path in (string[])["/", "/page/api/endpoints/my-endpoint/deployments/blue/flow"])
        {
            using var answer = await visitor.SendAsync(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            seen.Append(answer.Headers).Append(await answer.Content.ReadAsStringAsync());
        }

        foreach (var path in (string[])["/page/api/live", "/page/api/endpoints/my-endpoint/deployments/blue/log"])
        {
            using var answer = await visitor.SendAsync(HttpMethod.Get, path);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            seen.Append(await reader.ReadLineAsync());
        }

        using var scored = await visitor.SendAsync(HttpMethod.Post, Score, Json("""{"question":"q"}"""));
        Assert.Equal(HttpStatusCode.OK, scored.StatusCode);
        seen.Append(scored.Headers).Append(await scored.Content.ReadAsStringAsync());

        Assert.Contains("my-endpoint", seen.ToString(), StringComparison.Ordinal);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, seen.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_that_is_left_open_does_not_keep_the_workspace_from_stopping()
    {
        var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);
        using var live = await visitor.SendAsync(HttpMethod.Get, "/page/api/live");
        using var reader = new StreamReader(await live.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();

        var status = await workspace.SendAsync(HttpMethod.Get, "/local/status", null, "");
        Assert.True(status.Body!["idleSeconds"]!.GetValue<double>() > 0);
        await workspace.DisposeAsync();

        Assert.Equal("\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_request_is_written_as_a_call_whatever_it_holds()
    {
        await using var workspace = await DeployedAsync();
        using var visitor = await PageVisitor.SignInAsync(workspace);

        // As large as an endpoint takes it, for the sake of images.
        var large = await CallAsync($$"""{"question":"{{new string('x', 5 * 1024 * 1024)}}"}""");
        // What a script sends of half a character, where a stream was divided in it.
        var half = await CallAsync("""{"question":"\ud83d"}""");

        Assert.StartsWith("var output = await client.ScoreAsync(", large, StringComparison.Ordinal);
        Assert.StartsWith("// The generated client cannot send ", half, StringComparison.Ordinal);

        async Task<string> CallAsync(string body)
        {
            using var answer = await visitor.SendAsync(HttpMethod.Post, "/page/api/endpoints/my-endpoint/deployments/blue/csharp?stream=false", Json(body));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    private static async Task<RunningWorkspace> DeployedAsync()
    {
        var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model, ("API_SECRET", "hush-hush"));
        return workspace;
    }

    private static async Task NothingWasScoredAsync(RunningWorkspace workspace)
    {
        var log = await workspace.PostAsync("onlineEndpoints/my-endpoint/deployments/blue/getLogs", new JsonObject());
        Assert.DoesNotContain("POST /score", log.Body!["content"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
