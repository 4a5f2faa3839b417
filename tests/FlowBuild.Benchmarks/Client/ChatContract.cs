using System.Text.Json.Serialization;

namespace FlowBuild.Benchmarks.Client;

// The contract of tests/Transcripts/flows/stream.flow.dag.yaml, as one writes it by hand; FlowBuild's and NSwag's are generated.
public sealed record ChatTurn(
    [property: JsonPropertyName("inputs")] ChatTurnInputs Inputs,
    [property: JsonPropertyName("outputs")] ChatTurnOutputs Outputs);

public sealed record ChatTurnInputs([property: JsonPropertyName("question")] string Question);

public sealed record ChatTurnOutputs([property: JsonPropertyName("answer")] string Answer);

public sealed record ChatInput(
    [property: JsonPropertyName("question")] string Question,
    [property: JsonPropertyName("chat_history")] IReadOnlyList<ChatTurn>? ChatHistory);

public sealed record ChatOutput(
    [property: JsonPropertyName("answer")] string Answer,
    [property: JsonPropertyName("turns")] long Turns);

public sealed record ChatUpdate(
    [property: JsonPropertyName("answer")] string? Answer,
    [property: JsonPropertyName("turns")] long? Turns);

[JsonSerializable(typeof(ChatInput))]
[JsonSerializable(typeof(ChatOutput))]
[JsonSerializable(typeof(ChatUpdate))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ChatJsonContext : JsonSerializerContext;
