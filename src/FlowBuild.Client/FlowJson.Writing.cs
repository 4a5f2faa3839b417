using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace FlowBuild;

/// <content>What writes requests. An <see cref="ArgumentException"/> for a value that cannot be sent names the input.</content>
public static partial class FlowJson
{
    // Doubles from here on are written with an exponent or more digits than a whole number has.
    private const double LargestPlain = 1e15;

    /// <summary>The exception for a part of an input that is null or undefined, and that must not be.</summary>
    /// <param name="input">The name of the input.</param>
    public static ArgumentException UnsetItem(string input) => new($"The input '{input}' holds a value that is null or undefined.");

    /// <summary>Writes an image as a flow of the given message format takes it.</summary>
    public static void WriteImage(Utf8JsonWriter writer, FlowImage image, FlowImageFormat format) => FlowImageJson.Write(writer, image, format);

    /// <summary>Writes any JSON value.</summary>
    /// <exception cref="ArgumentException">It is undefined, as <c>default(JsonElement)</c> is.</exception>
    public static void WriteElement(Utf8JsonWriter writer, JsonElement value, string input)
    {
        ArgumentNullException.ThrowIfNull(writer);

        if (value.ValueKind == JsonValueKind.Undefined)
        {
            throw UnsetItem(input);
        }

        value.WriteTo(writer);
    }

    /// <summary>Writes any JSON values as an array.</summary>
    /// <exception cref="ArgumentException">One is undefined, as <c>default(JsonElement)</c> is.</exception>
    public static void WriteList(Utf8JsonWriter writer, IReadOnlyList<JsonElement> list, string input)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(list);

        writer.WriteStartArray();
        for (var index = 0; index < list.Count; index++)
        {
            WriteElement(writer, list[index], input);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a value of the caller's own type.</summary>
    /// <exception cref="ArgumentException">It is null, or its serializer cannot write it, as where it holds <c>NaN</c>.</exception>
    public static void WriteValue<T>(Utf8JsonWriter writer, T value, JsonTypeInfo<T> typeInfo, string input)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(typeInfo);

        if (value is null)
        {
            throw UnsetItem(input);
        }

        try
        {
            JsonSerializer.Serialize(writer, value, typeInfo);
        }
        catch (Exception exception) when (IsOfValue(exception))
        {
            throw Unwritable(input, exception);
        }
    }

    /// <summary>Writes the inputs of a flow that declares none.</summary>
    /// <exception cref="ArgumentException">One cannot be written as JSON, as <c>NaN</c>.</exception>
    public static void WriteInputs(Utf8JsonWriter writer, JsonObject inputs)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(inputs);

        writer.WriteStartObject();
        foreach (var (name, value) in inputs)
        {
            writer.WritePropertyName(name);
            if (value is null)
            {
                writer.WriteNullValue();
                continue;
            }

            try
            {
                value.WriteTo(writer);
            }
            catch (Exception exception) when (IsOfValue(exception))
            {
                throw Unwritable(name, exception);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes the value of a <c>double</c> input. What JSON has no number for (NaN, infinities) is written as the text that the server
    /// converts to it.
    /// </summary>
    public static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        ArgumentNullException.ThrowIfNull(writer);

        if (!double.IsFinite(value))
        {
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
        else if (value == 0 && double.IsNegative(value))
        {
            WriteWhole(writer, value);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    /// <summary>
    /// Writes a double in a list, whose items the server does not convert: whole numbers with a fraction, so that they are a float there
    /// too, and NaN and infinities bare, as Python reads and writes them.
    /// </summary>
    public static void WriteDoubleItem(Utf8JsonWriter writer, double value)
    {
        ArgumentNullException.ThrowIfNull(writer);

        if (!double.IsFinite(value))
        {
            writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
        }
        else if (Math.Abs(value) < LargestPlain && double.IsInteger(value))
        {
            WriteWhole(writer, value);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    // "-0" would be the whole number 0 to Python, without its sign.
    private static void WriteWhole(Utf8JsonWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var length, "F1", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }

    // What serializers throw about a value; what else they throw is a fault of the serializer, or of memory.
    private static bool IsOfValue(Exception exception) => exception is ArgumentException or InvalidOperationException or JsonException or NotSupportedException;

    private static ArgumentException Unwritable(string input, Exception exception) =>
        new($"The input '{input}' holds a value that cannot be written as JSON, such as NaN, or nests too deep.", exception);
}
