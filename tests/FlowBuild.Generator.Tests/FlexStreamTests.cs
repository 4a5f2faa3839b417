using FlowBuild.Generator.Tests.Harness;

namespace FlowBuild.Generator.Tests;

/// <summary>Flows whose code returns what it likes: whether it is a stream, only the answer tells.</summary>
public sealed class FlexStreamTests
{
    private const string Call = """
        var pieces = new List<string>();
        await foreach (var update in new FlexClient(http).StreamAsync(new() { ["question"] = "a b" })) pieces.Add(update.GetRawText());
        return string.Join(' ', pieces);
        """;

    [Theory]
    [InlineData("data: {\"output\": \"Echo: \"}\n\ndata: {\"output\": \"a\"}\n\n", "text/event-stream; charset=utf-8", """{"output": "Echo: "} {"output": "a"}""")]
    [InlineData("data: {\"turns\": 1}\n\ndata: {\"answer\": \"a\"}\n\n", "text/event-stream", """{"turns": 1} {"answer": "a"}""")]
    [InlineData("\"Echo: a b\"", "application/json", "\"Echo: a b\"")]
    public async Task Each_event_is_an_update_and_an_answer_without_events_is_one(string answer, string contentType, string expected)
    {
        using var endpoint = new Answering(answer, contentType);

        var pieces = await GeneratedAssembly.RunAsync(endpoint.Client(), Call, new FlowProject().Flow("flex/flow.flex.yaml", "entry: flow:run\n"));

        Assert.Equal(expected, pieces);
    }

    [Theory]
    [InlineData("flow.flex.yaml", "entry: flow:run\ninputs:\n  question: {type: string}\noutputs:\n  answer: {type: string}\n")]
    [InlineData("t.prompty", "---\nname: t\ninputs:\n  question: {type: string}\n---\nsystem:\n{{question}}\n")]
    public async Task A_flow_that_declares_inputs_streams_as_well(string file, string text)
    {
        using var endpoint = new Answering("data: {\"output\": \"a\"}\n\n", "text/event-stream");

        var piece = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            await foreach (var update in new FlexClient(http).StreamAsync(new() { Question = "q" })) return update.GetProperty("output").GetString()!;
            return "nothing";
            """,
            new FlowProject().Flow("flex/" + file, text));

        Assert.Equal("a", piece);
    }
}
