using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Emit;

/// <summary>Writes the code that turns requests and answers into JSON and back, without reflection.</summary>
internal static class JsonEmitter
{
    private const string Reader = "ref global::System.Text.Json.Utf8JsonReader reader";
    private const string Writer = "global::System.Text.Json.Utf8JsonWriter writer";
    private const string Encoded = "global::System.Text.Json.JsonEncodedText";
    private const string TokenType = "global::System.Text.Json.JsonTokenType";

    public static void Write(CodeWriter writer, FlowShape shape)
    {
        var contract = shape.Model.Contract;
        writer.Documentation("summary", $"Writes requests to and reads answers of the flow {shape.Source} as JSON, without reflection.");
        writer.Line(FlowEmitter.GeneratedCode);
        writer.Line($"internal static class {shape.JsonType}");
        writer.Open();
        var names = WriteNames(writer, shape);
        var separate = names.Count > 0;
        foreach (var write in Methods(shape, names))
        {
            if (separate)
            {
                writer.Line();
            }

            write(writer);
            separate = true;
        }

        writer.Close();
    }

    private static IEnumerable<Action<CodeWriter>> Methods(FlowShape shape, Dictionary<string, string> names)
    {
        var contract = shape.Model.Contract;
        if (!contract.AcceptsAnyInput)
        {
            yield return writer => WriteInput(writer, shape, names);
        }

        if (!contract.ReturnsBareResult)
        {
            yield return writer => WriteReader(writer, "ReadOutput", shape.OutputType, shape.Outputs, "Reads a whole answer.", isWhole: true);
        }

        if (shape.CanStream)
        {
            yield return writer => WriteReader(writer, "ReadUpdate", shape.UpdateType, shape.Updates, "Reads one piece of a streamed answer.", isWhole: false);
        }

        if (shape.Chat is { } chat)
        {
            yield return writer => WriteTurns(writer, chat, names);
            yield return writer => ReadTurns(writer, shape.TurnType, chat);
        }

        if (shape.Inputs.Any(static member => !member.IsNullable && CanBeUnset(member)))
        {
            yield return static writer => writer.Line("""
                private static global::System.ArgumentException Unset(string name) =>
                    new($"The flow requires '{name}': it must not be null.");
                """);
        }
    }

    private static Dictionary<string, string> WriteNames(CodeWriter writer, FlowShape shape)
    {
        var scope = new NameScope();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var chat = shape.Chat;
        var all = shape.Inputs.Select(static member => (member.JsonName, member.Property));
        if (chat is not null)
        {
            all = all.Concat(
            [
                ("inputs", "TurnInputs"), ("outputs", "TurnOutputs"),
                (chat.Question.JsonName, chat.Question.Property), (chat.Answer.JsonName, chat.Answer.Property),
            ]);
        }

        foreach (var (json, property) in all)
        {
            if (!names.ContainsKey(json))
            {
                var field = scope.Take(property + "Name");
                names.Add(json, field);
                writer.Line($"private static readonly {Encoded} {field} = {Encoded}.Encode({CSharpLiteral.Of(json)});");
            }
        }

        return names;
    }

    private static void WriteInput(CodeWriter writer, FlowShape shape, Dictionary<string, string> names)
    {
        // The names' fields are used beside the locals: where a script has no capitals, or a name begins with a digit, both could be one.
        var locals = new NameScope([.. names.Values, "writer", "input", "item"]);
        writer.Line("/// <summary>Writes the body of a request.</summary>");
        writer.Line($"public static void WriteInput({Writer}, {shape.InputType} input)");
        writer.Open();
        writer.Line("writer.WriteStartObject();");
        foreach (var member in shape.Inputs)
        {
            var name = names[member.JsonName];
            var value = "input." + member.Property;
            if (member.IsNullable)
            {
                var local = locals.Take(Identifiers.CamelCase(member.Property));
                writer.Line($"if ({value} is {{ }} {local})");
                writer.Open();
                member.Form.Write(writer, name, local);
                writer.Close();
                writer.Line();
            }
            else if (member.Form.MayBeReference)
            {
                var local = locals.Take(Identifiers.CamelCase(member.Property));
                writer.Line($"if ({value} is not {{ }} {local})");
                writer.Open();
                writer.Line($"throw Unset({CSharpLiteral.Of(member.JsonName)});");
                writer.Close();
                writer.Line();
                member.Form.Write(writer, name, local);
            }
            else if (member.Form == ValueForm.Element)
            {
                writer.Line($"if ({value}.ValueKind == global::System.Text.Json.JsonValueKind.Undefined)");
                writer.Open();
                writer.Line($"throw Unset({CSharpLiteral.Of(member.JsonName)});");
                writer.Close();
                writer.Line();
                member.Form.Write(writer, name, value);
            }
            else
            {
                member.Form.Write(
                    writer, name, member.Form.IsReference ? $"{value} ?? throw Unset({CSharpLiteral.Of(member.JsonName)})" : value);
            }
        }

        writer.Line("writer.WriteEndObject();");
        writer.Close();
    }

    private static void WriteReader(
        CodeWriter writer, string method, string type, IReadOnlyList<Member> members, string summary, bool isWhole)
    {
        // Where an output must be there, the answer of another flow is noticed by its lack.
        var mayLackAll = isWhole && members.Count > 0 && members.All(static member => member.IsNullable);
        var scope = new NameScope("reader", "start");
        var locals = members.Select(member => scope.Take(Identifiers.CamelCase(member.Property))).ToArray();
        writer.Documentation("summary", summary);
        writer.Line($"public static {type} {method}({Reader})");
        writer.Open();
        for (var i = 0; i < members.Count; i++)
        {
            writer.Line($"{members[i].Form.NullableType} {locals[i]} = null;");
        }

        writer.Line($"{ValueForm.FlowJson}.ReadStartObject(ref reader);");
        if (mayLackAll)
        {
            writer.Line("var start = reader;");
        }

        writer.Line($"while (reader.Read() && reader.TokenType == {TokenType}.PropertyName)");
        writer.Open();
        for (var i = 0; i < members.Count; i++)
        {
            var member = members[i];
            var output = CSharpLiteral.Of(member.JsonName);
            writer.Line($"{(i > 0 ? "else " : "")}if (reader.ValueTextEquals({output}u8))");
            writer.Open();
            writer.Line("reader.Read();");
            writer.Line($"{locals[i]} = {(member.IsNullable ? member.Form.ReadNullable(output) : member.Form.Read(output))};");
            writer.Close();
        }

        if (members.Count > 0)
        {
            writer.Line("else");
            writer.Open();
            writer.Line("reader.Skip();");
            writer.Close();
        }
        else
        {
            writer.Line("reader.Skip();");
        }

        writer.Close();
        writer.Line();
        if (mayLackAll)
        {
            writer.Line($"if ({string.Join(" && ", locals.Select(static local => local + " is null"))})");
            writer.Open();
            writer.Line(
                $"{ValueForm.FlowJson}.RequireAnyOutput(start, {string.Join(", ", members.Select(static member => CSharpLiteral.Of(member.JsonName)))});");
            writer.Close();
            writer.Line();
        }

        writer.Line($"return new {type}");
        writer.Open();
        for (var i = 0; i < members.Count; i++)
        {
            writer.Line(Initializer(members[i], locals[i]));
        }

        writer.Close(";");
        writer.Close();
    }

    private static void WriteTurns(CodeWriter writer, ChatShape chat, Dictionary<string, string> names)
    {
        writer.Line("/// <summary>Writes the turns of a chat as the flow takes them: an object with inputs and outputs for each.</summary>");
        writer.Line($"public static void WriteTurns({Writer}, {chat.History.Form.Type} turns)");
        writer.Open();
        writer.Line("writer.WriteStartArray();");
        writer.Line("foreach (var turn in turns)");
        writer.Open();
        writer.Line($"""
            writer.WriteStartObject();
            writer.WriteStartObject({names["inputs"]});
            """);
        WriteTurnMember(writer, chat.Question, names);
        writer.Line($"""
            writer.WriteEndObject();
            writer.WriteStartObject({names["outputs"]});
            """);
        WriteTurnMember(writer, chat.Answer, names);
        writer.Line("""
            writer.WriteEndObject();
            writer.WriteEndObject();
            """);
        writer.Close();
        writer.Line();
        writer.Line("writer.WriteEndArray();");
        writer.Close();
    }

    private static void WriteTurnMember(CodeWriter writer, Member member, Dictionary<string, string> names)
    {
        var name = names[member.JsonName];
        var value = "turn." + member.Property;
        if (!member.IsNullable)
        {
            member.Form.Write(writer, name, value);
            return;
        }

        var local = new NameScope([.. names.Values, "writer", "turn", "turns", "item"]).Take(Identifiers.CamelCase(member.Property));
        writer.Line($"if ({value} is {{ }} {local})");
        writer.Open();
        member.Form.Write(writer, name, local);
        writer.Close();
        writer.Line("else");
        writer.Open();
        writer.Line($"writer.WriteNull({name});");
        writer.Close();
        writer.Line();
    }

    private static void ReadTurns(CodeWriter writer, string turnType, ChatShape chat)
    {
        var scope = new NameScope("reader", "turns");
        var question = scope.Take(Identifiers.CamelCase(chat.Question.Property));
        var answer = scope.Take(Identifiers.CamelCase(chat.Answer.Property));
        writer.Line("/// <summary>Reads turns that were written by <see cref=\"WriteTurns\"/>.</summary>");
        writer.Line($"public static global::System.Collections.Generic.List<{turnType}> ReadTurns({Reader})");
        writer.Open();
        writer.Line($$"""
            if (reader.TokenType != {{TokenType}}.StartArray)
            {
                throw new global::System.Text.Json.JsonException("Turns stand in an array.");
            }

            var turns = new global::System.Collections.Generic.List<{{turnType}}>();
            """);
        writer.Line($"while (reader.Read() && reader.TokenType == {TokenType}.StartObject)");
        writer.Open();
        writer.Line($"{chat.Question.Form.NullableType} {question} = null;");
        writer.Line($"{chat.Answer.Form.NullableType} {answer} = null;");
        writer.Line($"while (reader.Read() && reader.TokenType == {TokenType}.PropertyName)");
        writer.Open();
        ReadTurnPart(writer, "inputs", chat.Question, question);
        ReadTurnPart(writer, "outputs", chat.Answer, answer, "else ");
        writer.Line("else");
        writer.Open();
        writer.Line("reader.Skip();");
        writer.Close();
        writer.Close();
        writer.Line();
        writer.Line($"turns.Add(new {turnType}");
        writer.Open();
        writer.Line(Initializer(chat.Question, question));
        writer.Line(Initializer(chat.Answer, answer));
        writer.Close(");");
        writer.Close();
        writer.Line();
        writer.Line($$"""
            if (reader.TokenType != {{TokenType}}.EndArray)
            {
                throw new global::System.Text.Json.JsonException("A turn is an object.");
            }

            return turns;
            """);
        writer.Close();
    }

    private static void ReadTurnPart(CodeWriter writer, string part, Member member, string local, string before = "")
    {
        var name = CSharpLiteral.Of(member.JsonName);
        writer.Line($"{before}if (reader.ValueTextEquals(\"{part}\"u8))");
        writer.Open();
        writer.Line("reader.Read();");
        writer.Line($"{ValueForm.FlowJson}.ReadStartObject(ref reader);");
        writer.Line($"while (reader.Read() && reader.TokenType == {TokenType}.PropertyName)");
        writer.Open();
        writer.Line($"if (reader.ValueTextEquals({name}u8))");
        writer.Open();
        writer.Line("reader.Read();");
        writer.Line($"{local} = {(member.IsNullable ? member.Form.ReadNullable(name) : member.Form.Read(name))};");
        writer.Close();
        writer.Line("else");
        writer.Open();
        writer.Line("reader.Skip();");
        writer.Close();
        writer.Close();
        writer.Close();
    }

    private static string Initializer(Member member, string local) => member.IsNullable
        ? $"{member.Property} = {local},"
        : $"{member.Property} = {local} ?? throw {ValueForm.FlowJson}.Missing({CSharpLiteral.Of(member.JsonName)}, \"{member.TypeWord}\"),";

    private static bool CanBeUnset(Member member) =>
        member.Form.IsReference || member.Form.MayBeReference || member.Form == ValueForm.Element;
}
