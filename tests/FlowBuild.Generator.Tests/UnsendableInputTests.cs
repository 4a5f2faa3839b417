using FlowBuild.Generator.Tests.Harness;

namespace FlowBuild.Generator.Tests;

/// <summary>Values that no request can hold: the exception names the input, and nothing is sent.</summary>
public sealed class UnsendableInputTests
{
    private const string Yaml = """
        inputs:
          question: {type: string, is_chat_input: true}
          chat_history: {type: list, default: []}
          anything: {type: list, default: []}
          value: {type: object, default: {}}
          tags: {type: list, default: []}
          pictures: {type: list, default: []}
          place: {type: object, default: {}}
        outputs:
          answer: {type: string, reference: "${ask.output}", is_chat_output: true}
        nodes:
        - {name: ask, type: llm, source: {type: code, path: a.jinja2}, inputs: {deployment_name: gpt}, connection: c, api: chat}

        """;

    private const string Types = """
        namespace My
        {
            public sealed class Place { public double X { get; set; } public Place? Inner { get; set; } }

            public sealed class AppJson() : System.Text.Json.Serialization.JsonSerializerContext(null)
            {
                private static readonly JsonSerializerOptions _options = new() { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };

                public static AppJson Default { get; } = new();

                protected override JsonSerializerOptions? GeneratedSerializerOptions => null;

                public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => _options.GetTypeInfo(type);
            }
        }
        """;

    [Theory]
    [InlineData("ChatHistory = [null!]", "chat_history")]
    [InlineData("""ChatHistory = [new() { Question = null!, Answer = "a" }]""", "chat_history")]
    [InlineData("""ChatHistory = [new() { Question = "q", Answer = null! }]""", "chat_history")]
    [InlineData("Anything = [default]", "anything")]
    [InlineData("""Anything = [JsonDocument.Parse("1").RootElement, default]""", "anything")]
    [InlineData("Value = default(JsonElement)", "value")]
    [InlineData("Tags = [null!]", "tags")]
    [InlineData("Pictures = [null!]", "pictures")]
    [InlineData("Place = new() { X = double.NaN }", "place")]
    public async Task The_input_is_named(string member, string input)
    {
        using var endpoint = new Answering("""{"answer":"a"}""");
        var project = new FlowProject().Flow(
            "chat/flow.dag.yaml", Yaml, ("ValueTypes", "tags=string[] pictures=FlowImage[] place=My.Place"), ("JsonContext", "My.AppJson"));

        var message = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            $$"""
            try { await new ChatClient(http).ScoreAsync(new() { Question = "q", {{member}} }); return "sent"; }
            catch (ArgumentException exception) { return exception.Message; }
            """,
            project,
            Types);

        Assert.StartsWith($"The input '{input}' holds a value that ", message, StringComparison.Ordinal);
        Assert.Empty(endpoint.Requests);
    }

    [Theory]
    [InlineData("double.NaN")]
    [InlineData("new System.Text.Json.Nodes.JsonArray(float.PositiveInfinity)")]
    public async Task An_input_of_a_flow_that_declares_none_is_named(string value)
    {
        using var endpoint = new Answering("1");

        var message = await GeneratedAssembly.RunAsync(
            endpoint.Client(),
            $$"""
            try { await new FlexClient(http).ScoreAsync(new() { ["good"] = 1, ["none"] = null, ["score"] = {{value}} }); return "sent"; }
            catch (ArgumentException exception) { return exception.Message; }
            """,
            new FlowProject().Flow("flex/flow.flex.yaml", "entry: flow:run\n"));

        Assert.StartsWith("The input 'score' holds a value that cannot be written as JSON", message, StringComparison.Ordinal);
        Assert.Empty(endpoint.Requests);
    }
}
