using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowBuild;

/// <summary>
/// The building blocks of generated readers and writers. Each <c>Read</c> stands on the value's first token and leaves the reader on its
/// last one; a value that does not fit raises a <see cref="FlowContractException"/> that names the output.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class FlowJson
{
    private const int MaxNames = 8;
    private const int MaxNameLength = 64;

    /// <summary>A text; null does not fit.</summary>
    public static string ReadString(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.String ? Text(ref reader, output) : throw Unfit(ref reader, output, "string");

    /// <summary>A text or null.</summary>
    public static string? ReadNullableString(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadString(ref reader, output);

    /// <summary>A whole number of 64 bits, also when it is written as <c>2.0</c>; null does not fit.</summary>
    public static long ReadInt64(ref Utf8JsonReader reader, string output)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var number))
            {
                return number;
            }

            if (reader.TryGetDecimal(out var precise) && decimal.IsInteger(precise) && precise is >= long.MinValue and <= long.MaxValue)
            {
                return (long)precise;
            }

            throw new FlowContractException(
                $"The output '{output}' is declared as int, but the answer holds a number that is not whole or does not fit into 64 bits.", output, "int");
        }

        throw Unfit(ref reader, output, "int");
    }

    /// <summary>A whole number of 64 bits or null.</summary>
    public static long? ReadNullableInt64(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadInt64(ref reader, output);

    /// <summary>A finite number; null does not fit.</summary>
    public static double ReadDouble(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Unfit(ref reader, output, "double");

    /// <summary>A finite number or null.</summary>
    public static double? ReadNullableDouble(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadDouble(ref reader, output);

    /// <summary>True or false; null does not fit.</summary>
    public static bool ReadBoolean(ref Utf8JsonReader reader, string output) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Unfit(ref reader, output, "bool"),
    };

    /// <summary>True, false or null.</summary>
    public static bool? ReadNullableBoolean(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadBoolean(ref reader, output);

    /// <summary>An array of any JSON values; null does not fit.</summary>
    public static IReadOnlyList<JsonElement> ReadList(ref Utf8JsonReader reader, string output)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Unfit(ref reader, output, "list");
        }

        var array = JsonElement.ParseValue(ref reader);
        var items = new JsonElement[array.GetArrayLength()];
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            items[index++] = item;
        }

        return items;
    }

    /// <summary>An array of any JSON values, or null.</summary>
    public static IReadOnlyList<JsonElement>? ReadNullableList(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadList(ref reader, output);

    /// <summary>Any JSON value, also null: nothing is unfit, so the output is not named.</summary>
    public static JsonElement ReadElement(ref Utf8JsonReader reader, string output) => JsonElement.ParseValue(ref reader);

    /// <summary>An image in either message format; null does not fit.</summary>
    public static FlowImage ReadImage(ref Utf8JsonReader reader, string output) => FlowImageJson.Read(ref reader, output);

    /// <summary>An image in either message format, or null.</summary>
    public static FlowImage? ReadNullableImage(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadImage(ref reader, output);

    /// <summary>An array whose items are all of one type; null does not fit, nor does an item that is none.</summary>
    public static IReadOnlyList<T> ReadListOf<T>(ref Utf8JsonReader reader, string output, FlowJsonValueReader<T> readItem)
    {
        ArgumentNullException.ThrowIfNull(readItem);

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Unfit(ref reader, output, "list");
        }

        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var found = Kind(reader.TokenType);
            try
            {
                items.Add(readItem(ref reader, output));
            }
            catch (FlowContractException exception)
            {
                // The flow declares a list; what its items are, the project says.
                throw new FlowContractException(
                    $"An item of the output '{output}' is to be {exception.DeclaredType}, the type that the project gives it, but the answer holds {found}.",
                    output,
                    "list",
                    exception);
            }
        }

        return items;
    }

    /// <summary>A value of the caller's own type; a value that the type's serializer refuses does not fit.</summary>
    public static T? ReadValue<T>(ref Utf8JsonReader reader, string output, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);

        try
        {
            return JsonSerializer.Deserialize(ref reader, typeInfo);
        }
        catch (JsonException exception)
        {
            // The serializer's own message quotes names and values of the answer.
            var place = PlainText.Name(exception.Path) is { } path ? $" at '{path}'" : "";
            throw new FlowContractException($"The output '{output}' does not fit the type {typeof(T).Name} that the project gives it{place}.", output, typeof(T).Name);
        }
    }

    /// <summary>A piece of a streamed text; null for null; another JSON value as its raw text.</summary>
    public static string? ReadDelta(ref Utf8JsonReader reader, string output) => reader.TokenType switch
    {
        JsonTokenType.String => Text(ref reader, output),
        JsonTokenType.Null => null,
        JsonTokenType.StartObject or JsonTokenType.StartArray => JsonElement.ParseValue(ref reader).GetRawText(),
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };

    /// <summary>Checks that the document is an object, as every answer of a flow with named outputs is.</summary>
    public static void ReadStartObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FlowContractException($"The answer is not a JSON object with the flow's outputs, but {Kind(reader.TokenType)}.");
        }
    }

    /// <summary>The exception for an output that must be in the answer and is not.</summary>
    public static FlowContractException Missing(string output, string declaredType) =>
        new($"The answer lacks the output '{output}', which is declared as {declaredType}.", output, declaredType);

    /// <summary>
    /// Refuses an answer that has members and none of the flow's outputs: another flow gave it. An empty object passes, since a server
    /// whose <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c> names no output of its flow answers with one.
    /// </summary>
    /// <param name="answer">The reader as it stood on the start of the object.</param>
    /// <param name="outputs">The names of the flow's outputs.</param>
    public static void RequireAnyOutput(Utf8JsonReader answer, params string[] outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);

        var members = new List<string>();
        while (answer.Read() && answer.TokenType == JsonTokenType.PropertyName)
        {
            var name = answer.GetString()!;
            if (outputs.Contains(name))
            {
                return;
            }

            // Enough to tell one more than are shown.
            if (members.Count <= MaxNames)
            {
                members.Add(PlainText.Of(name, PlainText.MaxNameLength, keepLines: false));
            }

            answer.Skip();
        }

        if (members.Count > 0)
        {
            throw new FlowContractException(
                $"The answer holds none of the flow's outputs ({Names(outputs)}), but {Names(members)}: the scoring URI may be that of another flow.");
        }
    }

    /// <summary>Writes an image as a flow of the given message format takes it.</summary>
    public static void WriteImage(Utf8JsonWriter writer, FlowImage image, FlowImageFormat format) => FlowImageJson.Write(writer, image, format);

    /// <summary>Writes any JSON values as an array.</summary>
    public static void WriteList(Utf8JsonWriter writer, IReadOnlyList<JsonElement> list)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(list);

        writer.WriteStartArray();
        for (var index = 0; index < list.Count; index++)
        {
            list[index].WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a number; what JSON has no number for (NaN, infinities) as the text that promptflow's <c>double</c> takes in its place.</summary>
    public static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        ArgumentNullException.ThrowIfNull(writer);

        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Names(IReadOnlyList<string> names) => string.Join(
        ", ",
        names.Take(MaxNames).Select(static name => name.Length <= MaxNameLength ? $"'{name}'" : $"'{name[..MaxNameLength]}…'"))
        + (names.Count > MaxNames ? ", …" : "");

    internal static FlowContractException Unfit(ref Utf8JsonReader reader, string output, string declaredType) =>
        new($"The output '{output}' is declared as {declaredType}, but the answer holds {Kind(reader.TokenType)}.", output, declaredType);

    private static string Text(ref Utf8JsonReader reader, string output)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // Python may write half of a surrogate pair.
            throw new FlowContractException(
                $"The output '{output}' is declared as string, but the answer holds text that is not Unicode.", output, "string", exception);
        }
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a bool",
        JsonTokenType.Null => "null",
        _ => "no value",
    };
}
