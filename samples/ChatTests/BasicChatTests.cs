using System.Net;
using Azure;
using BasicChat;
using FlowBuild;
using FlowBuild.LocalWorkspace;

namespace ChatTests;

/// <summary>Code that talks to the flow of BasicChat, tested without a cloud account and without a model.</summary>
public sealed class BasicChatTests
{
    private const string Flow = "BasicChat/basic-chat";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_sends_the_turns_so_far()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Flow, new()
        {
            Answer = static call => FlowAnswer.Outputs(new { answer = $"{call.Inputs["question"]} after {call.Inputs["chat_history"]!.AsArray().Count} turns" }),
        }, Token);
        var chat = new BasicChatConversation(new BasicChatClient(endpoint.ScoringUri, new AzureKeyCredential(endpoint.Key)));

        var first = await chat.SendAsync("First", Token);
        var second = await chat.SendAsync("Second", Token);

        Assert.Equal("First after 0 turns", first.Answer);
        Assert.Equal("Second after 1 turns", second.Answer);
    }

    [Fact]
    public async Task An_answer_is_streamed()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Flow, new() { Answer = static _ => FlowAnswer.Outputs(new { answer = "Word by word" }) }, Token);
        var client = new BasicChatClient(endpoint.ScoringUri, new AzureKeyCredential(endpoint.Key));

        var words = new List<string?>();
        await foreach (var update in client.StreamAsync(new BasicChatInput { Question = "How?", ChatHistory = [] }, Token))
        {
            words.Add(update.Answer);
        }

        Assert.Equal(["Word ", "by ", "word"], words);
    }

    [Fact]
    public async Task A_stream_that_breaks_gives_what_came()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Flow, new() { Answer = static _ => FlowAnswer.Outputs(new { answer = Pieces() }) }, Token);
        var client = new BasicChatClient(endpoint.ScoringUri, new AzureKeyCredential(endpoint.Key));

        var answer = "";
        await Assert.ThrowsAsync<FlowStreamInterruptedException>(async () =>
        {
            await foreach (var update in client.StreamAsync(new BasicChatInput { Question = "How?", ChatHistory = [] }, Token))
            {
                answer += update.Answer;
            }
        });

        Assert.Equal("Half", answer);

        static async IAsyncEnumerable<string> Pieces()
        {
            yield return "Half";
            await Task.Yield();
            throw new InvalidOperationException("The model hung up.");
        }
    }

    [Fact]
    public async Task A_flow_that_fails_and_an_endpoint_that_is_full_are_told_apart()
    {
        var answers = new Queue<FlowAnswer>([FlowAnswer.Failure("Execution failure in 'chat': (ValueError) boom"), FlowAnswer.Refusal(429)]);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Flow, new() { Answer = _ => answers.Dequeue() }, Token);
        var client = new BasicChatClient(endpoint.ScoringUri, new AzureKeyCredential(endpoint.Key));
        var input = new BasicChatInput { Question = "How?", ChatHistory = [] };

        var failed = await Assert.ThrowsAsync<FlowRequestException>(() => client.ScoreAsync(input, Token));
        var full = await Assert.ThrowsAsync<FlowRequestException>(() => client.ScoreAsync(input, Token));

        Assert.Equal((400, "UserError", "chat"), (failed.ModelStatusCode, failed.Code, failed.Node));
        Assert.Equal(HttpStatusCode.TooManyRequests, full.StatusCode);
    }

    [Fact]
    public async Task Without_a_word_of_the_test_the_answer_is_made_up()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Flow, cancellationToken: Token);
        var client = new BasicChatClient(endpoint.ScoringUri, new AzureKeyCredential(endpoint.Key));

        var output = await client.ScoreAsync(new BasicChatInput { Question = "How?", ChatHistory = [] }, Token);

        Assert.NotEmpty(output.Answer);
    }
}
