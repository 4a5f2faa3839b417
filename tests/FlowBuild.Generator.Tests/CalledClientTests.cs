using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Tests.Harness;
using static FlowBuild.Generator.Tests.Harness.Contracts;

namespace FlowBuild.Generator.Tests;

/// <summary>Generated code, compiled, loaded and called.</summary>
public sealed class CalledClientTests
{
    [Fact]
    public async Task A_call_sends_what_is_set_and_gives_the_typed_answer()
    {
        using var endpoint = new Answering("""{"extra":{"x":[1]},"answer":"A flow."}""");
        var answer = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var output = await new ChatBasicClient(http).ScoreAsync(new() { Question = "What is a flow?" });
            return output.Answer;
            """,
            Model("ChatBasic", ChatBasic));

        Assert.Equal("A flow.", answer);
        Assert.Equal("""{"question":"What is a flow?"}""", Assert.Single(endpoint.Requests));
    }

    [Fact]
    public async Task Inputs_of_every_type_arrive_as_the_flow_takes_them()
    {
        using var endpoint = new Answering("{}");
        await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            using var document = JsonDocument.Parse("{\"k\":[1,null]}");
            await new AllClient(http).ScoreAsync(new()
            {
                String = "é\"", Int = long.MaxValue, Double = 0.5, Bool = true, List = [document.RootElement], Object = document.RootElement,
                Image = FlowImage.FromBytes(new byte[] { 1, 2, 3 }, "image/png"), MyOddName = double.NaN,
            });
            return "";
            """,
            Model("All", Dag(
                [.. Enum.GetValues<FlowValueType>().Select(type => In(type.ToString(), type)), In("my odd-name", FlowValueType.Double, "1")], [])));

        Assert.Equal(
            """{"String":"é\"","Int":9223372036854775807,"Double":0.5,"Bool":true,"List":[{"k":[1,null]}],"Object":{"k":[1,null]},"Image":{"data:image/png;base64":"AQID"},"my odd-name":"NaN"}""",
            System.Text.Json.JsonDocument.Parse(endpoint.Requests[0]).RootElement is var sent ? Relaxed(sent) : "");
    }

    [Theory]
    [InlineData(FlowValueType.String, "null!")]
    [InlineData(FlowValueType.Object, "default")]
    [InlineData(FlowValueType.List, "null!")]
    [InlineData(FlowValueType.Image, "null!")]
    public async Task A_required_input_is_never_sent_as_null(FlowValueType type, string unset)
    {
        using var endpoint = new Answering("{}");
        var message = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            $$"""
            try { await new RequiredClient(http).ScoreAsync(new() { Text = {{unset}} }); return "sent"; }
            catch (ArgumentException exception) { return exception.Message; }
            """,
            Model("Required", Dag([In("text", type)], [])));

        Assert.Contains("'text'", message, StringComparison.Ordinal);
        Assert.Empty(endpoint.Requests);
    }

    [Theory]
    [InlineData("""{"text":"a"}""", "number")]
    [InlineData("""{"number":1}""", "text")]
    [InlineData("""{"text":null,"number":1}""", "text")]
    [InlineData("""{"text":"a","number":9223372036854775808}""", "number")]
    [InlineData("""{"text":"a","number":"1"}""", "number")]
    [InlineData("""{"text":["a"],"number":1}""", "text")]
    [InlineData("""{"text":"a","number":NaN}""", "number")]
    [InlineData("[]", "")]
    public async Task An_answer_that_breaks_the_contract_names_the_output(string answer, string output)
    {
        using var endpoint = new Answering(answer);
        var named = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            try { await new StrictClient(http).ScoreAsync(new()); return "accepted"; }
            catch (FlowContractException exception) { return exception.OutputName ?? ""; }
            """,
            Model("Strict", Dag([], [Out("text"), Out("number", FlowValueType.Int)])));

        Assert.Equal(output, named);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"string":null,"int":null,"double":null,"bool":null,"list":null,"object":null,"image":null}""")]
    public async Task A_nullable_output_is_null_when_it_is_missing_or_null(string answer)
    {
        using var endpoint = new Answering(answer);
        var isNull = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var o = await new MaybeClient(http).ScoreAsync(new());
            return (o.String is null && o.Int is null && o.Double is null && o.Bool is null && o.List is null && o.Object is null && o.Image is null).ToString();
            """,
            Model("Maybe", Dag([], Enum.GetValues<FlowValueType>().Select(type => Out(type.ToString().ToLowerInvariant(), type, isNullable: true)))));

        Assert.Equal("True", isNull);
    }

    [Fact]
    public async Task A_stream_gives_the_other_outputs_first_and_then_each_piece()
    {
        using var endpoint = new Answering(
            "data: {\"turns\": 0}\n\ndata: {\"answer\": \"Echo: \"}\n\ndata: {\"answer\": null}\n\ndata: {\"answer\": [1]}\n\n", "text/event-stream; charset=utf-8");
        var pieces = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var pieces = new List<string>();
            await foreach (var update in new ChatClient(http).StreamAsync(new() { Question = "a b" })) pieces.Add($"{update.Turns}/{update.Answer ?? "-"}");
            return string.Join(' ', pieces);
            """,
            Model("Chat", Dag([In("question")], [Out("answer", canStream: true), Out("turns", FlowValueType.Int)])));

        Assert.Equal("0/- /Echo:  /- /[1]", pieces);
    }

    [Fact]
    public async Task A_conversation_sends_its_finished_turns_and_is_restored_from_json()
    {
        using var endpoint = new Answering("""{"answer":"yes"}""");
        var json = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var client = new ChatBasicClient(http);
            var conversation = new ChatBasicConversation(client);
            await conversation.SendAsync("one");
            await foreach (var update in conversation.StreamAsync("two")) { }
            conversation = ChatBasicConversation.FromJson(client, conversation.ToJson());
            conversation.SelectTurns = turns => [turns[^1]];
            await conversation.SendAsync(new ChatBasicInput { Question = "three" });
            return conversation.ToJson();
            """,
            Model("ChatBasic", ChatBasic));

        const string One = """{"inputs":{"question":"one"},"outputs":{"answer":"yes"}}""";
        const string Two = """{"inputs":{"question":"two"},"outputs":{"answer":"yes"}}""";
        const string Three = """{"inputs":{"question":"three"},"outputs":{"answer":"yes"}}""";
        Assert.Equal(
            [
                """{"chat_history":[],"question":"one"}""",
                "{\"chat_history\":[" + One + "],\"question\":\"two\"}",
                "{\"chat_history\":[" + Two + "],\"question\":\"three\"}",
            ],
            endpoint.Requests);
        Assert.Equal($"[{One},{Two},{Three}]", json);
    }

    [Fact]
    public async Task A_turn_that_fails_leaves_no_trace_and_a_second_message_may_not_overtake()
    {
        using var endpoint = new Answering("""{"answer":1}""");
        var outcome = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var conversation = new ChatBasicConversation(new ChatBasicClient(http));
            try { await conversation.SendAsync("one"); } catch (FlowContractException) { }
            var first = conversation.StreamAsync("two").GetAsyncEnumerator();
            try { await first.MoveNextAsync(); } catch (FlowContractException) { }
            await first.DisposeAsync();

            var stream = conversation.StreamAsync("three").GetAsyncEnumerator();
            await stream.MoveNextAsync();
            var overtaken = "sent";
            try { await conversation.SendAsync("four"); } catch (InvalidOperationException) { overtaken = "refused"; }
            await stream.DisposeAsync();
            return overtaken + conversation.Turns.Count;
            """,
            Model("ChatBasic", ChatBasic));

        Assert.Equal("refused0", outcome);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""[{"inputs":{"question":"q"}}]""")]
    [InlineData("""[{"inputs":{"question":1},"outputs":{"answer":"a"}}]""")]
    [InlineData("""[{"inputs":5,"question":"q","outputs":{"answer":"a"}}]""")]
    [InlineData("no JSON")]
    [InlineData("[1,2]")]
    [InlineData("""[{"inputs":{"question":"q"},"outputs":{"answer":"a"}},1]""")]
    public async Task Stored_turns_that_are_none_are_refused(string stored)
    {
        using var endpoint = new Answering("{}");
        var outcome = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            $$""""
            try { ChatBasicConversation.FromJson(new ChatBasicClient(http), """{{stored}}"""); return "restored"; }
            catch (FormatException) { return "refused"; }
            """",
            Model("ChatBasic", ChatBasic));

        Assert.Equal("refused", outcome);
    }

    [Fact]
    public async Task A_flex_flow_takes_any_object_and_gives_any_value()
    {
        using var endpoint = new Answering("\"qqq\"");
        var answer = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """return (await new OpenClient(http).ScoreAsync(new JsonObject { ["text"] = "hi" })).GetString()!;""",
            Model("Open", Open()));

        Assert.Equal("qqq", answer);
        Assert.Equal("""{"text":"hi"}""", endpoint.Requests[0]);
    }

    [Fact]
    public async Task An_image_travels_in_the_flows_message_format()
    {
        using var endpoint = new Answering("""{"picture":{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}}""");
        var bytes = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var output = await new VisionClient(http).ScoreAsync(new() { Picture = FlowImage.FromUri(new("https://example.org/a.png")) });
            return Convert.ToBase64String(output.Picture.Bytes.Span);
            """,
            Model("Vision", Dag([In("picture", FlowValueType.Image)], [Out("picture", FlowValueType.Image)], format: FlowMessageFormat.OpenAIVision)));

        Assert.Equal("AQID", bytes);
        Assert.Equal("""{"picture":{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}}""", endpoint.Requests[0]);
    }

    private static string Relaxed(System.Text.Json.JsonElement json)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
