using FlowBuild.Definitions.Flows;

namespace FlowBuild.Generator.Emit;

/// <summary>How a value of a flow appears in C# and how generated code writes and reads it as JSON.</summary>
/// <param name="Type">The C# type without a question mark.</param>
/// <param name="IsReference">Whether the C# type is a reference type.</param>
/// <param name="Write">Emits the statements that write a member; takes their indentation, the encoded name and an expression of the C# type.</param>
/// <param name="Read">Expression that reads a value where null is a breach of the contract; takes the output's name as a literal.</param>
/// <param name="ReadNullable">Expression that reads a value or null.</param>
internal sealed record ValueForm(
    string Type,
    bool IsReference,
    Action<CodeWriter, string, string, string> Write,
    Func<string, string> Read,
    Func<string, string> ReadNullable)
{
    /// <summary>The C# type with a question mark.</summary>
    public string NullableType { get; } = Type + "?";

    /// <summary>Whether the C# type can be a reference type although <see cref="IsReference"/> is false: a type of the user's own.</summary>
    public bool MayBeReference { get; init; }

    /// <summary><c>global::FlowBuild.FlowJson</c>, the building blocks of generated readers and writers.</summary>
    public const string FlowJson = "global::FlowBuild.FlowJson";

    private const string ElementType = "global::System.Text.Json.JsonElement";

    /// <summary><c>string</c></summary>
    public static readonly ValueForm Text = Plain("string", isReference: true, "WriteString", "String");

    /// <summary><c>int</c></summary>
    public static readonly ValueForm Integer = Plain("long", isReference: false, "WriteNumber", "Int64");

    /// <summary><c>double</c></summary>
    public static readonly ValueForm Number = Plain("double", isReference: false, "WriteNumber", "Double") with
    {
        Write = AfterName(static value => $"{FlowJson}.WriteDouble(writer, {value});"),
    };

    /// <summary><c>bool</c></summary>
    public static readonly ValueForm Boolean = Plain("bool", isReference: false, "WriteBoolean", "Boolean");

    /// <summary><c>list</c></summary>
    public static readonly ValueForm List = new(
        $"global::System.Collections.Generic.IReadOnlyList<{ElementType}>",
        IsReference: true,
        AfterName(static value => $"{FlowJson}.WriteList(writer, {value});"),
        static output => $"{FlowJson}.ReadList(ref reader, {output})",
        static output => $"{FlowJson}.ReadNullableList(ref reader, {output})");

    /// <summary><c>object</c>: any JSON</summary>
    public static readonly ValueForm Element = new(
        ElementType,
        IsReference: false,
        AfterName(static value => $"{value}.WriteTo(writer);"),
        static output => $"{FlowJson}.ReadElement(ref reader, {output})",
        static output => $"reader.TokenType == global::System.Text.Json.JsonTokenType.Null ? null : {FlowJson}.ReadElement(ref reader, {output})");

    /// <summary>A piece of a streamed string output.</summary>
    public static readonly ValueForm Delta = Text with { ReadNullable = static output => $"{FlowJson}.ReadDelta(ref reader, {output})" };

    /// <summary><c>image</c></summary>
    public static ValueForm Image(FlowMessageFormat format) => new(
        "global::FlowBuild.FlowImage",
        IsReference: true,
        AfterName(value => $"{FlowJson}.WriteImage(writer, {value}, global::FlowBuild.FlowImageFormat.{format.ToString()});"),
        static output => $"{FlowJson}.ReadImage(ref reader, {output})",
        static output => $"{FlowJson}.ReadNullableImage(ref reader, {output})");

    /// <summary>The turns of a chat, oldest first.</summary>
    public static ValueForm Turns(string turnType) => new(
        $"global::System.Collections.Generic.IReadOnlyList<{turnType}>",
        IsReference: true,
        AfterName(static value => $"WriteTurns(writer, {value});"),
        static _ => "ReadTurns(ref reader)",
        static _ => "ReadTurns(ref reader)");

    /// <summary>
    /// The form of a type that the item gives to a list or an object, or null when it needs a serializer context that is not there.
    /// </summary>
    /// <param name="type">The type as the user wrote it.</param>
    /// <param name="jsonContext">The context that knows it, or null.</param>
    /// <param name="format">The flow's message format.</param>
    public static ValueForm? OfUserType(string type, string? jsonContext, FlowMessageFormat format) => type switch
    {
        "string[]" => ListOf("string", "writer.WriteStringValue(item);", "ReadString"),
        "long[]" or "int[]" => ListOf("long", "writer.WriteNumberValue(item);", "ReadInt64"),
        "double[]" => ListOf("double", $"{FlowJson}.WriteDouble(writer, item);", "ReadDouble"),
        "bool[]" => ListOf("bool", "writer.WriteBooleanValue(item);", "ReadBoolean"),
        "FlowImage[]" => ListOf(
            "global::FlowBuild.FlowImage", $"{FlowJson}.WriteImage(writer, item, global::FlowBuild.FlowImageFormat.{format});", "ReadImage"),
        _ => jsonContext is null ? null : Known("global::" + type, "global::" + jsonContext),
    };

    /// <summary>The form of a type word.</summary>
    public static ValueForm Of(FlowValueType type, FlowMessageFormat format) => type switch
    {
        FlowValueType.String => Text,
        FlowValueType.Int => Integer,
        FlowValueType.Double => Number,
        FlowValueType.Bool => Boolean,
        FlowValueType.List => List,
        FlowValueType.Image => Image(format),
        _ => Element,
    };

    /// <summary>The type word of a value type, as flow files write it.</summary>
    public static string Word(FlowValueType type) => type switch
    {
        FlowValueType.String => "string",
        FlowValueType.Int => "int",
        FlowValueType.Double => "double",
        FlowValueType.Bool => "bool",
        FlowValueType.List => "list",
        FlowValueType.Image => "image",
        _ => "object",
    };

    private static ValueForm ListOf(string item, string writeItem, string readItem)
    {
        string Read(string output) => $"{FlowJson}.ReadListOf<{item}>(ref reader, {output}, {FlowJson}.{readItem})";
        return new ValueForm(
            $"global::System.Collections.Generic.IReadOnlyList<{item}>",
            IsReference: true,
            (writer, indentation, name, value) => writer.Line($$"""
                {{indentation}}writer.WriteStartArray({{name}});
                {{indentation}}foreach (var item in {{value}})
                {{indentation}}{
                {{indentation}}    {{writeItem}}
                {{indentation}}}

                {{indentation}}writer.WriteEndArray();
                """),
            Read,
            output => $"reader.TokenType == global::System.Text.Json.JsonTokenType.Null ? null : {Read(output)}");
    }

    // Whether the type is a class or a struct is not known here: what is written must compile for both.
    private static ValueForm Known(string type, string context)
    {
        var typeInfo = $"(global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<{type}>){context}.Default.GetTypeInfo(typeof({type}))!";
        string Read(string output) =>
            $"reader.TokenType == global::System.Text.Json.JsonTokenType.Null ? null : {FlowJson}.ReadValue(ref reader, {output}, {typeInfo})";
        return new ValueForm(
            type,
            IsReference: false,
            AfterName(value => $"global::System.Text.Json.JsonSerializer.Serialize(writer, {value}, {typeInfo});"),
            Read,
            Read)
        {
            MayBeReference = true,
        };
    }

    // The name, and the value by a statement of its own.
    private static Action<CodeWriter, string, string, string> AfterName(Func<string, string> statement) =>
        (writer, indentation, name, value) => writer.Line($"""
            {indentation}writer.WritePropertyName({name});
            {indentation}{statement(value)}
            """);

    private static ValueForm Plain(string type, bool isReference, string write, string read) => new(
        type,
        isReference,
        (writer, indentation, name, value) => writer.Line($"{indentation}writer.{write}({name}, {value});"),
        output => $"{FlowJson}.Read{read}(ref reader, {output})",
        output => $"{FlowJson}.ReadNullable{read}(ref reader, {output})");
}
