using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Tests.Harness;
using static FlowBuild.Generator.Tests.Harness.Contracts;

namespace FlowBuild.Generator.Tests;

/// <summary><c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> as Python writes them: bare, which is not JSON.</summary>
public sealed class NonFiniteNumberTests
{
    private static readonly FlowContract Numbers = Dag(
        [],
        [
            Out("text", isNullable: true), Out("whole", FlowValueType.Int, isNullable: true), Out("number", FlowValueType.Double, isNullable: true),
            Out("truth", FlowValueType.Bool, isNullable: true), Out("many", FlowValueType.List, isNullable: true),
            Out("any", FlowValueType.Object, isNullable: true), Out("picture", FlowValueType.Image, isNullable: true),
        ]);

    private const string Show = """
        var o = await new NumbersClient(http).ScoreAsync(new());
        return FormattableString.Invariant($"{o.Text}|{o.Number}|{o.Many?[0].ValueKind} {o.Many?[0]}|{o.Any?.GetProperty("a")[0].ValueKind} {o.Any?.GetProperty("a")[0]}");
        """;

    [Theory]
    [InlineData("NaN", "NaN")]
    [InlineData("Infinity", "Infinity")]
    [InlineData("-Infinity", "-Infinity")]
    [InlineData("\"NaN\"", "NaN")]
    [InlineData("-0.0", "-0")]
    public async Task A_double_output_has_a_value_for_it(string written, string read)
    {
        using var endpoint = new Answering($$"""{"text":"NaN, Infinity \" -Infinity","number": {{written}} }""");

        Assert.Equal($"NaN, Infinity \" -Infinity|{read}| | ", await Call(endpoint, Show));
    }

    [Fact]
    public async Task An_element_is_a_string_of_its_name()
    {
        using var endpoint = new Answering("""{"many":[NaN,1],"any":{"a":[-Infinity]}}""");

        Assert.Equal("||String NaN|String -Infinity", await Call(endpoint, Show));
    }

    [Theory]
    [InlineData("""{"text":NaN}""", "The output 'text' is declared as string, but the answer holds NaN.")]
    [InlineData("""{"whole":-Infinity}""", "The output 'whole' is declared as int, but the answer holds -Infinity.")]
    [InlineData("""{"truth":Infinity}""", "The output 'truth' is declared as bool, but the answer holds Infinity.")]
    [InlineData("""{"many":NaN}""", "The output 'many' is declared as list, but the answer holds NaN.")]
    [InlineData("""{"picture":NaN}""", "The output 'picture' is declared as image, but the answer holds NaN.")]
    [InlineData("""NaN""", "The answer is not a JSON object with the flow's outputs, but NaN.")]
    [InlineData("""{"number":1e400}""", "The output 'number' is declared as double, but the answer holds a number beyond the range of double.")]
    [InlineData("{\"a\":NaN,\n\"b\":[NaN, Infinity, }", "The answer is no JSON from line 2, byte 21 on.")]
    [InlineData("{\"a\":NaN,\"b\":NaNa}", "The answer is no JSON from line 1, byte 17 on.")]
    public async Task What_cannot_hold_it_is_named(string answer, string message)
    {
        using var endpoint = new Answering(answer);

        Assert.Equal(message, await Call(endpoint, $"try {{ {Show} }} catch (FlowContractException e) {{ return e.Message; }}"));
    }

    [Fact]
    public async Task The_raw_response_of_an_exception_is_as_the_server_wrote_it()
    {
        using var endpoint = new Answering("""{"whole":NaN}""");

        Assert.Equal("""{"whole":NaN}""", await Call(endpoint, $"try {{ {Show} }} catch (FlowContractException e) {{ return e.RawResponse!; }}"));
    }

    [Fact]
    public async Task The_pieces_of_a_stream_hold_it_too()
    {
        using var endpoint = new Answering("data: {\"score\": NaN}\n\ndata: {\"answer\": Infinity}\n\ndata: {\"answer\": \"a\"}\n\n", "text/event-stream");

        var pieces = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var pieces = "";
            await foreach (var update in new ChatClient(http).StreamAsync(new())) pieces += FormattableString.Invariant($"{update.Score}{update.Answer} ");
            return pieces;
            """,
            Model("Chat", Dag([], [Out("answer", canStream: true), Out("score", FlowValueType.Double)])));

        Assert.Equal("NaN Infinity a ", pieces);
    }

    [Fact]
    public async Task Doubles_of_a_list_go_out_as_floats_and_of_an_input_as_what_the_server_converts()
    {
        using var endpoint = new Answering("{}");
        var project = new FlowProject().Flow(
            "f/flow.dag.yaml", "inputs:\n  scores: {type: list}\n  score: {type: double}\n  other: {type: double}\n", ("ValueTypes", "scores=double[]"));

        await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            await new FClient(http).ScoreAsync(new()
            {
                Scores = [double.NaN, double.NegativeInfinity, -0.0, 3, -12, 0.1, 1e300, 123456789012345], Score = -0.0, Other = double.PositiveInfinity,
            });
            return "";
            """,
            project);

        Assert.Equal(
            """{"scores":[NaN,-Infinity,-0.0,3.0,-12.0,0.1,1E+300,123456789012345.0],"score":-0.0,"other":"Infinity"}""", endpoint.Requests[0]);
    }

    [Fact]
    public async Task Turns_with_it_are_restored_from_json()
    {
        using var endpoint = new Answering("""{"answer":[NaN, 1.5]}""");
        var project = new FlowProject().Flow(
            "chat/flow.dag.yaml",
            """
            inputs:
              question: {type: string, is_chat_input: true}
              chat_history: {type: list, default: []}
            outputs:
              answer: {type: list, reference: "${n.output}", is_chat_output: true}
            nodes:
            - {name: n, type: python, source: {type: code, path: n.py}}

            """,
            ("ValueTypes", "outputs.answer=double[]"));

        var restored = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var client = new ChatClient(http);
            var conversation = new ChatConversation(client);
            await conversation.SendAsync("one");
            return ChatConversation.FromJson(client, conversation.ToJson()).ToJson();
            """,
            project);

        Assert.Equal("""[{"inputs":{"question":"one"},"outputs":{"answer":[NaN,1.5]}}]""", restored);
    }

    private static Task<string> Call(Answering endpoint, string code) => GeneratedAssembly.RunAsync(endpoint.Client(), code, Model("Numbers", Numbers));
}
