using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Emit;

/// <summary>Writes the code that turns requests and answers into JSON and back, without reflection.</summary>
internal static class JsonEmitter
{
    // Where statements stand in a method, in a block of one, and in a block of that.
    private const string Deep = "        ";
    private const string Deeper = "            ";
    private const string Deepest = "                ";

    public static void Write(CodeWriter writer, FlowShape shape)
    {
        var contract = shape.Model.Contract;
        writer.Line($$"""
            /// <summary>Writes requests to and reads answers of the flow {{shape.Source}} as JSON, without reflection.</summary>
            {{FlowEmitter.GeneratedCode}}
            internal static class {{shape.JsonType}}
            {
            """);
        var names = WriteNames(writer, shape);
        if (!contract.AcceptsAnyInput)
        {
            WriteInput(writer, shape, names);
        }

        if (!contract.ReturnsBareResult)
        {
            if (!contract.AcceptsAnyInput)
            {
                writer.Line();
            }

            WriteReader(writer, "ReadOutput", shape.OutputType, shape.Outputs, "Reads a whole answer.", isWhole: true);
        }

        if (shape.Updates.Count > 0)
        {
            writer.Line();
            WriteReader(writer, "ReadUpdate", shape.UpdateType, shape.Updates, "Reads one piece of a streamed answer.", isWhole: false);
        }

        if (shape.Chat is { } chat)
        {
            WriteTurns(writer, chat, names);
            ReadTurns(writer, shape.TurnType, chat);
        }

        if (shape.Inputs.Any(static member => !member.IsNullable && CanBeUnset(member)))
        {
            writer.Line("""

                    private static global::System.ArgumentException Unset(string name) =>
                        new($"The flow requires '{name}': it must not be null.");
                """);
        }

        writer.Line("}");
    }

    /// <summary>Writes a field for each name that requests hold, and an empty line if there is any.</summary>
    /// <returns>The fields by their names.</returns>
    private static Dictionary<string, string> WriteNames(CodeWriter writer, FlowShape shape)
    {
        var scope = new NameScope();
        var names = new Dictionary<string, string>(shape.Inputs.Count + 3, StringComparer.Ordinal);
        foreach (var member in shape.Inputs)
        {
            Add(member.JsonName, member.Literal, member.Property);
        }

        if (shape.Chat is { } chat)
        {
            Add("inputs", "\"inputs\"", "TurnInputs");
            Add("outputs", "\"outputs\"", "TurnOutputs");
            Add(chat.Question.JsonName, chat.Question.Literal, chat.Question.Property);
            Add(chat.Answer.JsonName, chat.Answer.Literal, chat.Answer.Property);
        }

        if (names.Count > 0)
        {
            writer.Line();
        }

        return names;

        void Add(string name, string literal, string property)
        {
            if (!names.ContainsKey(name))
            {
                var field = scope.Take(property + "Name");
                names.Add(name, field);
                writer.Line($"    private static readonly global::System.Text.Json.JsonEncodedText {field} = global::System.Text.Json.JsonEncodedText.Encode({literal});");
            }
        }
    }

    private static void WriteInput(CodeWriter writer, FlowShape shape, Dictionary<string, string> names)
    {
        // The names' fields are used beside the locals: where a script has no capitals, or a name begins with a digit, both could be one.
        var locals = new NameScope([.. names.Values, "writer", "input", "item"]);
        writer.Line($$"""
                /// <summary>Writes the body of a request.</summary>
                public static void WriteInput(global::System.Text.Json.Utf8JsonWriter writer, {{shape.InputType}} input)
                {
                    writer.WriteStartObject();
            """);
        foreach (var member in shape.Inputs)
        {
            var name = names[member.JsonName];
            if (member.IsNullable)
            {
                var local = locals.Take(Identifiers.CamelCase(member.Property));
                writer.Line($$"""
                            if (input.{{member.Property}} is { } {{local}})
                            {
                    """);
                member.Form.Write(writer, Deeper, name, local, member.Literal);
                writer.Line("        }\n");
            }
            else if (member.Form.MayBeReference)
            {
                var local = locals.Take(Identifiers.CamelCase(member.Property));
                WriteUnset(writer, member, $"input.{member.Property} is not {{ }} {local}");
                member.Form.Write(writer, Deep, name, local, member.Literal);
            }
            else if (member.Form == ValueForm.Element)
            {
                WriteUnset(writer, member, $"input.{member.Property}.ValueKind == global::System.Text.Json.JsonValueKind.Undefined");
                member.Form.Write(writer, Deep, name, "input." + member.Property, member.Literal);
            }
            else
            {
                var orThrow = member.Form.IsReference ? $" ?? throw Unset({member.Literal})" : "";
                member.Form.Write(writer, Deep, name, $"input.{member.Property}{orThrow}", member.Literal);
            }
        }

        writer.Line("""
                    writer.WriteEndObject();
                }
            """);
    }

    private static void WriteUnset(CodeWriter writer, Member member, string condition) => writer.Line($$"""
                if ({{condition}})
                {
                    throw Unset({{member.Literal}});
                }

        """);

    private static void WriteReader(
        CodeWriter writer, string method, string type, IReadOnlyList<Member> members, string summary, bool isWhole)
    {
        // Where an output must be there, the answer of another flow is noticed by its lack.
        var mayLackAll = isWhole && members.Count > 0 && members.All(static member => member.IsNullable);
        var scope = new NameScope("reader", "start");
        var locals = new string[members.Count];
        writer.Line($$"""
                /// <summary>{{summary}}</summary>
                public static {{type}} {{method}}(ref global::System.Text.Json.Utf8JsonReader reader)
                {
            """);
        for (var i = 0; i < locals.Length; i++)
        {
            locals[i] = scope.Take(Identifiers.CamelCase(members[i].Property));
            writer.Line($"        {members[i].Form.NullableType} {locals[i]} = null;");
        }

        writer.Line($"        global::FlowBuild.FlowJson.ReadStartObject(ref reader);");
        if (mayLackAll)
        {
            writer.Line("        var start = reader;");
        }

        writer.Line($$"""
                    while (reader.Read() && reader.TokenType == global::System.Text.Json.JsonTokenType.PropertyName)
                    {
            """);
        for (var i = 0; i < locals.Length; i++)
        {
            writer.Line($$"""
                            {{(i == 0 ? "if" : "else if")}} (reader.ValueTextEquals({{members[i].Literal}}u8))
                            {
                                reader.Read();
                                {{locals[i]}} = {{members[i].Read}};
                            }
                """);
        }

        writer.Line(locals.Length == 0
            ? "            reader.Skip();"
            : """
                            else
                            {
                                reader.Skip();
                            }
                """);
        writer.Line("        }\n");
        if (mayLackAll)
        {
            writer.Line($$"""
                        if ({{string.Join(" is null && ", locals)}} is null)
                        {
                            global::FlowBuild.FlowJson.RequireAnyOutput(start, {{string.Join(", ", members.Select(static member => member.Literal))}});
                        }

                """);
        }

        writer.Line($$"""
                    return new {{type}}
                    {
            """);
        for (var i = 0; i < locals.Length; i++)
        {
            WriteInitializer(writer, Deeper, members[i], locals[i]);
        }

        writer.Line("""
                    };
                }
            """);
    }

    private static void WriteTurns(CodeWriter writer, ChatShape chat, Dictionary<string, string> names)
    {
        writer.Line($$"""

                /// <summary>Writes the turns of a chat as the flow takes them: an object with inputs and outputs for each.</summary>
                public static void WriteTurns(global::System.Text.Json.Utf8JsonWriter writer, {{chat.History.Form.Type}} turns)
                {
                    writer.WriteStartArray();
                    foreach (var turn in turns)
                    {
                        if (turn is null)
                        {
                            throw {{ValueForm.Unset(chat.History.Literal)}};
                        }

                        writer.WriteStartObject();
                        writer.WriteStartObject({{names["inputs"]}});
            """);
        WriteTurnMember(writer, chat.Question, names, chat.History.Literal);
        writer.Line($"""
                        writer.WriteEndObject();
                        writer.WriteStartObject({names["outputs"]});
            """);
        WriteTurnMember(writer, chat.Answer, names, chat.History.Literal);
        writer.Line("""
                        writer.WriteEndObject();
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                }
            """);
    }

    private static void WriteTurnMember(CodeWriter writer, Member member, Dictionary<string, string> names, string history)
    {
        var name = names[member.JsonName];
        if (!member.IsNullable)
        {
            var orThrow = member.Form.IsReference ? $" ?? throw {ValueForm.Unset(history)}" : "";
            member.Form.Write(writer, Deeper, name, $"turn.{member.Property}{orThrow}", history);
            return;
        }

        var local = new NameScope([.. names.Values, "writer", "turn", "turns", "item"]).Take(Identifiers.CamelCase(member.Property));
        writer.Line($$"""
                        if (turn.{{member.Property}} is { } {{local}})
                        {
            """);
        member.Form.Write(writer, Deepest, name, local, history);
        writer.Line($$"""
                        }
                        else
                        {
                            writer.WriteNull({{name}});
                        }

            """);
    }

    private static void ReadTurns(CodeWriter writer, string turnType, ChatShape chat)
    {
        var scope = new NameScope("reader", "turns");
        var question = scope.Take(Identifiers.CamelCase(chat.Question.Property));
        var answer = scope.Take(Identifiers.CamelCase(chat.Answer.Property));
        writer.Line($$"""

                /// <summary>Reads turns that were written by <see cref="WriteTurns"/>.</summary>
                public static global::System.Collections.Generic.List<{{turnType}}> ReadTurns(ref global::System.Text.Json.Utf8JsonReader reader)
                {
                    if (reader.TokenType != global::System.Text.Json.JsonTokenType.StartArray)
                    {
                        throw new global::System.Text.Json.JsonException("Turns stand in an array.");
                    }

                    var turns = new global::System.Collections.Generic.List<{{turnType}}>();
                    while (reader.Read() && reader.TokenType == global::System.Text.Json.JsonTokenType.StartObject)
                    {
                        {{chat.Question.Form.NullableType}} {{question}} = null;
                        {{chat.Answer.Form.NullableType}} {{answer}} = null;
                        while (reader.Read() && reader.TokenType == global::System.Text.Json.JsonTokenType.PropertyName)
                        {
            """);
        ReadTurnPart(writer, "if", "inputs", chat.Question, question);
        ReadTurnPart(writer, "else if", "outputs", chat.Answer, answer);
        writer.Line($$"""
                            else
                            {
                                reader.Skip();
                            }
                        }

                        turns.Add(new {{turnType}}
                        {
            """);
        WriteInitializer(writer, Deepest, chat.Question, question);
        WriteInitializer(writer, Deepest, chat.Answer, answer);
        writer.Line($$"""
                        });
                    }

                    if (reader.TokenType != global::System.Text.Json.JsonTokenType.EndArray)
                    {
                        throw new global::System.Text.Json.JsonException("A turn is an object.");
                    }

                    return turns;
                }
            """);
    }

    private static void ReadTurnPart(CodeWriter writer, string condition, string part, Member member, string local) => writer.Line($$"""
                        {{condition}} (reader.ValueTextEquals("{{part}}"u8))
                        {
                            reader.Read();
                            global::FlowBuild.FlowJson.ReadStartObject(ref reader);
                            while (reader.Read() && reader.TokenType == global::System.Text.Json.JsonTokenType.PropertyName)
                            {
                                if (reader.ValueTextEquals({{member.Literal}}u8))
                                {
                                    reader.Read();
                                    {{local}} = {{member.Read}};
                                }
                                else
                                {
                                    reader.Skip();
                                }
                            }
                        }
        """);

    private static void WriteInitializer(CodeWriter writer, string indentation, Member member, string local)
    {
        if (member.IsNullable)
        {
            writer.Line($"{indentation}{member.Property} = {local},");
        }
        else
        {
            writer.Line($"{indentation}{member.Property} = {local} ?? throw global::FlowBuild.FlowJson.Missing({member.Literal}, \"{member.TypeWord}\"),");
        }
    }

    private static bool CanBeUnset(Member member) =>
        member.Form.IsReference || member.Form.MayBeReference || member.Form == ValueForm.Element;
}
