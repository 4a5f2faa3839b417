using FlowBuild.Definitions.Flows;

namespace FlowBuild.Generator.Emit;

/// <summary>Emits the statements that write a member of a request.</summary>
/// <param name="writer">Takes the statements.</param>
/// <param name="indentation">What they are indented by.</param>
/// <param name="name">The field with the member's encoded name.</param>
/// <param name="value">An expression of the C# type.</param>
/// <param name="input">The input that an exception names, as a literal.</param>
internal delegate void MemberWriter(CodeWriter writer, string indentation, string name, string value, string input);

/// <summary>How a value of a flow appears in C# and how generated code writes and reads it as JSON.</summary>
/// <param name="Type">The C# type without a question mark.</param>
/// <param name="IsReference">Whether the C# type is a reference type.</param>
/// <param name="Write">Emits the statements that write a member.</param>
/// <param name="Read">Expression that reads a value where null is a breach of the contract; takes the output's name as a literal.</param>
/// <param name="ReadNullable">Expression that reads a value or null.</param>
internal sealed record ValueForm(
    string Type,
    bool IsReference,
    MemberWriter Write,
    Func<string, string> Read,
    Func<string, string> ReadNullable)
{
    /// <summary>The C# type with a question mark.</summary>
    public string NullableType { get; } = Type + "?";

    /// <summary>Whether the C# type can be a reference type although <see cref="IsReference"/> is false: a type of the user's own.</summary>
    public bool MayBeReference { get; init; }

    /// <summary>The type word and the method that reads one value of it; null for forms that are more than a type word.</summary>
    private (string Word, string Reader)? Scalar { get; init; }

    /// <summary><c>global::FlowBuild.FlowJson</c>, the building blocks of generated readers and writers.</summary>
    public const string FlowJson = "global::FlowBuild.FlowJson";

    private const string ElementType = "global::System.Text.Json.JsonElement";

    /// <summary><c>string</c></summary>
    public static readonly ValueForm Text = Plain("string", "string", isReference: true, "WriteString", "String");

    /// <summary><c>int</c></summary>
    public static readonly ValueForm Integer = Plain("long", "int", isReference: false, "WriteNumber", "Int64");

    /// <summary><c>double</c></summary>
    public static readonly ValueForm Number = Plain("double", "double", isReference: false, "WriteNumber", "Double") with
    {
        Write = AfterName(static (value, _) => $"{FlowJson}.WriteDouble(writer, {value});"),
    };

    /// <summary><c>bool</c></summary>
    public static readonly ValueForm Boolean = Plain("bool", "bool", isReference: false, "WriteBoolean", "Boolean");

    /// <summary><c>list</c></summary>
    public static readonly ValueForm List = new(
        $"global::System.Collections.Generic.IReadOnlyList<{ElementType}>",
        IsReference: true,
        AfterName(static (value, input) => $"{FlowJson}.WriteList(writer, {value}, {input});"),
        static output => $"{FlowJson}.ReadList(ref reader, {output})",
        static output => $"{FlowJson}.ReadNullableList(ref reader, {output})");

    /// <summary><c>object</c>: any JSON</summary>
    public static readonly ValueForm Element = new(
        ElementType,
        IsReference: false,
        AfterName(static (value, input) => $"{FlowJson}.WriteElement(writer, {value}, {input});"),
        static output => $"{FlowJson}.ReadElement(ref reader, {output})",
        static output => OrNull($"{FlowJson}.ReadElement(ref reader, {output})"));

    /// <summary>A piece of a streamed string output.</summary>
    public static readonly ValueForm Delta = Text with { ReadNullable = static output => $"{FlowJson}.ReadDelta(ref reader, {output})" };

    /// <summary>The form of one piece where the output is a stream: text comes in parts, and what a list or an object comes in is not known.</summary>
    public ValueForm Streamed => Type switch
    {
        "string" => Delta,
        "long" or "double" or "bool" or ImageType => this,
        _ => Element,
    };

    private const string ImageType = "global::FlowBuild.FlowImage";

    /// <summary><c>image</c></summary>
    public static ValueForm Image(FlowMessageFormat format) => new(
        ImageType,
        IsReference: true,
        AfterName((value, _) => $"{FlowJson}.WriteImage(writer, {value}, global::FlowBuild.FlowImageFormat.{format.ToString()});"),
        static output => $"{FlowJson}.ReadImage(ref reader, {output})",
        static output => $"{FlowJson}.ReadNullableImage(ref reader, {output})")
    {
        Scalar = ("image", "ReadImage"),
    };

    /// <summary>The turns of a chat, oldest first.</summary>
    public static ValueForm Turns(string turnType) => new(
        $"global::System.Collections.Generic.IReadOnlyList<{turnType}>",
        IsReference: true,
        AfterName(static (value, _) => $"WriteTurns(writer, {value});"),
        static _ => "ReadTurns(ref reader)",
        static _ => "ReadTurns(ref reader)");

    /// <summary>The form of a type that the item gives to a value, or null when it needs a serializer context that is not there.</summary>
    /// <param name="type">The type as the user wrote it.</param>
    /// <param name="declaredType">The type word of the flow file: an exception about another type says who named it.</param>
    /// <param name="jsonContext">The context that knows it, or null.</param>
    /// <param name="format">The flow's message format.</param>
    public static ValueForm? OfGivenType(string type, string declaredType, string? jsonContext, FlowMessageFormat format) => type switch
    {
        "string" => Text.InPlaceOf(declaredType),
        "long" or "int" => Integer.InPlaceOf(declaredType),
        "double" => Number.InPlaceOf(declaredType),
        "bool" => Boolean.InPlaceOf(declaredType),
        "FlowImage" => Image(format).InPlaceOf(declaredType),
        "string[]" => ListOf("string", static input => $"writer.WriteStringValue(item ?? throw {Unset(input)});", "ReadString", declaredType),
        "long[]" or "int[]" => ListOf("long", static _ => "writer.WriteNumberValue(item);", "ReadInt64", declaredType),
        "double[]" => ListOf("double", static _ => $"{FlowJson}.WriteDoubleItem(writer, item);", "ReadDouble", declaredType),
        "bool[]" => ListOf("bool", static _ => "writer.WriteBooleanValue(item);", "ReadBoolean", declaredType),
        "FlowImage[]" => ListOf(
            ImageType,
            input => $"{FlowJson}.WriteImage(writer, item ?? throw {Unset(input)}, global::FlowBuild.FlowImageFormat.{format});",
            "ReadImage",
            declaredType),
        "JsonElement" => Element,
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

    /// <summary>The exception for a null in an input, as an expression.</summary>
    /// <param name="input">The input's name as a literal.</param>
    public static string Unset(string input) => $"{FlowJson}.UnsetItem({input})";

    private ValueForm InPlaceOf(string declaredType)
    {
        if (Scalar is not ({ } word, { } scalar) || word == declaredType)
        {
            return this;
        }

        string ReadAs(string output) => $"{FlowJson}.ReadAs<{Type}>(ref reader, {output}, \"{declaredType}\", {FlowJson}.{scalar})";
        return this with { Read = ReadAs, ReadNullable = output => OrNull(ReadAs(output)) };
    }

    private static ValueForm ListOf(string item, Func<string, string> writeItem, string readItem, string declaredType)
    {
        string Read(string output) => $"{FlowJson}.ReadListOf<{item}>(ref reader, {output}, \"{declaredType}\", {FlowJson}.{readItem})";
        return new ValueForm(
            $"global::System.Collections.Generic.IReadOnlyList<{item}>",
            IsReference: true,
            (writer, indentation, name, value, input) => writer.Line($$"""
                {{indentation}}writer.WriteStartArray({{name}});
                {{indentation}}foreach (var item in {{value}})
                {{indentation}}{
                {{indentation}}    {{writeItem(input)}}
                {{indentation}}}

                {{indentation}}writer.WriteEndArray();
                """),
            Read,
            output => OrNull(Read(output)));
    }

    // Whether the type is a class or a struct is not known here: what is written must compile for both.
    private static ValueForm Known(string type, string context)
    {
        var typeInfo = $"(global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<{type}>){context}.Default.GetTypeInfo(typeof({type}))!";
        string Read(string output) => OrNull($"{FlowJson}.ReadValue(ref reader, {output}, {typeInfo})");
        return new ValueForm(
            type,
            IsReference: false,
            AfterName((value, input) => $"{FlowJson}.WriteValue(writer, {value}, {typeInfo}, {input});"),
            Read,
            Read)
        {
            MayBeReference = true,
        };
    }

    private static string OrNull(string read) => $"reader.TokenType == global::System.Text.Json.JsonTokenType.Null ? null : {read}";

    // The name, and the value by a statement of its own.
    private static MemberWriter AfterName(Func<string, string, string> statement) =>
        (writer, indentation, name, value, input) => writer.Line($"""
            {indentation}writer.WritePropertyName({name});
            {indentation}{statement(value, input)}
            """);

    private static ValueForm Plain(string type, string word, bool isReference, string write, string read) => new(
        type,
        isReference,
        (writer, indentation, name, value, _) => writer.Line($"{indentation}writer.{write}({name}, {value});"),
        output => $"{FlowJson}.Read{read}(ref reader, {output})",
        output => $"{FlowJson}.ReadNullable{read}(ref reader, {output})")
    {
        Scalar = (word, "Read" + read),
    };
}
