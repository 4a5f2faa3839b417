using System.Globalization;
using System.Text.Json;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Naming;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>Writes a request as the C# that sends the same with the generated client.</summary>
internal static class CSharpCall
{
    private const int LongestLine = 100;
    private const int LongestInlineImage = 64;

    /// <summary>The statement; a comment that says why in the place of one that cannot be written.</summary>
    /// <param name="names">What the client's types are called.</param>
    /// <param name="contract">What the flow takes and gives.</param>
    /// <param name="request">The body of the request, a JSON object.</param>
    /// <param name="isStreamed">Whether the answer is wanted piece by piece.</param>
    public static string Write(ContractNames names, FlowContract contract, JsonElement request, bool isStreamed)
    {
        string argument;
        try
        {
            argument = contract.AcceptsAnyInput
                ? $"JsonNode.Parse({Json(request)})!.AsObject()"
                : Record("new()", Members(names, contract, request));
        }
        catch (NotSupportedException e)
        {
            return $"// {e.Message}";
        }

        if (isStreamed && contract.ReturnsBareResult)
        {
            return $"await foreach (var update in client.StreamAsync({argument}))\n{{\n    Console.WriteLine(update);\n}}";
        }

        if (isStreamed)
        {
            for (var i = 0; i < contract.Outputs.Count; i++)
            {
                if (contract.Outputs[i].CanStream)
                {
                    return $"await foreach (var update in client.StreamAsync({argument}))\n{{\n    Console.Write(update.{names.Updates[i]});\n}}";
                }
            }
        }

        return $"var {(contract.ReturnsBareResult ? "result" : "output")} = await client.ScoreAsync({argument});";
    }

    private static IEnumerable<string> Members(ContractNames names, FlowContract contract, JsonElement request)
    {
        for (var i = 0; i < contract.Inputs.Count; i++)
        {
            var input = contract.Inputs[i];
            if (request.TryGetProperty(input.Name, out var value) && !(value.ValueKind == JsonValueKind.Null && !input.IsRequired))
            {
                var text = input.Name == names.Chat?.History ? Turns(names, contract, value) : Value(input.Name, input.Type, value);
                yield return $"{names.Inputs[i]} = {text}";
            }
        }
    }

    private static string Record(string start, IEnumerable<string> members)
    {
        var list = members.ToList();
        var line = list.Count == 0 ? $"{start} {{ }}" : $"{start} {{ {string.Join(", ", list)} }}";
        return line.Length <= LongestLine && !line.Contains('\n', StringComparison.Ordinal)
            ? line
            : $"{start}\n{{\n{string.Concat(list.Select(static member => $"    {member.Replace("\n", "\n    ", StringComparison.Ordinal)},\n"))}}}";
    }

    private static string Turns(ContractNames names, FlowContract contract, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Unsuitable(names.Chat!.History, value);
        }

        var chat = names.Chat!;
        var question = contract.Inputs.First(i => i.Name == chat.Input).Type;
        var answer = contract.Outputs.First(o => o.Name == chat.Output).Type;
        var turns = value.EnumerateArray().Select(turn => Record(
            $"new {names.TurnType}",
            [
                $"{names.TurnQuestion} = {Value(chat.Input, question, Part(turn, "inputs", chat.Input))}",
                $"{names.TurnAnswer} = {Value(chat.Output, answer, Part(turn, "outputs", chat.Output))}",
            ])).ToList();
        return turns.Count == 0
            ? "[]"
            : $"\n[\n{string.Concat(turns.Select(static turn => $"    {turn.Replace("\n", "\n    ", StringComparison.Ordinal)},\n"))}]";

        JsonElement Part(JsonElement turn, string side, string name) =>
            turn.ValueKind == JsonValueKind.Object && turn.TryGetProperty(side, out var values)
                && values.ValueKind == JsonValueKind.Object && values.TryGetProperty(name, out var part)
                    ? part
                    : throw Unsuitable(chat.History, value);
    }

    private static string Value(string name, FlowValueType type, JsonElement value) => (type, value.ValueKind) switch
    {
        (FlowValueType.String, JsonValueKind.String) => CSharpLiteral.Of(Text(name, value)),
        (FlowValueType.Int, JsonValueKind.Number) when value.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
        (FlowValueType.Double, JsonValueKind.Number) when double.IsFinite(value.GetDouble()) => Number(value.GetDouble()),
        (FlowValueType.Double, JsonValueKind.String) when value.ValueEquals("NaN") => "double.NaN",
        (FlowValueType.Bool, JsonValueKind.True) => "true",
        (FlowValueType.Bool, JsonValueKind.False) => "false",
        (FlowValueType.List, JsonValueKind.Array) when value.GetArrayLength() == 0 => "[]",
        (FlowValueType.List, JsonValueKind.Array) => $"[.. JsonDocument.Parse({Json(value)}).RootElement.EnumerateArray()]",
        (FlowValueType.Object, _) => $"JsonDocument.Parse({Json(value)}).RootElement",
        (FlowValueType.Image, JsonValueKind.Object) => Image(name, value),
        _ => throw Unsuitable(name, value),
    };

    // A text can hold half of a character, which no .NET string that is to be sent can.
    private static string Text(string name, JsonElement value)
    {
        try
        {
            return value.GetString() ?? throw Unsuitable(name, value);
        }
        catch (InvalidOperationException)
        {
            throw Unsuitable(name, value);
        }
    }

    private static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        // Digits alone would be a whole number, and too many of them none.
        return text.All(static c => char.IsAsciiDigit(c) || c == '-') ? text + "d" : text;
    }

    // {"data:image/png;base64": "…"}, {"data:image/png;url": "…"} or {"type": "image_url", "image_url": {"url": "…"}}
    private static string Image(string name, JsonElement value)
    {
        if (value.TryGetProperty("image_url", out var vision) && vision.ValueKind == JsonValueKind.Object
            && vision.TryGetProperty("url", out var address))
        {
            var uri = Text(name, address);
            return uri.StartsWith("data:", StringComparison.Ordinal) && uri.Split(',', 2) is [var head, var data]
                ? FromBytes(head["data:".Length..].Split(';')[0], data)
                : $"FlowImage.FromUri(new Uri({CSharpLiteral.Of(uri)}))";
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Name.StartsWith("data:", StringComparison.Ordinal) && member.Name["data:".Length..].Split(';') is [var mediaType, var kind])
            {
                var text = Text(name, member.Value);
                return kind == "base64" ? FromBytes(mediaType, text) : $"FlowImage.FromUri(new Uri({CSharpLiteral.Of(text)}), {CSharpLiteral.Of(mediaType)})";
            }
        }

        throw Unsuitable(name, value);

        string FromBytes(string mediaType, string base64) => base64.Length <= LongestInlineImage
            ? $"FlowImage.FromBytes(Convert.FromBase64String({CSharpLiteral.Of(base64)}), {CSharpLiteral.Of(mediaType)})"
            : $"FlowImage.FromBytes(File.ReadAllBytes({CSharpLiteral.Of($"{name}.{mediaType.Split('/')[^1]}")}), {CSharpLiteral.Of(mediaType)})";
    }

    // Raw text reads well where it is possible: it must not hold quotes in a row, nor begin or end with one.
    private static string Json(JsonElement value)
    {
        var text = value.GetRawText();
        return text[0] is '{' or '[' && !text.Contains("\"\"\"", StringComparison.Ordinal) && text.All(static c => c is >= ' ' and <= '~')
            ? $"\"\"\"{text}\"\"\""
            : CSharpLiteral.Of(text);
    }

    private static NotSupportedException Unsuitable(string name, JsonElement value)
    {
        const int Shown = 60;
        var text = value.GetRawText().ReplaceLineEndings(" ");
        return new NotSupportedException($"The generated client cannot send {(text.Length > Shown ? text[..Shown] + "…" : text)} as '{name.ReplaceLineEndings(" ")}'.");
    }
}
