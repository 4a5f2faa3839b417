namespace FlowBuild.Definitions.Flows;

/// <summary>
/// What a served flow takes and gives: all that a caller must know, and nothing about where the file says it, so an edit that
/// does not change the contract changes nothing downstream.
/// </summary>
/// <param name="Kind">Graph, entry point or single prompt.</param>
/// <param name="Description">What the flow is for, or null.</param>
/// <param name="Inputs">The inputs, in the order of the file.</param>
/// <param name="Outputs">The outputs that the server returns, in the order of the file.</param>
/// <param name="Chat">The chat roles when promptflow takes the flow for a chat flow, else null.</param>
/// <param name="MessageFormat">How images travel.</param>
/// <param name="AcceptsAnyInput">True for a flex flow that declares no inputs: the body is any JSON object.</param>
/// <param name="ReturnsBareResult">True for a flex flow: the response is whatever the code returned. True for a prompty without
/// outputs: the response is the model's text.</param>
public sealed record FlowContract(
    FlowKind Kind,
    string? Description,
    EquatableArray<ContractInput> Inputs,
    EquatableArray<ContractOutput> Outputs,
    ChatRoles? Chat,
    FlowMessageFormat MessageFormat,
    bool AcceptsAnyInput,
    bool ReturnsBareResult)
{
    /// <summary>Whether any output can arrive piece by piece. A bare result can: whether it is a generator, only the code behind it says.</summary>
    public bool CanStream => ReturnsBareResult || Outputs.Any(static o => o.CanStream);
}

/// <summary>One input of a served flow.</summary>
/// <param name="Name">The JSON name, verbatim.</param>
/// <param name="Type">The declared type; the server converts to it.</param>
/// <param name="DefaultJson">The default as compact JSON, or null when the server requires the input.</param>
/// <param name="Description">Free text, or null.</param>
public sealed record ContractInput(string Name, FlowValueType Type, string? DefaultJson, string? Description)
{
    /// <summary>The server answers 400 when the input is missing.</summary>
    public bool IsRequired => DefaultJson is null;
}

/// <summary>One output of a served flow.</summary>
/// <param name="Name">The JSON name, verbatim.</param>
/// <param name="DeclaredType">The type that the file declares.</param>
/// <param name="Type">The type that a caller can rely on: the declared one, or <see cref="FlowValueType.Object"/> where the node
/// can give something else (an llm node with <c>functions</c> or <c>tools</c>).</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="IsNullable">False only where the node is known to give a value of the type.</param>
/// <param name="CanStream">The output is the result of a python or custom_llm node or a property of it, or the whole result of an llm node
/// that no other node uses.</param>
public sealed record ContractOutput(
    string Name, FlowValueType DeclaredType, FlowValueType Type, string? Description, bool IsNullable, bool CanStream)
{
    /// <summary>Whether the value comes from a node; else it is an input passed through, or a fixed text.</summary>
    public bool IsFromNode { get; init; } = true;
}

/// <summary>Which inputs and outputs carry a conversation.</summary>
/// <param name="Input">Name of the input that holds the user's message.</param>
/// <param name="Output">Name of the output that holds the answer.</param>
/// <param name="History">Name of the input that holds the turns so far, oldest first.</param>
public sealed record ChatRoles(string Input, string Output, string History);
