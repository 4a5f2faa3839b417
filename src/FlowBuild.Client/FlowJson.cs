using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowBuild;

/// <summary>
/// The building blocks of generated readers and writers. Each <c>Read</c> stands on the value's first token and leaves the reader on its
/// last one; a value that does not fit raises a <see cref="FlowContractException"/> that names the output.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static partial class FlowJson
{
    // As deep as Python, which writes the answers, nests by default.
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 1000 };

    private const int MaxNames = 8;
    private const int MaxNameLength = 64;

    /// <summary>
    /// Reads a whole document as Python writes it: JSON, in which <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> can stand bare. They are
    /// numbers of a <c>double</c> and strings of a <see cref="JsonElement"/>.
    /// </summary>
    /// <param name="document">The document in UTF-8.</param>
    /// <param name="read">Reads it.</param>
    /// <exception cref="JsonException">It is no JSON, or something follows it; the position is the one in the document.</exception>
    /// <exception cref="FlowContractException">It is not what is read.</exception>
    public static T ReadDocument<T>(ReadOnlySpan<byte> document, FlowJsonReader<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);

        byte[]? quoted = null;
        try
        {
            return ReadJson(document, read);
        }
        catch (Exception exception) when (exception is JsonException or FlowContractException { InnerException: JsonException }
            && (quoted = NonFiniteLiterals.Quote(document)) is not null)
        {
            // Most documents have none of these: they are looked for in what could not be read.
        }

        try
        {
            return ReadJson(quoted, read);
        }
        catch (JsonException exception) when (exception is { LineNumber: { } line, BytePositionInLine: { } position })
        {
            throw new JsonException(exception.Message, exception.Path, line, NonFiniteLiterals.OriginalPosition(document, line, position), exception);
        }
    }

    /// <summary>A text; null does not fit.</summary>
    public static string ReadString(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.String && NonFiniteLiterals.NameOf(ref reader) is null
            ? Text(ref reader, output)
            : throw Unfit(ref reader, output, "string");

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

    /// <summary>
    /// A number, also <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, bare as Python writes them or quoted; null does not fit, nor does a
    /// number beyond the range of double.
    /// </summary>
    public static double ReadDouble(ref Utf8JsonReader reader, string output)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetDouble(out var number):
                return double.IsFinite(number)
                    ? number
                    : throw new FlowContractException(
                        $"The output '{output}' is declared as double, but the answer holds a number beyond the range of double.", output, "double");
            case JsonTokenType.String when reader.ValueTextEquals("NaN"u8):
                return double.NaN;
            case JsonTokenType.String when reader.ValueTextEquals("Infinity"u8):
                return double.PositiveInfinity;
            case JsonTokenType.String when reader.ValueTextEquals("-Infinity"u8):
                return double.NegativeInfinity;
            default:
                throw Unfit(ref reader, output, "double");
        }
    }

    /// <summary>A number as <see cref="ReadDouble"/> reads it, or null.</summary>
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

    /// <summary>Any JSON value, also null: nothing is unfit, so the output is not named. A bare <c>NaN</c> is the string "NaN".</summary>
    public static JsonElement ReadElement(ref Utf8JsonReader reader, string output) => JsonElement.ParseValue(ref reader);

    /// <summary>An image in either message format; null does not fit.</summary>
    public static FlowImage ReadImage(ref Utf8JsonReader reader, string output) => FlowImageJson.Read(ref reader, output);

    /// <summary>An image in either message format, or null.</summary>
    public static FlowImage? ReadNullableImage(ref Utf8JsonReader reader, string output) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadImage(ref reader, output);

    /// <summary>An array whose items are all of one type; null does not fit, nor does an item that is none.</summary>
    /// <param name="reader">Stands on the first token of the value.</param>
    /// <param name="output">The name of the output.</param>
    /// <param name="declaredType">The type that the flow file declares: a list, unless the project gives the output another.</param>
    /// <param name="readItem">Reads one item.</param>
    public static IReadOnlyList<T> ReadListOf<T>(ref Utf8JsonReader reader, string output, string declaredType, FlowJsonValueReader<T> readItem)
    {
        ArgumentNullException.ThrowIfNull(readItem);

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw declaredType == "list" ? Unfit(ref reader, output, declaredType) : UnfitGiven(output, "a list", Kind(ref reader), declaredType);
        }

        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var found = Kind(ref reader);
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
                    declaredType,
                    exception);
            }
        }

        return items;
    }

    /// <summary>A value of a type that the project gives the output in the place of the declared one.</summary>
    /// <param name="reader">Stands on the first token of the value.</param>
    /// <param name="output">The name of the output.</param>
    /// <param name="declaredType">The type that the flow file declares.</param>
    /// <param name="read">Reads the given type.</param>
    public static T ReadAs<T>(ref Utf8JsonReader reader, string output, string declaredType, FlowJsonValueReader<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);

        var found = Kind(ref reader);
        try
        {
            return read(ref reader, output);
        }
        catch (FlowContractException exception)
        {
            throw UnfitGiven(output, exception.DeclaredType, found, declaredType, exception);
        }
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
            throw new FlowContractException($"The answer is not a JSON object with the flow's outputs, but {Kind(ref reader)}.");
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

    private static string Names(IReadOnlyList<string> names) => string.Join(
        ", ",
        names.Take(MaxNames).Select(static name => name.Length <= MaxNameLength ? $"'{name}'" : $"'{name[..MaxNameLength]}…'"))
        + (names.Count > MaxNames ? ", …" : "");

    internal static FlowContractException Unfit(ref Utf8JsonReader reader, string output, string declaredType) =>
        new($"The output '{output}' is declared as {declaredType}, but the answer holds {Kind(ref reader)}.", output, declaredType);

    private static FlowContractException UnfitGiven(
        string output, string? givenType, string found, string declaredType, FlowContractException? exception = null) => new(
        $"The output '{output}' is to be {givenType}, the type that the project gives it, but the answer holds {found}.", output, declaredType, exception);

    private static T ReadJson<T>(ReadOnlySpan<byte> document, FlowJsonReader<T> read)
    {
        var reader = new Utf8JsonReader(document, ReaderOptions);
        reader.Read();
        var result = read(ref reader);

        // Anything behind the document's end makes this throw.
        reader.Read();
        return result;
    }

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

    private static string Kind(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => NonFiniteLiterals.NameOf(ref reader) ?? "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a bool",
        JsonTokenType.Null => "null",
        _ => "no value",
    };
}
