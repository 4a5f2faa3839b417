using System.Text.Json.Nodes;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;

namespace FlowBuild.Generator.Tests;

/// <summary>
/// The clients of the recorded flows, generated from their files, against the recorded exchanges of both engines, replayed over sockets:
/// what is sent is what was recorded, what comes is what the flow gave.
/// </summary>
public sealed class RecordedFlowTests
{
    public static TheoryData<string, string, string, string, string> Calls
    {
        get
        {
            var calls = new TheoryData<string, string, string, string, string>();
            foreach (var engine in new[] { "flask", "fastapi" })
            {
                calls.Add(engine, "success_all_inputs", "hello", """
                    var tags = JsonDocument.Parse("[\"a\",1,null,{\"k\":2}]").RootElement.EnumerateArray().ToArray();
                    var extra = JsonDocument.Parse("{\"x\":[1]}").RootElement;
                    var o = await new FlowClient(http).ScoreAsync(new() { Text = "hi", Times = 2, Ratio = 1.5, Shout = true, Tags = tags, Extra = extra });
                    return $"{o.Output} {o.Count} {o.Types?.GetProperty("ratio")} {o.Passthru?.Count}";
                    """, "HI HI 2 float 4");
                calls.Add(engine, "node_exception", "hello", """
                    try { await new FlowClient(http).ScoreAsync(new() { Text = "BOOM" }); return "answered"; }
                    catch (FlowRequestException e) { return $"{(int?)e.StatusCode} {e.Code} {e.Node}"; }
                    """, "400 UserError echo");
                calls.Add(engine, "stream_both_accept", "stream", """
                    var pieces = new List<string>();
                    await foreach (var u in new FlowClient(http).StreamAsync(new() { Question = "a b" })) pieces.Add(u.Turns?.ToString() ?? u.Answer ?? "null");
                    return string.Join('|', pieces);
                    """, "0|Echo: |a |b |é中 ");
                calls.Add(engine, "stream_error_midway", "stream", """
                    var answer = "";
                    try { await foreach (var u in new FlowClient(http).StreamAsync(new() { Question = "a b c", FailAfter = 2 })) answer += u.Answer; return "ended"; }
                    catch (FlowStreamInterruptedException) { return answer; }
                    """, "Echo: a ");
                calls.Add(engine, "odd_names", "odd", """
                    var o = await new FlowClient(http).ScoreAsync(new() { MyInput = "a", MyInput2 = "b", Class = "c", _1st = 5, Naïve = "ü" });
                    return $"{o.OutPut} {o.OutPut2} {o.Class} {o._1st} {o.Naïve}";
                    """, "a b c 5 ü");
                calls.Add(engine, "image_basic_dict", "image", """
                    var png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
                    var o = await new FlowClient(http).ScoreAsync(new() { Image = FlowImage.FromBytes(png, "image/png") });
                    var inList = FlowImage.FromJson(o.All![1]);
                    return $"{o.Output!.MediaType} {o.Output.Bytes.Span.SequenceEqual(png)} {inList.Bytes.Span.SequenceEqual(png)} {inList.ToJson().GetRawText() == o.All[1].GetRawText()}";
                    """, "image/png True True True");
                calls.Add(engine, "flex_function_string_result", "flexfn", """
                    return (await new FlowClient(http).ScoreAsync(new() { ["question"] = "q" })).GetString()!;
                    """, "qqq");
                calls.Add(engine, "no_inputs_empty_body", "noinput", """
                    return (await new FlowClient(http).ScoreAsync(new())).Output ?? "null";
                    """, "constant");
                calls.Add(engine, "bypassed_node_null_output", "activate", """
                    return (await new FlowClient(http).ScoreAsync(new() { Text = "stop" })).Output ?? "null";
                    """, "null");
            }

            return calls;
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_generated_client_speaks_with_the_recorded_flow(string engine, string exchange, string flow, string call, string result)
    {
        var transcript = Transcript.Load($"{engine}_{exchange}");
        await using var server = ReplayServer.Start(transcript);
        using var http = new HttpClient { BaseAddress = server.ScoringUri };

        Assert.Equal(result, await GeneratedAssembly.RunAsync(http, call, Project(flow)));

        // Flows without inputs ignore the body: the recorded one was empty.
        if (transcript.RequestBody.Length > 0)
        {
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse(transcript.RequestBody), JsonNode.Parse(server.Requests[0].Body)),
                $"recorded {transcript.RequestBody}, sent {server.Requests[0].Body}");
        }
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_conversation_that_is_cut_keeps_no_turn_and_goes_on(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load($"{engine}_stream_error_midway"), Transcript.Load($"{engine}_stream_both_accept"));
        using var http = new HttpClient { BaseAddress = server.ScoringUri };

        var turns = await GeneratedAssembly.RunAsync(
            http,
            """
            var conversation = new FlowConversation(new FlowClient(http));
            try { await foreach (var u in conversation.StreamAsync("one")) { } } catch (FlowStreamInterruptedException) { }
            var kept = conversation.Turns.Count;
            await foreach (var u in conversation.StreamAsync("two")) { }
            return $"{kept} {conversation.Turns.Count} {conversation.Turns[0].Question} {conversation.Turns[0].Answer}";
            """,
            Project("stream"));

        Assert.Equal("0 1 two Echo: a b é中 ", turns);
        Assert.Equal("""{"chat_history":[],"question":"two"}""", server.Requests[1].Body);
    }

    private static FlowProject Project(string flow)
    {
        var file = Directory.GetFiles(Path.Combine(Transcript.Folder, "flows"), flow + ".flow.*.yaml").Single();
        return new FlowProject().Flow($"{flow}/{Path.GetFileName(file)[(flow.Length + 1)..]}", File.ReadAllText(file), ("ClientName", "Flow"));
    }
}
