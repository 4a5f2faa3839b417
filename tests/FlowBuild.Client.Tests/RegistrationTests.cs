using Azure;
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
            ("Hello:ScoringUri", server.ScoringUri.OriginalString), ("Hello:Key", "the-key"), ("Hello:DeploymentName", "green"));

        await services.GetRequiredService<IHello>().ScoreAsync(Stop);

        var request = Assert.Single(server.Requests);
        Assert.Equal("Bearer the-key", request.Headers["Authorization"]);
        Assert.Equal("green", request.Headers["azureml-model-deployment"]);
    }

    [Theory]
    [InlineData(null, null, "Flow client 'Hello': 'ScoringUri' is missing: set it to the endpoint's scoring URI.")]
    [InlineData("", null, "Flow client 'Hello': 'ScoringUri' is missing: set it to the endpoint's scoring URI.")]
    [InlineData("https://[", null, "Flow client 'Hello': 'ScoringUri' is not an absolute http or https URI.")]
    [InlineData("endpoint/score", null, "Flow client 'Hello': 'ScoringUri' is not an absolute http or https URI.")]
    [InlineData("http://flows.example.com/score", "the-key", "Flow client 'Hello': The endpoint 'http://flows.example.com' is not encrypted, so no key or token is sent to it: write 'https'. Plain http is allowed on loopback only.")]
    public void Options_that_are_wrong_say_what_is_wrong(string? scoringUri, string? key, string message)
    {
        using var services = WithSection(("Hello:ScoringUri", scoringUri), ("Hello:Key", key));

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IHello>());

        Assert.Equal(message, exception.Message);
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
        services.AddFlowClient<IHello, Hello>("Hello", configuration.GetSection("Hello"), endpoint => new Hello(endpoint));
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
}
