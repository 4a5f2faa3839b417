using System.Runtime.CompilerServices;
using Azure;
using FlowBuild.Client.Tests.Recorded;
using FlowBuild.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FlowBuild.Client.Tests;

/// <summary>The generated registration of the recorded chat flow, over sockets, and its interface as a test of a caller uses it.</summary>
public sealed class GeneratedRegistrationTests
{
    private static readonly ChatInput Input = new() { Question = "a b", ChatHistory = [] };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_comes_from_a_section()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Chat:ScoringUri", server.ScoringUri.OriginalString), new("Chat:Key", "the-key")])
            .Build();
        var collection = new ServiceCollection();
        collection.AddChatClient(configuration.GetSection("Chat")).AddFlowResilience();
        await using var services = collection.BuildServiceProvider();

        var output = await services.GetRequiredService<IChatClient>().ScoreAsync(Input, Stop);

        Assert.Equal("Echo: a b é中 ", output.Answer);
        Assert.Equal("Bearer the-key", Assert.Single(server.Requests).Headers["Authorization"]);
    }

    [Fact]
    public void What_is_missing_is_said_at_start_with_the_name_of_the_setting()
    {
        var collection = new ServiceCollection();
        collection.AddChatClient(new ConfigurationBuilder().Build().GetSection("ChatBasic"));
        using var services = collection.BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Equal("Flow client 'Chat': 'ChatBasic:ScoringUri' is missing: set it to the endpoint's scoring URI.", exception.Message);
    }

    [Fact]
    public async Task Blue_and_green_stand_side_by_side()
    {
        await using var blue = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        await using var green = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        var collection = new ServiceCollection();
        collection.AddChatClient(options => Set(options, blue, "key-blue"), "blue");
        collection.AddChatClient(options => Set(options, green, "key-green"), "green");
        await using var services = collection.BuildServiceProvider();

        await services.GetRequiredKeyedService<IChatClient>("green").ScoreAsync(Input, Stop);

        Assert.Empty(blue.Requests);
        Assert.Equal("Bearer key-green", Assert.Single(green.Requests).Headers["Authorization"]);

        static void Set(FlowClientOptions options, ReplayServer server, string key)
        {
            options.ScoringUri = server.ScoringUri;
            options.KeyCredential = new AzureKeyCredential(key);
        }
    }

    [Fact]
    public async Task A_caller_is_tested_with_a_client_of_its_own()
    {
        var conversation = new ChatConversation(new Canned());

        await conversation.SendAsync("one", Stop);
        await foreach (var update in conversation.StreamAsync("two", Stop))
        {
            Assert.NotNull(update.Answer);
        }

        Assert.Equal(["one: yes", "two: yes"], conversation.Turns.Select(turn => $"{turn.Question}: {turn.Answer}"));
    }

    private sealed class Canned : IChatClient
    {
        public Task<ChatOutput> ScoreAsync(ChatInput input, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatOutput { Answer = "yes", Turns = 1 });

        public async IAsyncEnumerable<ChatUpdate> StreamAsync(ChatInput input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield return new ChatUpdate { Answer = "y" };
            yield return new ChatUpdate { Answer = "es" };
        }
    }
}
