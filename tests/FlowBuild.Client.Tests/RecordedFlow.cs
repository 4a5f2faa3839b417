using System.Globalization;
using System.Text.Json;

namespace FlowBuild.Client.Tests;

/// <summary>
/// The outputs of a flow of tests/Transcripts/flows, as prompt flow's type words declare them. All are nullable, as those of python nodes
/// are. Reading gives a line of text such as <c>output=hi; count=1</c>.
/// </summary>
internal sealed class RecordedFlow(params (string Name, string Type)[] outputs)
{
    /// <summary>A flow that declares no outputs, or answers with a bare value: its answer is any JSON.</summary>
    public static readonly RecordedFlow Bare = new();

    private static readonly RecordedFlow Hello = new(("output", "string"), ("count", "int"), ("types", "object"), ("passthru", "list"));

    private static readonly RecordedFlow Output = new(("output", "string"));

    // The first match counts: the longer beginning stands before the shorter.
    private static readonly (string Beginning, RecordedFlow Flow)[] Flows =
    [
        ("included_fields_", Hello),
        ("response_included_fields", new(("output", "string"), ("hidden", "string"))),
        ("chat_", new(("answer", "string"), ("turns", "int"))),
        ("stream_", new(("answer", "string"), ("turns", "int"))),
        ("odd_", new(("out-put", "string"), ("out put", "string"), ("class", "string"), ("1st", "int"), ("naïve", "string"))),
        ("image_", new(("output", "image"), ("all", "list"))),
        ("flex_", Bare),
        ("prompty_", Bare),
        ("two_generators_", new(("o1", "string"), ("o2", "string"))),
        ("nan_output", new(("output", "double"))),
        ("inf_output", new(("output", "double"))),
        ("output_type_mismatch", new(("i", "int"), ("s", "string"), ("u", "object"))),
        ("unserializable_", new(("i", "int"), ("s", "string"), ("u", "object"))),
        ("no_inputs_", new(("lit", "string"), ("output", "string"))),
        ("non_string_chunks_", Output),
        ("async_generator_", Output),
        ("empty_generator_", Output),
        ("bypass", Output),
        ("raw_text_body", Output),
        ("reference_forms", new(
            ("whole", "object"), ("short", "object"), ("idx_on_section", "string"), ("idx_dot", "string"), ("prop", "string"),
            ("prop_idx", "int"), ("prop_nested", "int"), ("prop_quoted", "int"), ("dotted_input", "string"), ("flow_prefix", "object"),
            ("notref", "string"), ("partial", "string"))),
        ("missing_property", new(("o", "string"))),
    ];

    /// <summary>The flow that a case ran against.</summary>
    public static RecordedFlow Of(string transcript)
    {
        var name = transcript[(transcript.IndexOf('_', StringComparison.Ordinal) + 1)..];
        var flow = Flows.FirstOrDefault(entry => name.StartsWith(entry.Beginning, StringComparison.Ordinal)).Flow;
        return flow ?? (name.EndsWith("_single", StringComparison.Ordinal) || name.EndsWith("_single_input", StringComparison.Ordinal) ? Output : Hello);
    }

    /// <summary>Reads an answer.</summary>
    public string ReadOutput(ref Utf8JsonReader reader) =>
        Read(ref reader, (name, value) => $"{name}={value ?? "null"}", isUpdate: false);

    /// <summary>Reads an update: only the outputs that it holds.</summary>
    public string ReadUpdate(ref Utf8JsonReader reader) =>
        Read(ref reader, (name, value) => value is null ? null : $"{name}={value}", isUpdate: true);

    private string Read(ref Utf8JsonReader reader, Func<string, string?, string?> describe, bool isUpdate)
    {
        if (outputs.Length == 0)
        {
            return FlowJson.ReadElement(ref reader, "output").GetRawText();
        }

        FlowJson.ReadStartObject(ref reader);
        var values = new string?[outputs.Length];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            var index = Array.FindIndex(outputs, output => output.Name == name);
            if (index < 0)
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            values[index] = ReadValue(ref reader, outputs[index].Name, outputs[index].Type, isUpdate) ?? "null";
        }

        return string.Join("; ", outputs.Select((output, index) => describe(output.Name, values[index])).OfType<string>())
            .Replace("\n", "\\n", StringComparison.Ordinal);
    }

    private static string? ReadValue(ref Utf8JsonReader reader, string output, string type, bool isUpdate) => type switch
    {
        "string" => isUpdate ? FlowJson.ReadDelta(ref reader, output) : FlowJson.ReadNullableString(ref reader, output),
        "int" => FlowJson.ReadNullableInt64(ref reader, output)?.ToString(CultureInfo.InvariantCulture),
        "double" => FlowJson.ReadNullableDouble(ref reader, output)?.ToString(CultureInfo.InvariantCulture),
        "list" => FlowJson.ReadNullableList(ref reader, output) is { } list ? $"[{string.Join(',', list.Select(item => item.GetRawText()))}]" : null,
        "image" => FlowJson.ReadNullableImage(ref reader, output) is { } image ? $"{image.MediaType}, {image.Bytes.Length} bytes" : null,
        _ => FlowJson.ReadElement(ref reader, output).GetRawText(),
    };
}
