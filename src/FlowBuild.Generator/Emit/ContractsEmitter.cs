namespace FlowBuild.Generator.Emit;

/// <summary>Writes the records that a caller sends and gets.</summary>
internal static class ContractsEmitter
{
    public static void Write(CodeWriter writer, FlowShape shape)
    {
        if (!shape.Model.Contract.AcceptsAnyInput)
        {
            writer.Line($"/// <summary>What the flow {shape.Source} takes.</summary>");
            WriteRecord(writer, shape, shape.InputType, shape.Inputs, WriteInputRemarks);
        }

        if (!shape.Model.Contract.ReturnsBareResult)
        {
            writer.Line($"/// <summary>What the flow {shape.Source} gives.</summary>");
            WriteRecord(writer, shape, shape.OutputType, shape.Outputs, WriteOutputRemarks);
        }

        if (shape.Updates.Count > 0)
        {
            writer.Line($"""
                /// <summary>
                /// One piece of a streamed answer of the flow {shape.Source}. A property is null when the piece does not hold it.
                /// The first piece holds the outputs that do not stream; the text of all pieces together is the answer.
                /// </summary>
                """);
            WriteRecord(writer, shape, shape.UpdateType, shape.Updates);
        }

        if (shape.Chat is { } chat)
        {
            writer.Line($"/// <summary>One finished turn of a chat with the flow {shape.Source}: what was asked and what was answered.</summary>");
            WriteRecord(writer, shape, shape.TurnType, [chat.Question, chat.Answer], areAllRequired: true);
        }
    }

    private static void WriteRecord(
        CodeWriter writer,
        FlowShape shape,
        string type,
        IReadOnlyList<Member> members,
        Action<CodeWriter, Member>? writeRemarks = null,
        bool areAllRequired = false)
    {
        writer.Line($$"""
            {{FlowEmitter.GeneratedCode}}
            {{shape.Accessibility}} sealed partial record {{type}}
            {
            """);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                writer.Line();
            }

            var member = members[i];
            WriteSummary(writer, member);
            writeRemarks?.Invoke(writer, member);
            var modifiers = areAllRequired || !member.IsNullable ? "public required" : "public";
            writer.Line($$"""    {{modifiers}} {{member.PropertyType}} {{member.Property}} { get; init; }""");
        }

        writer.Line("}\n");
    }

    private static void WriteSummary(CodeWriter writer, Member member)
    {
        if (string.IsNullOrWhiteSpace(member.Description))
        {
            writer.Line($"    /// <summary><c>{CSharpText.XmlLine(member.JsonName)}</c>, declared as <c>{member.TypeWord}</c>.</summary>");
        }
        else
        {
            writer.Documentation("    ", "summary", CSharpText.Xml(member.Description!.Trim()));
        }
    }

    private static void WriteInputRemarks(CodeWriter writer, Member member)
    {
        if (member.DefaultJson is { } json)
        {
            writer.Line($"    /// <remarks>Left out of the request when null; the flow then takes <c>{CSharpText.XmlLine(json)}</c>.</remarks>");
        }
    }

    private static void WriteOutputRemarks(CodeWriter writer, Member member) => writer.Line(
        !member.IsNullable ? "    /// <remarks>Never null: an answer without it raises <see cref=\"global::FlowBuild.FlowContractException\"/>.</remarks>"
        : member.IsFromNode ? "    /// <remarks>Null when the flow gives no value, as when its node was bypassed.</remarks>"
        : "    /// <remarks>Null when the flow gives no value.</remarks>");
}
