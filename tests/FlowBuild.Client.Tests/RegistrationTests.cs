using Azure;
using Azure.Core;
using FlowBuild.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FlowBuild.Client.Tests;

public sealed class RegistrationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_is_configured_by_its_section()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        await using var services = WithSection(
            ("Flows:Hello:ScoringUri", server.ScoringUri.OriginalString), ("Flows:Hello:Key", "the-key"), ("Flows:Hello:DeploymentName", "green"));

        await services.GetRequiredService<IHello>().ScoreAsync(Stop);

        var request = Assert.Single(server.Requests);
        Assert.Equal("Bearer the-key", request.Headers["Authorization"]);
        Assert.Equal("green", request.Headers["azureml-model-deployment"]);
    }

    [Theory]
    [InlineData(null, null, "Flow client 'Hello': 'Flows:Hello:ScoringUri' is missing: set it to the endpoint's scoring URI.")]
    [InlineData("", null, "Flow client 'Hello': 'Flows:Hello:ScoringUri' is missing: set it to the endpoint's scoring URI.")]
    [InlineData("https://[", null, "Flow client 'Hello': 'Flows:Hello:ScoringUri' is not an absolute http or https URI.")]
    [InlineData("endpoint/score", null, "Flow client 'Hello': 'Flows:Hello:ScoringUri' is not an absolute http or https URI.")]
    [InlineData("https://flows.example.com/score", "hunter2\n", "Flow client 'Hello': 'Flows:Hello:Key' cannot be sent: it holds a blank, a line break or a character that is not ASCII.")]
    [InlineData("http://flows.example.com/score", "the-key", "Flow client 'Hello': The endpoint 'http://flows.example.com' is not encrypted, so no key or token is sent to it: write 'https'. Plain http is allowed on loopback only.")]
    public void Options_that_are_wrong_say_what_is_wrong(string? scoringUri, string? key, string message)
    {
        using var services = WithSection(("Flows:Hello:ScoringUri", scoringUri), ("Flows:Hello:Key", key));

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IHello>());

        Assert.Equal(message, exception.Message);
    }

    [Theory]
    [InlineData("0:00:00.1", "00:00:00.1000000")]
    [InlineData("00:00:00.25", "00:00:00.2500000")]
    public async Task A_section_sets_the_time_out(string timeout, string waited)
    {
        await using var server = ReplayServer.Start(connection => connection.WaitUntilClosedAsync());
        await using var services = WithSection(("Flows:Hello:ScoringUri", server.ScoringUri.OriginalString), ("Flows:Hello:Timeout", timeout));

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => services.GetRequiredService<IHello>().ScoreAsync(Stop));

        Assert.Equal($"The answer did not come within {waited}, the client's 'Timeout'.", exception.InnerException!.Message);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("10")]
    [InlineData("-00:01:00")]
    [InlineData("26.00:00:00")]
    public void A_time_out_that_is_none_is_refused(string timeout)
    {
        using var services = WithSection(("Flows:Hello:ScoringUri", "https://flows.example.com/score"), ("Flows:Hello:Timeout", timeout));

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Equal(
            "Flow client 'Hello': 'Flows:Hello:Timeout' must be a time such as '00:02:00', above zero and below 25 days, or '-00:00:00.001' for infinite.",
            exception.Message);
    }

    [Fact]
    public void A_section_may_set_an_infinite_time_out()
    {
        using var services = WithSection(("Flows:Hello:ScoringUri", "https://flows.example.com/score"), ("Flows:Hello:Timeout", "-00:00:00.001"));

        Assert.Equal(Timeout.InfiniteTimeSpan, services.GetRequiredService<IOptionsMonitor<FlowClientOptions>>().Get("Hello").Timeout);
    }

    [Fact]
    public async Task A_client_without_a_key_is_told_which_setting_is_missing_once_the_endpoint_refuses_it()
    {
        await using var server = ReplayServer.Start("401 Unauthorized", "");
        await using var section = WithSection(("Flows:Hello:ScoringUri", server.ScoringUri.OriginalString));
        await using var code = new ServiceCollection()
            .AddFlowClient<IHello, Hello>("Hello", options => options.ScoringUri = server.ScoringUri, endpoint => new Hello(endpoint))
            .Services.BuildServiceProvider();

        var fromSection = await Assert.ThrowsAsync<FlowRequestException>(() => section.GetRequiredService<IHello>().ScoreAsync(Stop));
        var fromCode = await Assert.ThrowsAsync<FlowRequestException>(() => code.GetRequiredService<IHello>().ScoreAsync(Stop));

        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 401 (Unauthorized). No key or credential is configured ('Flows:Hello:Key').", fromSection.Message);
        Assert.EndsWith("No key or credential is configured ('KeyCredential' or 'TokenCredential').", fromCode.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_set_and_refused_is_not_said_to_be_missing()
    {
        await using var server = ReplayServer.Start("401 Unauthorized", "");
        await using var services = WithSection(("Flows:Hello:ScoringUri", server.ScoringUri.OriginalString), ("Flows:Hello:Key", "the-key"));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => services.GetRequiredService<IHello>().ScoreAsync(Stop));

        Assert.EndsWith("The key or token that was sent is wrong or has expired.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_set_in_code_are_named_as_in_code()
    {
        using var services = new ServiceCollection()
            .AddFlowClient<IHello, Hello>("Hello", options => options.KeyCredential = new AzureKeyCredential("a b"), endpoint => new Hello(endpoint))
            .Services.BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IHello>());

        Assert.Equal(
            [
                "Flow client 'Hello': 'ScoringUri' is missing: set it to the endpoint's scoring URI.",
                "Flow client 'Hello': 'KeyCredential' cannot be sent: it holds a blank, a line break or a character that is not ASCII.",
            ],
            exception.Failures);
    }

    [Fact]
    public void Options_are_checked_at_start()
    {
        using var services = WithSection();

        Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
    }

    [Fact]
    public async Task Two_endpoints_of_one_flow_stand_side_by_side_as_keyed_services()
    {
        await using var blue = ReplayServer.Start(Transcript.Load("flask_success"));
        await using var green = ReplayServer.Start(Transcript.Load("flask_success"));
        var collection = new ServiceCollection();
        Add(collection, "blue", blue.ScoringUri);
        Add(collection, "green", green.ScoringUri);
        await using var services = collection.BuildServiceProvider();

        await services.GetRequiredKeyedService<IHello>("green").ScoreAsync(Stop);

        Assert.Empty(blue.Requests);
        Assert.Equal("Bearer key-green", Assert.Single(green.Requests).Headers["Authorization"]);

        static void Add(IServiceCollection services, string key, Uri uri) => services.AddFlowClient<IHello, Hello>(
            "Hello",
            options =>
            {
                options.ScoringUri = uri;
                options.KeyCredential = new AzureKeyCredential("key-" + key);
            },
            endpoint => new Hello(endpoint),
            key);
    }

    [Fact]
    public void Two_clients_of_one_name_are_refused_rather_than_mixed_up()
    {
        var services = new ServiceCollection();
        services.AddFlowClient<IHello, Hello>("Hello", options => { }, endpoint => new Hello(endpoint));

        var exception = Assert.Throws<InvalidOperationException>(
            () => services.AddFlowClient<object, FlowEndpoint>("Hello", options => { }, endpoint => endpoint));

        Assert.StartsWith("The name 'Hello' is taken by the client 'FlowBuild.Client.Tests.RegistrationTests+IHello'", exception.Message, StringComparison.Ordinal);
        services.AddFlowClient<object, FlowEndpoint>("Hello", options => { }, endpoint => endpoint, "other");
    }

    [Fact]
    public void Two_service_keys_that_read_alike_are_refused_rather_than_mixed_up()
    {
        var services = new ServiceCollection();
        services.AddFlowClient<IHello, Hello>("Hello", options => { }, endpoint => new Hello(endpoint), 1);

        var exception = Assert.Throws<InvalidOperationException>(
            () => services.AddFlowClient<IHello, Hello>("Hello", options => { }, endpoint => new Hello(endpoint), "1"));

        Assert.StartsWith("The name 'Hello:1' is taken", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_outlives_the_handlers_that_the_factory_renews()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var credential = new CountingCredential();
        var collection = new ServiceCollection();
        foreach (var slot in (string[])["blue", "green"])
        {
            collection.AddFlowClient<IHello, Hello>(
                "Hello",
                options =>
                {
                    options.ScoringUri = server.ScoringUri;
                    options.TokenCredential = credential;
                },
                endpoint => new Hello(endpoint),
                slot);
        }

        await using var services = collection.BuildServiceProvider();

        // Each has a handler of its own, as one client has from one renewal to the next.
        await services.GetRequiredKeyedService<IHello>("blue").ScoreAsync(Stop);
        await services.GetRequiredKeyedService<IHello>("green").ScoreAsync(Stop);

        Assert.Equal(1, credential.Count);
    }

    [Fact]
    public async Task No_handler_of_one_s_own_sees_the_key()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var watch = new Watch();
        await using var services = WithHandler(server.ScoringUri, watch);

        await services.GetRequiredService<IHello>().ScoreAsync(Stop);

        Assert.Null(Assert.Single(watch.Seen));
        Assert.Equal("Bearer the-key", Assert.Single(server.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_handler_that_sends_the_request_elsewhere_unencrypted_sends_no_key_with_it()
    {
        await using var services = WithHandler(new Uri("https://flows.example.com/score"), new Elsewhere());

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => services.GetRequiredService<IHello>().ScoreAsync(Stop));

        Assert.StartsWith("The endpoint 'http://elsewhere.example.com' is not encrypted", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_builder_takes_handlers()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        var collection = new ServiceCollection();
        collection
            .AddFlowClient<IHello, Hello>("Hello", options => options.ScoringUri = server.ScoringUri, endpoint => new Hello(endpoint))
            .AddHttpMessageHandler(() => new Stamp());
        await using var services = collection.BuildServiceProvider();

        await services.GetRequiredService<IHello>().ScoreAsync(Stop);

        Assert.Equal("yes", Assert.Single(server.Requests).Headers["x-stamp"]);
    }

    private static ServiceProvider WithSection(params (string Key, string? Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, value.Value)))
            .Build();
        var services = new ServiceCollection();
        services.AddFlowClient<IHello, Hello>("Hello", configuration.GetSection("Flows:Hello"), endpoint => new Hello(endpoint));
        return services.BuildServiceProvider();
    }

    private static ServiceProvider WithHandler(Uri scoringUri, DelegatingHandler handler)
    {
        var services = new ServiceCollection();
        services
            .AddFlowClient<IHello, Hello>(
                "Hello",
                options =>
                {
                    options.ScoringUri = scoringUri;
                    options.KeyCredential = new AzureKeyCredential("the-key");
                },
                endpoint => new Hello(endpoint))
            .AddHttpMessageHandler(() => handler);
        return services.BuildServiceProvider();
    }

    private interface IHello
    {
        Task<HelloOutput> ScoreAsync(CancellationToken cancellationToken);
    }

    private sealed class Hello(FlowEndpoint endpoint) : IHello
    {
        public Task<HelloOutput> ScoreAsync(CancellationToken cancellationToken) => endpoint.HelloAsync(cancellationToken: cancellationToken);
    }

    private sealed class Stamp : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("x-stamp", "yes");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Watch : DelegatingHandler
    {
        public List<string?> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add(request.Headers.Authorization?.ToString());
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Elsewhere : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri("http://elsewhere.example.com/score");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class CountingCredential : TokenCredential
    {
        private int _count;

        public int Count => _count;

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new($"token-{Interlocked.Increment(ref _count)}", DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
