using System.Text;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>Whatever bytes an endpoint answers with, a call ends with an output or in an exception that the client documents.</summary>
[Trait("Category", "Security")]
public sealed class AnswerFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "null", "true", "1e999", "-0", "99999999999999999999", "NaN", "\u0000", "\u001b[31m", "\n", "\n\n", "\r",
        "\r\n\r\n", "data:", "data: {}\n\n", "event: x\n", "id: \u0000\n", "retry: 99999999999\n", ": ", "\uFEFF", "\u2028", "\"error\":{\"code\":5,\"message\":{}}",
    ];

    private static readonly string[] Answers =
    [
        """{"output":"HI HI","count":2,"ratio":0.5,"tags":["a",{"b":null}],"extra":{"a":[1,2,{"b":"c"}]}}""", "{}", "[]", "null", "\"text\"",
        """{"data:image/png;base64":"aGk="}""",
    ];

    private static readonly string[] Errors =
    [
        """{"error":{"code":"UserError","message":"Execution failure in 'echo': (ValueError) boom"}}""",
        """{"error":{"code":"UserError","message":"Required input(s) ['text'] are missing in request data {\"a\": 1}."}}""", "<html>", "",
    ];

    private static readonly string[] Streams =
    [
        "data: {\"turns\": 1}\n\ndata: {\"answer\": \"a\"}\n\ndata: {\"answer\": \" b\"}\n\n", ": comment\r\n\r\nevent: message\r\nid: 1\r\ndata: {\"answer\": \"a\"}\r\ndata: x\r\n\r\n",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("200 OK", "application/json")]
    [InlineData("424 Failed Dependency", "application/json")]
    [InlineData("400 Bad Request", "text/plain")]
    [InlineData("200 OK", "text/event-stream")]
    public async Task Any_answer_ends_in_an_output_or_in_a_documented_exception(string status, string contentType)
    {
        var random = new Random(20261129);
        var (texts, isStream) = contentType == "text/event-stream" ? (Streams, true) : (status.StartsWith("200", StringComparison.Ordinal) ? Answers : Errors, false);
        var next = "";
        await using var server = ReplayServer.Start(async connection =>
        {
            var body = Encoding.UTF8.GetBytes(next);
            await connection.SendAsync($"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n");
            await connection.SendAsync(body);
        });
        var endpoint = Calls.Endpoint(server.ScoringUri, new() { Timeout = TimeSpan.FromMinutes(1), MaxResponseSize = 1024 * 1024 });
        var count = Fuzz.Count(1_000);
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            next = Fuzz.Damage(texts, Fragments, random);
            try
            {
                await (isStream ? endpoint.StreamAsync(Stop).IntoAsync([]) : endpoint.HelloAsync(cancellationToken: Stop));
            }
            catch (Exception e) when (e is FlowRequestException or FlowContractException or FlowStreamInterruptedException)
            {
                refused++;
                Assert.False(e.Message.Length > 1000 || e.Message.Any(char.IsControl), $"Answer {i} is in the message: {e.Message}\n{next}");
            }
            catch (Exception e)
            {
                Assert.Fail($"Answer {i}: {e}\n{next}");
            }
        }

        output.WriteLine($"{count} answers, {refused} refused");
        Assert.NotEqual(0, refused);
    }
}
