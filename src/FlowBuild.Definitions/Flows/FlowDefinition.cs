using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>The form of a flow file.</summary>
public enum FlowKind
{
    /// <summary>A graph of nodes, <c>flow.dag.yaml</c>.</summary>
    Dag,

    /// <summary>A Python or C# entry point, <c>flow.flex.yaml</c>, or any flow file with a top-level <c>entry</c>.</summary>
    Flex,

    /// <summary>A single prompt with its model and inputs in front, <c>*.prompty</c>.</summary>
    Prompty,
}

/// <summary>The type words of inputs and outputs that a served flow can have. The words are lower case and have no aliases.</summary>
public enum FlowValueType
{
    /// <summary><c>string</c></summary>
    String,

    /// <summary><c>int</c>: a whole number; promptflow sets no bound.</summary>
    Int,

    /// <summary><c>double</c></summary>
    Double,

    /// <summary><c>bool</c></summary>
    Bool,

    /// <summary><c>list</c>: a JSON array of anything.</summary>
    List,

    /// <summary><c>object</c>: any JSON value; promptflow does not check that it is an object.</summary>
    Object,

    /// <summary><c>image</c></summary>
    Image,
}

/// <summary>How images travel in requests and responses.</summary>
public enum FlowMessageFormat
{
    /// <summary><c>{"data:image/png;base64": "..."}</c></summary>
    Basic,

    /// <summary><c>{"type": "image_url", "image_url": {"url": "..."}}</c></summary>
    OpenAIVision,
}

/// <summary>What a flow file says, as written, with the places where it says it.</summary>
/// <param name="Kind">Graph, entry point or single prompt.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="Language"><c>python</c> (default) or <c>csharp</c>.</param>
/// <param name="Inputs">The declared inputs, in the order of the file.</param>
/// <param name="Outputs">The declared outputs, in the order of the file.</param>
/// <param name="Nodes">The nodes with their default variants applied; empty for a flex flow and a prompty.</param>
/// <param name="AdditionalIncludes">Files and folders that belong to the flow and lie outside its folder.</param>
/// <param name="MessageFormat">How images travel; default <see cref="FlowMessageFormat.Basic"/>.</param>
/// <param name="Entry">The entry point of a flex flow, else null.</param>
/// <param name="EnvironmentVariables">The flow's own environment variables, values as text.</param>
public sealed record FlowDefinition(
    FlowKind Kind,
    string? Description,
    string Language,
    EquatableArray<FlowInput> Inputs,
    EquatableArray<FlowOutput> Outputs,
    EquatableArray<FlowNode> Nodes,
    EquatableArray<Located<string>> AdditionalIncludes,
    FlowMessageFormat MessageFormat,
    string? Entry,
    EquatableArray<KeyValuePair<string, string>> EnvironmentVariables);

/// <summary>One input of a flow.</summary>
/// <param name="Name">The JSON name, verbatim.</param>
/// <param name="Type">The declared type.</param>
/// <param name="DefaultJson">The default as compact JSON, or null when there is none or it is null: the server then requires the input.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="IsChatInput">Flagged <c>is_chat_input</c>.</param>
/// <param name="IsChatHistory">The flag <c>is_chat_history</c>, or null when the key is absent (absent and false differ for the
/// input that is named <c>chat_history</c>).</param>
/// <param name="Span">The name in the file.</param>
public sealed record FlowInput(
    string Name,
    FlowValueType Type,
    string? DefaultJson,
    string? Description,
    bool IsChatInput,
    bool? IsChatHistory,
    SourceSpan Span);

/// <summary>One output of a flow.</summary>
/// <param name="Name">The JSON name, verbatim.</param>
/// <param name="Type">The declared type. The server never checks or converts to it.</param>
/// <param name="Reference">The reference as written, such as <c>${node.output}</c>.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="IsChatOutput">Flagged <c>is_chat_output</c>.</param>
/// <param name="IsEvaluationOnly">Flagged <c>evaluation_only</c>: hidden from responses unless the deployment lists it.</param>
/// <param name="Span">The name in the file.</param>
public sealed record FlowOutput(
    string Name,
    FlowValueType Type,
    Located<string> Reference,
    string? Description,
    bool IsChatOutput,
    bool IsEvaluationOnly,
    SourceSpan Span);

/// <summary>One node of a graph.</summary>
/// <param name="Name">Unique in the flow.</param>
/// <param name="Type"><c>llm</c>, <c>python</c>, <c>prompt</c>, <c>custom_llm</c> or <c>csharp</c>.</param>
/// <param name="SourceType"><c>code</c>, <c>package</c> or <c>package_with_prompt</c>; null when the node has no source.</param>
/// <param name="SourcePath">The source file relative to the flow's folder, or null.</param>
/// <param name="Tool">The tool of a package node, or null.</param>
/// <param name="Inputs">The node's inputs by name; values are literals as text or whole references.</param>
/// <param name="Connection">The connection that an llm node names, or null.</param>
/// <param name="IsAggregation">Runs over all lines of a batch; never served.</param>
/// <param name="ActivateWhen">The reference that decides whether the node runs, or null when it always does.</param>
/// <param name="ActivateIsJson">The value of that reference at which the node runs, as compact JSON; null when it always does.</param>
/// <param name="Span">The name in the file.</param>
public sealed record FlowNode(
    string Name,
    string? Type,
    string? SourceType,
    Located<string>? SourcePath,
    string? Tool,
    EquatableArray<KeyValuePair<string, Located<string>>> Inputs,
    Located<string>? Connection,
    bool IsAggregation,
    Located<string>? ActivateWhen,
    string? ActivateIsJson,
    SourceSpan Span);
