using Azure;
using Azure.Core;
using FlowBuild.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowBuild.Client.Tests;

[Trait("Category", "Security")]
public sealed class AuthenticationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_rotates_with_the_next_call()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var key = new AzureKeyCredential("old");
        var endpoint = new FlowEndpoint(server.ScoringUri, key);

        await endpoint.HelloAsync(cancellationToken: Stop);
        key.Update("new");
        await endpoint.HelloAsync(cancellationToken: Stop);

        Assert.Equal(["Bearer old", "Bearer new"], server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_token_is_fetched_once_with_the_scope_of_Azure_ML_however_many_calls_wait_for_it()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var credential = new CountingCredential(TimeSpan.FromHours(1));
        var endpoint = new FlowEndpoint(server.ScoringUri, credential);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => endpoint.HelloAsync(cancellationToken: Stop)));

        Assert.Equal(1, credential.Count);
        Assert.Equal(["https://ml.azure.com/.default"], credential.Scopes);
        Assert.All(server.Requests, request => Assert.Equal("Bearer token-1", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_token_that_has_expired_is_fetched_again()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var credential = new CountingCredential(TimeSpan.FromHours(-1));
        var endpoint = new FlowEndpoint(server.ScoringUri, credential);

        await endpoint.HelloAsync(cancellationToken: Stop);
        await endpoint.HelloAsync(cancellationToken: Stop);

        Assert.Equal(["Bearer token-1", "Bearer token-2"], server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public void A_key_or_token_is_refused_for_an_address_that_is_not_encrypted()
    {
        var uri = new Uri("http://flows.example.com/score?secret=1");

        var withKey = Assert.Throws<ArgumentException>(() => new FlowEndpoint(uri, new AzureKeyCredential("the-key")));
        var withToken = Assert.Throws<ArgumentException>(() => new FlowEndpoint(uri, new CountingCredential(TimeSpan.FromHours(1))));

        Assert.StartsWith("The endpoint 'http://flows.example.com' is not encrypted", withKey.Message, StringComparison.Ordinal);
        Assert.StartsWith("The endpoint 'http://flows.example.com' is not encrypted", withToken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_a_URI_names_the_parameter_and_none_of_its_secrets()
    {
        var relative = Assert.Throws<ArgumentException>(() => new FlowEndpoint(new Uri("endpoint/score", UriKind.Relative), Calls.Key));
        var unencrypted = Assert.Throws<ArgumentException>(() => new FlowEndpoint(new Uri("http://me:hunter2@flows.example.com/score"), Calls.Key));
        var key = Assert.Throws<ArgumentException>(() => new FlowEndpoint(new Uri("https://flows.example.com/score"), new AzureKeyCredential("a b")));
        var option = Assert.Throws<ArgumentException>(
            () => new FlowEndpoint(new Uri("https://flows.example.com/score"), Calls.Key, new() { Timeout = TimeSpan.Zero }));

        Assert.Equal("'ScoringUri' is not an absolute http or https URI. (Parameter 'scoringUri')", relative.Message);
        Assert.DoesNotContain("hunter2", unencrypted.Message, StringComparison.Ordinal);
        Assert.Equal(["scoringUri", "scoringUri", "credential", "options"], [relative.ParamName, unencrypted.ParamName, key.ParamName, option.ParamName]);
    }

    [Fact]
    public void An_HttpClient_without_an_address_is_told_where_to_set_it()
    {
        using var client = new HttpClient();

        var missing = Assert.Throws<ArgumentException>(() => new FlowEndpoint(client));
        var relative = Assert.Throws<ArgumentException>(() => new FlowEndpoint(client, new() { ScoringUri = new Uri("score", UriKind.Relative) }));

        Assert.Equal(
            "The endpoint's scoring URI is missing: set it as the 'BaseAddress' of the HttpClient or as the 'ScoringUri' of the options. (Parameter 'httpClient')",
            missing.Message);
        Assert.Equal("options", relative.ParamName);
        Assert.Equal("httpClient", Assert.Throws<ArgumentNullException>(() => new FlowEndpoint((HttpClient)null!)).ParamName);
    }

    [Fact]
    public async Task An_HttpClient_that_brings_no_key_is_told_so()
    {
        await using var server = ReplayServer.Start("401 Unauthorized", "");
        using var client = new HttpClient { BaseAddress = server.ScoringUri };

        var without = await Assert.ThrowsAsync<FlowRequestException>(() => new FlowEndpoint(client).HelloAsync(cancellationToken: Stop));
        client.DefaultRequestHeaders.Add("Authorization", "Bearer old");
        var with = await Assert.ThrowsAsync<FlowRequestException>(() => new FlowEndpoint(client).HelloAsync(cancellationToken: Stop));

        Assert.EndsWith("401 (Unauthorized). The HttpClient sent no key or token.", without.Message, StringComparison.Ordinal);
        Assert.EndsWith("401 (Unauthorized). The key or token that was sent is wrong or has expired.", with.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost./score")]
    [InlineData("http://localhost.example.com/score")]
    [InlineData("http://localhost@flows.example.com/score")]
    [InlineData("http://127.0.0.1.example.com/score")]
    [InlineData("http://0.0.0.0/score")]
    [InlineData("http://[::]/score")]
    [InlineData("http://[::127.0.0.1]/score")]
    public void What_only_looks_like_loopback_is_refused(string uri) =>
        Assert.Throws<ArgumentException>(() => new FlowEndpoint(new Uri(uri), new AzureKeyCredential("the-key")));

    [Fact]
    public async Task A_request_that_a_handler_sent_elsewhere_unencrypted_gets_no_key()
    {
        using var handler = new FlowAuthenticationHandler(new AzureKeyCredential("the-key"), null) { InnerHandler = new HttpClientHandler() };
        using var invoker = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://flows.example.com/score");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => invoker.SendAsync(request, Stop));

        Assert.DoesNotContain("the-key", exception.ToString(), StringComparison.Ordinal);
        Assert.Null(request.Headers.Authorization);
    }

    [Theory]
    [InlineData("https://flows.example.com/score")]
    [InlineData("http://localhost:1/score")]
    [InlineData("http://127.0.0.1:1/score")]
    [InlineData("http://[::1]:1/score")]
    [InlineData("http://[::ffff:127.0.0.1]:1/score")]
    public void A_key_is_taken_for_encrypted_and_loopback_addresses(string uri) =>
        Assert.NotNull(new FlowEndpoint(new Uri(uri), new AzureKeyCredential("the-key")));

    [Fact]
    public async Task A_key_that_no_header_can_hold_is_refused_without_being_shown()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var key = new AzureKeyCredential("good");
        var endpoint = new FlowEndpoint(server.ScoringUri, key);
        key.Update("hunter2\n");

        var made = Assert.Throws<ArgumentException>(() => new FlowEndpoint(server.ScoringUri, key));
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => endpoint.HelloAsync(cancellationToken: Stop));

        Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", made.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_redirect_that_a_transport_of_one_s_own_follows_carries_no_key()
    {
        await using var elsewhere = ReplayServer.Start(Transcript.Load("flask_success"));
        await using var server = ReplayServer.Start("307 Temporary Redirect", "", $"Location: {elsewhere.ScoringUri}");
        await using var services = new ServiceCollection()
            .AddFlowClient<object, FlowEndpoint>(
                "Hello",
                options =>
                {
                    options.ScoringUri = server.ScoringUri;
                    options.KeyCredential = Calls.Key;
                },
                endpoint => endpoint)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler())
            .Services.BuildServiceProvider();

        await ((FlowEndpoint)services.GetRequiredService<object>()).HelloAsync(cancellationToken: Stop);

        Assert.False(Assert.Single(elsewhere.Requests).Headers.ContainsKey("Authorization"));
    }

    [Theory]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public async Task A_redirect_is_an_error_and_is_not_followed(string status)
    {
        await using var elsewhere = ReplayServer.Start("200 OK", "{}");
        await using var server = ReplayServer.Start(status, "", $"Location: {elsewhere.ScoringUri}");

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(status[..3], $"{(int)exception.StatusCode!}");
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("blue\r\nX-Other: 1")]
    [InlineData("blue\nX-Other: 1")]
    [InlineData("blue\u0000")]
    [InlineData("bl\u00fce")]
    public async Task A_name_or_an_id_that_would_be_another_header_is_refused(string text)
    {
        await using var server = ReplayServer.Start("200 OK", "{}");

        Assert.Throws<ArgumentException>(() => Calls.Endpoint(server.ScoringUri, new() { DeploymentName = text }));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Calls.Endpoint(server.ScoringUri, new() { ClientRequestId = () => text }).HelloAsync(cancellationToken: Stop));

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_client_of_one_s_own_brings_its_own_authentication()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        using var client = new HttpClient { BaseAddress = server.ScoringUri };
        client.DefaultRequestHeaders.Add("x-own", "yes");

        await new FlowEndpoint(client).HelloAsync(cancellationToken: Stop);

        var request = Assert.Single(server.Requests);
        Assert.Equal("yes", request.Headers["x-own"]);
        Assert.False(request.Headers.ContainsKey("Authorization"));
    }

    private sealed class CountingCredential(TimeSpan life) : TokenCredential
    {
        private int _count;

        public int Count => _count;

        public string[] Scopes { get; private set; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return new AccessToken($"token-{Interlocked.Increment(ref _count)}", DateTimeOffset.UtcNow + life);
        }

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return GetToken(requestContext, cancellationToken);
        }
    }
}
