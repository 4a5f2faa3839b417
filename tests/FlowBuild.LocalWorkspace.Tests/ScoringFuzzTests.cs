using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Whatever the body of a scoring request is, it gets an answer or an error document, and the workspace goes on.</summary>
[Trait("Category", "Security")]
public sealed class ScoringFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "null", "true", "1e999", "-0", "99999999999999999999", "NaN", "Infinity", "\u0000", "\u001b[31m", "\uFEFF",
        "\u2028", "\"data:image/png;base64\"", "\"data:image/png;path\":\"/etc/passwd\"", "{\"inputs\":{}}", new string('[', 200), new string('9', 500),
    ];

    private static readonly string[] Bodies =
    [
        """{"question":"q","chat_history":[{"inputs":{"question":"a"},"outputs":{"answer":"b"}}]}""", """{"url":"u","limit":3}""", """{"url":"u","limit":"three"}""",
        """{"data":{"url":"u"}}""", "[]", "", "null", """{"question":{"data:image/png;base64":"aGk="}}""",
    ];

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task Any_body_gets_an_answer_or_an_error_document(string engine)
    {
        var random = new Random(20261129);
        await using var workspace = await RunningWorkspace.StartAsync();
        using var chat = await workspace.DeployAsync(
            "chat-endpoint", await workspace.RegisterFlowAsync("c", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat)), ("PROMPTFLOW_SERVING_ENGINE", engine));
        using var classify = await workspace.DeployAsync(
            "my-endpoint", await workspace.RegisterFlowAsync("m", "1", "classify-it", ("flow.dag.yaml", Flows.Classify)), ("PROMPTFLOW_SERVING_ENGINE", engine));
        var count = Fuzz.Count(400);
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            var body = Fuzz.Damage(Bodies, Fragments, random);
            var accept = random.Next(3) switch { 0 => "text/event-stream, application/json", 1 => "text/event-stream", _ => null };
            var answer = await (random.Next(2) == 0 ? chat : classify).ScoreAsync(body, accept);

            Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
            Assert.False(answer.IsCut, body);
            if (answer.Status >= 400)
            {
                refused++;
                Assert.True(JsonNode.Parse(answer.Body) is JsonObject error && (error.ContainsKey("error") || error.ContainsKey("detail")), $"{answer.Status} {answer.Body}\n{body}");
            }
        }

        output.WriteLine($"{count} bodies, {refused} refused");
        Assert.InRange(refused, 1, count - 1);
        Assert.Equal(200, (await classify.ScoreAsync("""{"url":"u"}""")).Status);
    }
}
