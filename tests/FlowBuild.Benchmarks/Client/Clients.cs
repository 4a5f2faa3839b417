using System.Net.Http.Headers;
using System.Text.Json;
using Azure;
using FlowBuild.Benchmarks.Client.NSwag;
using Refit;

namespace FlowBuild.Benchmarks.Client;

/// <summary>The measured clients on one transport, each authenticated with a key in the way that is its own.</summary>
internal sealed class Clients
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    public Clients(Func<HttpMessageHandler> transport, Uri scoringUri)
    {
        HandWritten = new HandWrittenClient(new HttpClient(transport()), scoringUri, Key);

        var authentication = new FlowAuthenticationHandler(new AzureKeyCredential(Key), null) { InnerHandler = transport() };
        FlowBuild = new Generated.ChatClient(new FlowEndpoint(
            new HttpClient(authentication) { Timeout = Timeout.InfiniteTimeSpan },
            new FlowClientOptions { ScoringUri = scoringUri }));

        var settings = new RefitSettings(new SystemTextJsonContentSerializer(new JsonSerializerOptions { TypeInfoResolver = ChatJsonContext.Default }))
        {
            AuthorizationHeaderValueGetter = (_, _) => ValueTask.FromResult(Key),
        };
        Refit = RestService.For<IRefitChatClient>(new HttpClient(transport()) { BaseAddress = new Uri(scoringUri, "/") }, settings);

        var client = new HttpClient(transport()) { BaseAddress = new Uri(scoringUri, "/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        NSwag = new NSwagChatClient(client);
    }

    public HandWrittenClient HandWritten { get; }

    public Generated.ChatClient FlowBuild { get; }

    public IRefitChatClient Refit { get; }

    public NSwagChatClient NSwag { get; }
}
