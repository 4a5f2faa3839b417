using System.Diagnostics;
using System.Text.Json;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>Text that a server chose does not act on the logs and traces of its callers.</summary>
[Trait("Category", "Security")]
public sealed class ServerTextTests : IDisposable
{
    private readonly List<Activity> _spans = [];
    private readonly ActivityListener _listener;

    public ServerTextTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "FlowBuild.Client",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (_spans)
                {
                    _spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> Payloads => new(
        "\u001b[2J\u001b]0;title\u0007",
        "line\n##vso[task.setvariable variable=a]b",
        "line\r\n::error ::forged",
        "\u0085next\u2028line\u2029paragraph",
        "\u202eright\u202c\u2066left\u2069\u200f",
        "\u007f\u009b31m",
        new string('x', 5000));

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_code_in_another_form_and_control_characters_of_a_node_reach_neither_message_nor_span(string payload)
    {
        var (exception, span) = await FailAsync(
            JsonSerializer.Serialize(new { error = new { code = $"User{payload}", message = $"Execution failure in 'node{payload}': (ValueError) boom" } }));

        Assert.Null(exception.Code);
        Assert.StartsWith("node", exception.Node, StringComparison.Ordinal);
        AssertPlain(exception.Message, 400);
        AssertPlain(exception.Node!, 100);
        AssertPlain(span);
        Assert.Null(span.StatusDescription);
    }

    [Theory]
    [InlineData("UserError")]
    [InlineData("Flow.Node_1-x")]
    public async Task A_code_in_its_form_stays(string code)
    {
        var (exception, span) = await FailAsync(JsonSerializer.Serialize(new { error = new { code, message = "no" } }));

        Assert.Equal(code, exception.Code);
        Assert.Contains($"'{code}'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(code, span.StatusDescription);
    }

    [Theory]
    [InlineData("x-request-id", "id\u001b[31m\u009b\u202e")]
    [InlineData("ms-azureml-model-error-statuscode", "400\u001b[31m")]
    [InlineData("ms-azureml-model-error-statuscode", "##vso[task.complete]")]
    [InlineData("ms-azureml-model-error-reason", "reason\u001b]0;title\u0007")]
    public async Task Headers_of_an_error_are_plain_and_short(string name, string value)
    {
        var (exception, span) = await FailAsync("{}", $"{name}: {value}{new string('y', 5000)}\r\n");

        AssertPlain(exception.Message, 400);
        foreach (var text in (string?[])[exception.RequestId, exception.ModelReason])
        {
            AssertPlain(text ?? "", 100);
        }

        Assert.DoesNotContain("##vso", exception.Message, StringComparison.Ordinal);
        AssertPlain(span);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task Names_of_an_answer_that_is_another_flows_are_plain_and_short(string payload)
    {
        await using var server = ReplayServer.Start(connection => connection.AnswerAsync("200 OK", JsonSerializer.Serialize(new Dictionary<string, int> { [payload] = 1 })));

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).ScoreAsync(
            new HelloInput { Text = "hi" },
            HelloInput.Write,
            static (ref Utf8JsonReader reader) =>
            {
                FlowJson.ReadStartObject(ref reader);
                FlowJson.RequireAnyOutput(reader, "answer");
                reader.Skip();
                return 0;
            },
            Stop));

        AssertPlain(exception.Message, 400);
    }

    [Fact]
    public async Task Bytes_that_are_not_HTTP_are_not_quoted()
    {
        await using var server = ReplayServer.Start(static connection => connection.SendAsync("##vso[task.complete]\u001b[31m what a user wrote\r\n\r\n"));

        var exception = await Assert.ThrowsAnyAsync<HttpRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.DoesNotContain("what a user wrote", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task A_chunk_that_is_not_HTTP_is_not_quoted(string contentType)
    {
        await using var server = ReplayServer.Start(connection => connection.SendAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\nTransfer-Encoding: chunked\r\n\r\nwhat a user wrote\r\n\r\n"));

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => contentType == "application/json"
            ? Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop)
            : Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync([]));

        Assert.DoesNotContain("what a user wrote", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_the_server_said_comes_without_escape_sequences_where_it_is_asked_for()
    {
        await using var server = ReplayServer.Start(static connection => connection.AnswerAsync(
            "500 Internal Server Error", """{"error":{"code":"SystemError","message":"one\n\u001b[31mtwo"}}"""));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(
            () => Calls.Endpoint(server.ScoringUri, new() { IncludeServerMessage = true }).HelloAsync(cancellationToken: Stop));

        Assert.Equal("one\n[31mtwo", exception.ServerMessage);
        Assert.EndsWith("one\n[31mtwo", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _listener.Dispose();

    private async Task<(FlowRequestException Exception, Activity Span)> FailAsync(string body, string headers = "")
    {
        await using var server = ReplayServer.Start(connection => connection.SendAsync(
            $"HTTP/1.1 424 Failed\r\nContent-Type: application/json\r\n{headers}Content-Length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        var port = server.ScoringUri.Port;

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        lock (_spans)
        {
            return (exception, _spans.Single(s => Equals(s.GetTagItem("server.port"), port)));
        }
    }

    private static void AssertPlain(Activity span)
    {
        foreach (var (_, value) in span.TagObjects)
        {
            AssertPlain($"{value}", 200);
        }

        AssertPlain(span.StatusDescription ?? "", 100);
    }

    private static void AssertPlain(string text, int length)
    {
        Assert.InRange(text.Length, 0, length);
        Assert.DoesNotContain(text, static c => char.IsControl(c) || c is '\u2028' or '\u2029' || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format);
    }
}
