using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Naming;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Scoring;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>What the page shows of the flow that a deployment serves.</summary>
internal sealed class DeployedFlow(ServedFlow flow, StoredVersion? model)
{
    // The studio shows a chat when these properties of the model name an input and an output.
    private const string PropertyPrefix = "azureml.promptflow.";
    private static readonly PythonJsonFormat Format = new(IsAscii: false, IsSorted: false, IsCompact: false);

    // A client is named after its flow's folder, unless the project chooses another name; that is not known here.
    private readonly ContractNames _names = new(
        ClientNames.Of([new ClientNameSource($"/{flow.Name}/flow.dag.yaml", "", "")])[0], flow.Contract);

    /// <summary>Contract, chat roles and graph.</summary>
    public JsonObject Describe() => new()
    {
        ["name"] = flow.Name,
        ["kind"] = FlowKindWord,
        ["description"] = flow.Contract.Description,
        ["client"] = _names.ClientType,
        ["acceptsAnyInput"] = flow.Contract.AcceptsAnyInput,
        ["messageFormat"] = flow.Contract.MessageFormat == FlowMessageFormat.OpenAIVision ? "openai-vision" : "basic",
        ["inputs"] = new JsonArray([.. flow.Contract.Inputs.Select(Describe)]),
        ["outputs"] = new JsonArray([.. flow.Contract.Outputs.Select(Describe)]),
        ["canStream"] = flow.Contract.CanStream,
        ["chat"] = Chat(),
        ["graph"] = FlowPicture.Describe(flow.Definition),
    };

    /// <summary>A request as C#.</summary>
    public string WriteCall(JsonElement request, bool isStreamed) => CSharpCall.Write(_names, flow.Contract, request, isStreamed);

    private string FlowKindWord => flow.Contract.Kind.ToString().ToLowerInvariant();

    private JsonObject? Chat()
    {
        var properties = model?.Properties.Object("properties");
        return properties?.Text(PropertyPrefix + "chat_input") is { } input && properties.Text(PropertyPrefix + "chat_output") is { } output
            && flow.Contract.Inputs.Any(i => i.Name == input) && flow.Contract.Outputs.Any(o => o.Name == output)
                ? new JsonObject
                {
                    ["input"] = input,
                    ["output"] = output,
                    ["history"] = flow.Contract.Chat?.History ?? flow.Contract.Inputs.FirstOrDefault(static i => i.Name == "chat_history")?.Name,
                }
                : null;
    }

    private JsonObject Describe(ContractInput input) => new()
    {
        ["name"] = input.Name,
        ["type"] = FlowPicture.Word(input.Type),
        ["isRequired"] = input.IsRequired,
        // JSON text, since a script would round its numbers.
        ["default"] = input.DefaultJson,
        ["example"] = Example(input),
        ["description"] = input.Description,
    };

    private string? Example(ContractInput input)
    {
        var row = flow.Example as PythonDict;
        return (row?.Find("inputs") as PythonDict ?? row)?.Find(input.Name) is { } value ? Format.Write(value) : null;
    }

    private static JsonObject Describe(ContractOutput output) => new()
    {
        ["name"] = output.Name,
        ["type"] = FlowPicture.Word(output.DeclaredType),
        ["canStream"] = output.CanStream,
        ["description"] = output.Description,
    };
}
