using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Plan;

/// <summary>The properties of a model version that hold a flow.</summary>
internal static class ModelProperties
{
    /// <summary>The property that holds the flow's contract.</summary>
    public const string Contract = "flowbuild.contract";

    private const string Prefix = "azureml.promptflow.";

    /// <summary>
    /// The properties of the file, with what the studio's Test tab needs and the contract filled in from the flow.
    /// </summary>
    /// <param name="sources">The files.</param>
    /// <param name="own">The model.</param>
    public static Dictionary<string, string> Of(FlowSources sources, ModelChoice.Own own)
    {
        var properties = (own.Spec?.Properties ?? EquatableArray.Empty<KeyValuePair<string, string>>())
            .ToDictionary(static p => p.Key, static p => p.Value, StringComparer.Ordinal);
        if (sources.Flow is not { } flow || !sources.IsFlowServed)
        {
            return properties;
        }

        var contract = FlowReader.GetContract(flow, null);
        properties.TryAdd(RequestTimeout.FlowProperty, Path.GetFileName(sources.Item.Folder));
        if (contract.Chat is { } chat)
        {
            properties.TryAdd(Prefix + "mode", "chat");
            properties.TryAdd(Prefix + "chat_input", chat.Input);
            properties.TryAdd(Prefix + "chat_output", chat.Output);
        }

        properties[Contract] = Compact(contract);
        return properties;
    }

    /// <summary>The contract as compact JSON: inputs with type and whether they are required, outputs with type and whether they can be null.</summary>
    public static string Compact(FlowContract contract)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("inputs");
            foreach (var input in contract.Inputs)
            {
                json.WriteString(input.Name, Word(input.Type) + (input.IsRequired ? "" : "?"));
            }

            json.WriteEndObject();
            json.WriteStartObject("outputs");
            foreach (var output in contract.Outputs)
            {
                json.WriteString(output.Name, Word(output.Type) + (output.IsNullable ? "?" : ""));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The type's word in a flow file.</summary>
    public static string Word(FlowValueType type) => type.ToString().ToLowerInvariant();
}
