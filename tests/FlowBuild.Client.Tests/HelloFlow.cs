using System.Text.Json;

namespace FlowBuild.Client.Tests;

// The shape of what the generator emits for tests/Transcripts/flows/hello.flow.dag.yaml.
internal sealed record HelloInput
{
    public required string Text { get; init; }

    public long? Times { get; init; }

    public double? Ratio { get; init; }

    public bool? Shout { get; init; }

    public IReadOnlyList<JsonElement>? Tags { get; init; }

    public JsonElement? Extra { get; init; }

    public static void Write(Utf8JsonWriter writer, HelloInput input)
    {
        writer.WriteStartObject();
        writer.WriteString("text"u8, input.Text);
        if (input.Times is { } times)
        {
            writer.WriteNumber("times"u8, times);
        }

        if (input.Ratio is { } ratio)
        {
            writer.WriteNumber("ratio"u8, ratio);
        }

        if (input.Shout is { } shout)
        {
            writer.WriteBoolean("shout"u8, shout);
        }

        if (input.Tags is { } tags)
        {
            writer.WritePropertyName("tags"u8);
            FlowJson.WriteList(writer, tags, "tags");
        }

        if (input.Extra is { } extra)
        {
            writer.WritePropertyName("extra"u8);
            extra.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}

internal sealed record HelloOutput
{
    public string? Output { get; init; }

    public long? Count { get; init; }

    public JsonElement Types { get; init; }

    public IReadOnlyList<JsonElement>? Passthru { get; init; }

    public static HelloOutput Read(ref Utf8JsonReader reader)
    {
        string? output = null;
        long? count = null;
        JsonElement types = default;
        IReadOnlyList<JsonElement>? passthru = null;
        FlowJson.ReadStartObject(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("output"u8))
            {
                reader.Read();
                output = FlowJson.ReadNullableString(ref reader, "output");
            }
            else if (reader.ValueTextEquals("count"u8))
            {
                reader.Read();
                count = FlowJson.ReadNullableInt64(ref reader, "count");
            }
            else if (reader.ValueTextEquals("types"u8))
            {
                reader.Read();
                types = FlowJson.ReadElement(ref reader, "types");
            }
            else if (reader.ValueTextEquals("passthru"u8))
            {
                reader.Read();
                passthru = FlowJson.ReadNullableList(ref reader, "passthru");
            }
            else
            {
                reader.Skip();
            }
        }

        return new() { Output = output, Count = count, Types = types, Passthru = passthru };
    }
}
