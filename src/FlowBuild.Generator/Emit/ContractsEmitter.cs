namespace FlowBuild.Generator.Emit;

/// <summary>Writes the records that a caller sends and gets.</summary>
internal static class ContractsEmitter
{
    public static void Write(CodeWriter writer, FlowShape shape)
    {
        if (!shape.Model.Contract.AcceptsAnyInput)
        {
            WriteRecord(writer, shape, shape.InputType, $"What the flow {shape.Source} takes.", shape.Inputs, WriteInputRemarks);
        }

        if (!shape.Model.Contract.ReturnsBareResult)
        {
            WriteRecord(writer, shape, shape.OutputType, $"What the flow {shape.Source} gives.", shape.Outputs, WriteOutputRemarks);
        }

        if (shape.CanStream)
        {
            WriteRecord(
                writer,
                shape,
                shape.UpdateType,
                $"One piece of a streamed answer of the flow {shape.Source}. A property is null when the piece does not hold it.\n" +
                "The first piece holds the outputs that do not stream; the text of all pieces together is the answer.",
                shape.Updates,
                static (_, _) => { });
        }

        if (shape.Chat is { } chat)
        {
            WriteRecord(
                writer,
                shape,
                shape.TurnType,
                $"One finished turn of a chat with the flow {shape.Source}: what was asked and what was answered.",
                [chat.Question, chat.Answer],
                static (_, _) => { },
                isRequired: static _ => true);
        }
    }

    private static void WriteRecord(
        CodeWriter writer,
        FlowShape shape,
        string type,
        string summary,
        IReadOnlyList<Member> members,
        Action<CodeWriter, Member> writeRemarks,
        Func<Member, bool>? isRequired = null)
    {
        writer.Documentation("summary", summary);
        writer.Line(FlowEmitter.GeneratedCode);
        writer.Line($"{shape.Accessibility} sealed partial record {type}");
        writer.Open();
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                writer.Line();
            }

            var member = members[i];
            writer.Documentation("summary", Summary(member));
            writeRemarks(writer, member);
            var required = isRequired?.Invoke(member) ?? !member.IsNullable;
            writer.Line($"public {(required ? "required " : "")}{member.PropertyType} {member.Property} {{ get; init; }}");
        }

        writer.Close();
        writer.Line();
    }

    private static string Summary(Member member) => string.IsNullOrWhiteSpace(member.Description)
        ? $"{CSharpText.Code(member.JsonName)}, declared as {CSharpText.Code(member.TypeWord)}."
        : CSharpText.Xml(member.Description!.Trim());

    private static void WriteInputRemarks(CodeWriter writer, Member member)
    {
        if (member.DefaultJson is { } json)
        {
            writer.Documentation("remarks", $"Left out of the request when null; the flow then takes {CSharpText.Code(json)}.");
        }
    }

    private static void WriteOutputRemarks(CodeWriter writer, Member member) => writer.Documentation(
        "remarks",
        member.IsNullable
            ? member.IsFromNode ? "Null when the flow gives no value, as when its node was bypassed." : "Null when the flow gives no value."
            : "Never null: an answer without it raises <see cref=\"global::FlowBuild.FlowContractException\"/>.");
}
