using System.Net;
using Azure.Core;
using FlowBuild.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowBuild.Client.Tests;

/// <summary>The proxy is one for the whole process, so these tests run while no other does.</summary>
[CollectionDefinition(nameof(ProxyTests), DisableParallelization = true)]
[Trait("Category", "Security")]
[Collection(nameof(ProxyTests))]
public sealed class ProxyTests : IAsyncLifetime
{
    private readonly IWebProxy _before = HttpClient.DefaultProxy;
    private readonly ReplayServer _proxy = ReplayServer.Start("502 Bad Gateway", "");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // As the variable http_proxy sets it, which by itself exempts nothing.
    public ValueTask InitializeAsync()
    {
        HttpClient.DefaultProxy = new WebProxy(_proxy.Origin);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        HttpClient.DefaultProxy = _before;
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task A_key_for_a_loopback_endpoint_does_not_leave_the_machine_through_a_proxy()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));

        await Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop);

        Assert.Single(server.Requests);
        Assert.Empty(_proxy.Requests);
    }

    [Fact]
    public async Task A_key_of_a_registered_client_does_not_either()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        await using var services = new ServiceCollection()
            .AddFlowClient<object, FlowEndpoint>(
                "Hello",
                options =>
                {
                    options.ScoringUri = server.ScoringUri;
                    options.KeyCredential = Calls.Key;
                },
                endpoint => endpoint)
            .Services.BuildServiceProvider();

        await ((FlowEndpoint)services.GetRequiredService<object>()).HelloAsync(cancellationToken: Stop);

        Assert.Single(server.Requests);
        Assert.Empty(_proxy.Requests);
    }

    [Fact]
    public async Task Nor_does_the_token_that_asks_for_one()
    {
        await using var controlPlane = ReplayServer.Start("200 OK", """{"accessToken":"t","expiryTimeUtc":1,"refreshAfterTimeUtc":1}""");
        var credential = new FlowEndpointTokenCredential(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/chat",
            DelegatedTokenCredential.Create((_, _) => new AccessToken("caller-token", DateTimeOffset.MaxValue)),
            controlPlane.Origin);

        await credential.GetTokenAsync(default, Stop);

        Assert.Single(controlPlane.Requests);
        Assert.Empty(_proxy.Requests);
    }

    [Fact]
    public async Task Any_other_endpoint_is_reached_through_the_proxy()
    {
        using var transport = FlowHttp.CreateTransport(new Uri("http://flows.example.com"));
        using var client = new HttpClient(transport) { BaseAddress = new Uri("http://flows.example.com/score") };

        await Assert.ThrowsAsync<FlowRequestException>(() => new FlowEndpoint(client).HelloAsync(cancellationToken: Stop));

        Assert.Equal("http://flows.example.com/score", Assert.Single(_proxy.Requests).Target);
    }
}
