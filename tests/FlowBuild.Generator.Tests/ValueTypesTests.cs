using FlowBuild.Generator.Tests.Harness;

namespace FlowBuild.Generator.Tests;

/// <summary>Lists and objects that the item gives a type.</summary>
public sealed class ValueTypesTests
{
    private const string Yaml = """
        inputs:
          context:
            type: list
          scores:
            type: list
            default: []
          profile:
            type: object
        outputs:
          context:
            type: list
            reference: ${n.output.context}
          numbers:
            type: list
            reference: ${n.output.numbers}
          profile:
            type: object
            reference: ${n.output.profile}
          place:
            type: object
            reference: ${n.output.place}
          pictures:
            type: list
            reference: ${n.output.pictures}
        nodes:
        - name: n
          type: python
          source:
            type: code
            path: n.py

        """;

    private const string Types = """
        namespace My
        {
            public sealed record Profile(string Name, int Age);

            public readonly record struct Place(double X, double Y);

            public sealed class AppJson() : System.Text.Json.Serialization.JsonSerializerContext(null)
            {
                private static readonly JsonSerializerOptions _options = new() { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };

                public static AppJson Default { get; } = new();

                protected override JsonSerializerOptions? GeneratedSerializerOptions => null;

                public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => _options.GetTypeInfo(type);
            }
        }
        """;

    private const string Call = """
        var output = await new RagClient(http).ScoreAsync(new() { Context = ["a", "b"], Scores = [0.5, double.NaN], Profile = new My.Profile("Ada", 36) });
        return $"{string.Join(',', output.Context ?? [])} {string.Join(',', output.Numbers ?? [])} {output.Profile} {output.Place} {output.Pictures?.Count}";
        """;

    [Fact]
    public async Task Typed_values_go_out_and_come_back()
    {
        using var endpoint = new Answering(
            """{"context":["c"],"numbers":[1,2],"profile":{"Name":"Bob","Age":1},"place":{"X":1,"Y":2},"pictures":[{"data:image/png;base64":"AQID"}]}""");

        var result = await GeneratedAssembly.RunAsync(endpoint.Client(), Call, Project(), Types);

        Assert.Equal("""{"context":["a","b"],"scores":[0.5,NaN],"profile":{"Name":"Ada","Age":36}}""", endpoint.Requests[0]);
        Assert.Equal("c 1,2 Profile { Name = Bob, Age = 1 } Place { X = 1, Y = 2 } 1", result);
    }

    [Fact]
    public async Task Typed_outputs_can_be_null_or_missing()
    {
        using var endpoint = new Answering("""{"context":null,"profile":null,"place":null}""");

        var result = await GeneratedAssembly.RunAsync(endpoint.Client(), Call, Project(), Types);

        Assert.Equal("    ", result);
    }

    [Theory]
    [InlineData("""{"context":["a",1]}""", "context")]
    [InlineData("""{"context":"a"}""", "context")]
    [InlineData("""{"numbers":["a"]}""", "numbers")]
    [InlineData("""{"profile":[]}""", "profile")]
    [InlineData("""{"place":{"X":"a"}}""", "place")]
    public async Task A_value_that_is_not_of_the_given_type_breaks_the_contract(string answer, string output)
    {
        using var endpoint = new Answering(answer);

        var named = await GeneratedAssembly.RunAsync(
            endpoint.Client(), $$"""try { {{Call}} } catch (FlowContractException exception) { return exception.OutputName!; }""", Project(), Types);

        Assert.Equal(output, named);
    }

    [Theory]
    [InlineData("""{"numbers":[1,"a"]}""", "An item of the output 'numbers' is to be int, the type that the project gives it, but the answer holds a string.")]
    [InlineData("""{"numbers":"a"}""", "The output 'numbers' is declared as list, but the answer holds a string.")]
    public async Task A_breach_says_whether_the_list_or_an_item_is_at_fault(string answer, string message)
    {
        using var endpoint = new Answering(answer);

        var said = await GeneratedAssembly.RunAsync(
            endpoint.Client(), $$"""try { {{Call}} } catch (FlowContractException exception) { return exception.Message; }""", Project(), Types);

        Assert.Equal(message, said);
    }

    private const string Wrong = """
        outputs:
          price: {type: string, reference: "${n.output.price}"}
          answer: {type: string, reference: "${n.output.answer}"}
          sentence: {type: string, reference: "${ask.output}"}
          whole: {type: list, reference: "${n.output.whole}"}
          picture: {type: string, reference: "${n.output.picture}"}
        nodes:
        - {name: n, type: python, source: {type: code, path: n.py}}
        - {name: ask, type: llm, source: {type: code, path: a.jinja2}, inputs: {deployment_name: gpt}, connection: c, api: chat}

        """;

    private const string WrongCall = """
        var output = await new PricesClient(http).ScoreAsync(new());
        double price = output.Price;
        IReadOnlyList<string>? answer = output.Answer;
        string? sentence = output.Sentence;
        long? whole = output.Whole;
        FlowImage? picture = output.Picture;
        return FormattableString.Invariant($"{price} {answer?.Count} {sentence} {whole} {picture?.MediaType}");
        """;

    [Theory]
    [InlineData("""{"price":1.5,"answer":["a"],"sentence":null,"whole":3,"picture":{"data:image/png;base64":"AQID"}}""", "1.5 1  3 image/png")]
    [InlineData("""{"answer":["a"]}""", "The answer lacks the output 'price', which is declared as string.")]
    [InlineData("""{"price":null}""", "The output 'price' is to be double, the type that the project gives it, but the answer holds null.")]
    [InlineData("""{"price":"1"}""", "The output 'price' is to be double, the type that the project gives it, but the answer holds a string.")]
    [InlineData("""{"price":1,"answer":"a"}""", "The output 'answer' is to be a list, the type that the project gives it, but the answer holds a string.")]
    [InlineData("""{"price":1,"sentence":1}""", "The output 'sentence' is declared as string, but the answer holds a number.")]
    public async Task An_output_that_is_declared_wrongly_has_the_type_and_nullability_that_the_item_gives(string answer, string expected)
    {
        using var endpoint = new Answering(answer);
        var project = new FlowProject().Flow(
            "prices/flow.dag.yaml", Wrong, ("ValueTypes", "outputs.price=double! answer=string[] sentence=string? outputs.whole=int picture=FlowImage"));

        var result = await GeneratedAssembly.RunAsync(
            endpoint.Client(), $$"""try { {{WrongCall}} } catch (FlowContractException exception) { return exception.Message; }""", project);

        Assert.Equal(expected, result);
    }

    [Fact]
    public async Task A_given_type_holds_for_the_pieces_of_a_stream_where_a_piece_can_have_it()
    {
        using var endpoint = new Answering(
            "data: {\"whole\": 1}\n\ndata: {\"answer\": [1]}\n\ndata: {\"price\": 2.5}\n\n", "text/event-stream");
        var project = new FlowProject().Flow("prices/flow.dag.yaml", Wrong, ("ValueTypes", "price=double! answer=string[] whole=int"));

        var pieces = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            """
            var pieces = "";
            await foreach (var update in new PricesClient(http).StreamAsync(new()))
            {
                double? price = update.Price;
                JsonElement? answer = update.Answer;
                long? whole = update.Whole;
                pieces += FormattableString.Invariant($"{price}{answer}{whole} ");
            }
            return pieces;
            """,
            project);

        Assert.Equal("1 [1] 2.5 ", pieces);
    }

    private static FlowProject Project() => new FlowProject().Flow(
        "rag/flow.dag.yaml",
        Yaml,
        ("ValueTypes", "context=string[] inputs.scores=double[] numbers=long[] profile=My.Profile place=My.Place pictures=FlowImage[]"),
        ("JsonContext", "My.AppJson"));
}
