using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowBuild.Benchmarks.Client;

// The contract of tests/Transcripts/flows/stream.flow.dag.yaml, as each of the measured clients has it.
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

/// <summary>Readers and writers in the shape that the generator emits.</summary>
internal static class ChatJson
{
    public static void WriteInput(Utf8JsonWriter writer, ChatInput input)
    {
        writer.WriteStartObject();
        if (input.ChatHistory is { } history)
        {
            writer.WriteStartArray("chat_history"u8);
            foreach (var turn in history)
            {
                writer.WriteStartObject();
                writer.WriteStartObject("inputs"u8);
                writer.WriteString("question"u8, turn.Inputs.Question);
                writer.WriteEndObject();
                writer.WriteStartObject("outputs"u8);
                writer.WriteString("answer"u8, turn.Outputs.Answer);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteString("question"u8, input.Question);
        writer.WriteEndObject();
    }

    public static ChatOutput ReadOutput(ref Utf8JsonReader reader)
    {
        string? answer = null;
        long? turns = null;
        FlowJson.ReadStartObject(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("answer"u8))
            {
                reader.Read();
                answer = FlowJson.ReadString(ref reader, "answer");
            }
            else if (reader.ValueTextEquals("turns"u8))
            {
                reader.Read();
                turns = FlowJson.ReadInt64(ref reader, "turns");
            }
            else
            {
                reader.Skip();
            }
        }

        return new(answer ?? throw FlowJson.Missing("answer", "string"), turns ?? throw FlowJson.Missing("turns", "int"));
    }

    public static ChatUpdate ReadUpdate(ref Utf8JsonReader reader)
    {
        string? answer = null;
        long? turns = null;
        FlowJson.ReadStartObject(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("answer"u8))
            {
                reader.Read();
                answer = FlowJson.ReadDelta(ref reader, "answer");
            }
            else if (reader.ValueTextEquals("turns"u8))
            {
                reader.Read();
                turns = FlowJson.ReadNullableInt64(ref reader, "turns");
            }
            else
            {
                reader.Skip();
            }
        }

        return new(answer, turns);
    }
}
