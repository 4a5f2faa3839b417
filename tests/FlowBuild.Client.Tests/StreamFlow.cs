using System.Text.Json;

namespace FlowBuild.Client.Tests;

// The shape of what the generator emits for tests/Transcripts/flows/stream.flow.dag.yaml: a chat flow whose answer streams.
internal sealed record StreamInput
{
    public required string Question { get; init; }

    public long? FailAfter { get; init; }

    public static void Write(Utf8JsonWriter writer, StreamInput input)
    {
        writer.WriteStartObject();
        writer.WriteString("question"u8, input.Question);
        if (input.FailAfter is { } failAfter)
        {
            writer.WriteNumber("fail_after"u8, failAfter);
        }

        writer.WriteEndObject();
    }
}

internal sealed record StreamOutput(string Answer, long Turns)
{
    public static StreamOutput Read(ref Utf8JsonReader reader)
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
}

internal sealed record StreamUpdate(string? Answer, long? Turns)
{
    public static StreamUpdate Read(ref Utf8JsonReader reader)
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
