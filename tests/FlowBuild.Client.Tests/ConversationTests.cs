using FlowBuild.Client.Tests.Recorded;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>The generated conversation of the recorded chat flow, over sockets.</summary>
public sealed class ConversationTests
{
    private static readonly ChatTurn Earlier = new() { Question = "earlier", Answer = "yes" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_message_carries_the_finished_turns()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        var conversation = Conversation(server);

        await conversation.SendAsync("one", Stop);
        await conversation.SendAsync("two", Stop);

        Assert.Equal(
            ["""{"chat_history":[],"question":"one"}""", """{"chat_history":[{"inputs":{"question":"one"},"outputs":{"answer":"Echo: a b é中 "}}],"question":"two"}"""],
            server.Requests.Select(request => request.Body));
        Assert.Equal(["one", "two"], conversation.Turns.Select(turn => turn.Question));
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_stream_that_ends_is_one_turn(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load(engine + "_stream_both_accept"));
        var conversation = Conversation(server);

        await foreach (var update in conversation.StreamAsync("one", Stop))
        {
            Assert.Empty(conversation.Turns);
        }

        Assert.Equal("Echo: a b é中 ", Assert.Single(conversation.Turns).Answer);
    }

    [Theory]
    [InlineData("flask_stream_error_midway")]
    [InlineData("fastapi_stream_error_midway")]
    [InlineData("flask_stream_missing_input")]
    public async Task A_turn_that_fails_leaves_no_trace(string transcript)
    {
        await using var server = ReplayServer.Start(Transcript.Load(transcript), Transcript.Load("flask_stream_both_accept"));
        var conversation = Conversation(server, Earlier);

        await Assert.ThrowsAnyAsync<Exception>(() => AllAsync(conversation.StreamAsync("lost", Stop)));
        Assert.Equal([Earlier], conversation.Turns);

        await AllAsync(conversation.StreamAsync("kept", Stop));
        Assert.Equal(["earlier", "kept"], conversation.Turns.Select(turn => turn.Question));
    }

    [Fact]
    public async Task A_stream_that_is_left_is_no_turn_and_the_next_message_may_be_sent()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_both_accept"));
        var conversation = Conversation(server);

        await foreach (var update in conversation.StreamAsync("left", Stop))
        {
            break;
        }

        Assert.Empty(conversation.Turns);
        await AllAsync(conversation.StreamAsync("next", Stop));
        Assert.Equal(["next"], conversation.Turns.Select(turn => turn.Question));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_is_cancelled_is_no_turn_and_the_next_one_may_be_sent(bool streaming)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var asked = 0;
        await using var server = ReplayServer.Start(async connection =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await cancellation.CancelAsync();
                await connection.WaitUntilClosedAsync();
                return;
            }

            await connection.PlayAsync(Transcript.Load("flask_stream_json"));
        });
        var conversation = Conversation(server, Earlier);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => streaming ? AllAsync(conversation.StreamAsync("lost", cancellation.Token)) : conversation.SendAsync("lost", cancellation.Token));
        Assert.Equal([Earlier], conversation.Turns);

        await conversation.SendAsync("kept", Stop);
        Assert.Equal(["earlier", "kept"], conversation.Turns.Select(turn => turn.Question));
    }

    [Fact]
    public async Task A_second_message_is_refused_while_the_first_streams()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_both_accept"));
        var conversation = Conversation(server);

        await foreach (var update in conversation.StreamAsync("one", Stop))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => conversation.SendAsync("two", Stop));
            await Assert.ThrowsAsync<InvalidOperationException>(() => AllAsync(conversation.StreamAsync("three", Stop)));
        }

        Assert.Equal(["one"], conversation.Turns.Select(turn => turn.Question));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("[] []")]
    [InlineData("""[{"inputs":{"question":"q"},"outputs":{"answer":"a"}}] and more""")]
    [InlineData("""[{"inputs":{"\ud83d":1}}]""")]
    public void What_is_stored_is_refused_when_something_else_stands_in_it(string stored)
    {
        using var client = new HttpClient { BaseAddress = new Uri("http://localhost/score") };

        Assert.Throws<FormatException>(() => ChatConversation.FromJson(new ChatClient(client), stored));
    }

    [Fact]
    public async Task A_second_message_is_refused_while_the_first_waits_for_its_answer()
    {
        var released = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            await released.Task.WaitAsync(connection.Stopping);
            await connection.PlayAsync(Transcript.Load("flask_stream_json"));
        });
        var conversation = Conversation(server);

        var first = conversation.SendAsync("one", Stop);
        await Assert.ThrowsAsync<InvalidOperationException>(() => conversation.SendAsync("two", Stop));
        await Assert.ThrowsAsync<InvalidOperationException>(() => AllAsync(conversation.StreamAsync("three", Stop)));
        released.SetResult();
        await first;

        Assert.Equal(["one"], conversation.Turns.Select(turn => turn.Question));
    }

    [Fact]
    public async Task What_is_stored_goes_on_where_it_was()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        var stored = Conversation(server, Earlier).ToJson();

        var restored = ChatConversation.FromJson(new ChatClient(Calls.Endpoint(server.ScoringUri)), stored);
        await restored.SendAsync("later", Stop);

        Assert.Equal(["earlier", "later"], restored.Turns.Select(turn => turn.Question));
        Assert.Contains("\"question\":\"earlier\"", Assert.Single(server.Requests).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_user_s_policy_chooses_the_turns_that_are_sent_and_all_are_kept()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_json"));
        var conversation = Conversation(server, Earlier, Earlier with { Question = "last" });
        conversation.SelectTurns = turns => [turns[^1]];

        await conversation.SendAsync("now", Stop);

        Assert.DoesNotContain("earlier", Assert.Single(server.Requests).Body, StringComparison.Ordinal);
        Assert.Contains("last", server.Requests[0].Body, StringComparison.Ordinal);
        Assert.Equal(["earlier", "last", "now"], conversation.Turns.Select(turn => turn.Question));
    }

    private static ChatConversation Conversation(ReplayServer server, params ChatTurn[] turns) =>
        new(new ChatClient(Calls.Endpoint(server.ScoringUri)), turns);

    private static async Task AllAsync(IAsyncEnumerable<ChatUpdate> updates)
    {
        await foreach (var update in updates)
        {
        }
    }
}
