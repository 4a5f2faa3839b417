namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW1xxx: what the flow file itself says. Errors are what promptflow refuses; traps are warnings, from FLOW1101.</summary>
public static class FlowRules
{
    /// <summary>The text is no YAML.</summary>
    public static readonly DiagnosticRule InvalidYaml = Error(
        "FLOW1001", "The file is no valid YAML", "This is not valid YAML: {0}");

    /// <summary>One key twice in a mapping.</summary>
    public static readonly DiagnosticRule DuplicateKey = Error(
        "FLOW1002", "A key occurs twice", "The key '{0}' occurs twice in one mapping, first in line {1}; remove one of the two");

    /// <summary>A mapping where a list is expected, and the like.</summary>
    public static readonly DiagnosticRule WrongShape = Error(
        "FLOW1003", "A value has the wrong shape", "'{0}' must be {1}, and this is {2}");

    /// <summary>The file holds nothing that can be served.</summary>
    public static readonly DiagnosticRule NoFlow = Error(
        "FLOW1004", "The file holds no flow", "This file holds no flow: {0}");

    /// <summary>An input or output without a type.</summary>
    public static readonly DiagnosticRule MissingType = Error(
        "FLOW1005",
        "An input or output has no type",
        "The {0} '{1}' has no type{2}");

    /// <summary>A type word that promptflow does not know.</summary>
    public static readonly DiagnosticRule UnknownType = Error(
        "FLOW1006", "The type is unknown", "'{0}' is no type of prompt flow{1}");

    /// <summary>A type that promptflow knows and its server cannot serve.</summary>
    public static readonly DiagnosticRule TypeNotServable = Error(
        "FLOW1007",
        "The type cannot be served",
        "The {0} '{1}' has the type '{2}', with which the serving app does not start; use string, int, double, bool, list, object or image");

    /// <summary>The message format is neither of the two.</summary>
    public static readonly DiagnosticRule UnknownMessageFormat = Error(
        "FLOW1008", "The message format is unknown", "'{0}' is no message format; write 'basic' or 'openai-vision'");

    /// <summary>Two nodes without a name: promptflow takes them for two of one name.</summary>
    public static readonly DiagnosticRule NodesWithoutName = Error(
        "FLOW1009", "Two nodes have no name", "A node before this one has no name either, so both count as one{0}");

    /// <summary>Two nodes with one name.</summary>
    public static readonly DiagnosticRule DuplicateNodeName = Error(
        "FLOW1010", "Two nodes have one name", "Another node is called '{0}' already, in line {1}; give this one a name of its own");

    /// <summary>A node without a type.</summary>
    public static readonly DiagnosticRule NodeWithoutType = Error(
        "FLOW1011", "A node has no type", "The node '{0}' has no type{1}");

    /// <summary>A node type that promptflow does not know or serve.</summary>
    public static readonly DiagnosticRule UnknownNodeType = Error(
        "FLOW1012", "The node type is unknown", "'{0}' is no node type{1}");

    /// <summary>A node without a source.</summary>
    public static readonly DiagnosticRule NodeWithoutSource = Error(
        "FLOW1013", "A node has no source", "The node '{0}' has no source{1}");

    /// <summary>A source that does not go with the node's type.</summary>
    public static readonly DiagnosticRule UnsupportedSource = Error(
        "FLOW1014", "The source does not go with the node", "A node of type '{0}' cannot have a source of type '{1}'; write {2}");

    /// <summary>A node refers to a flow input that is not declared.</summary>
    public static readonly DiagnosticRule UndeclaredInput = Error(
        "FLOW1015", "A node reads an input that the flow does not declare", "The flow declares no input '{0}'{1}");

    /// <summary>A node refers to a node that does not exist.</summary>
    public static readonly DiagnosticRule UnknownNode = Error(
        "FLOW1016", "A node refers to a node that does not exist", "The flow has no node '{0}'{1}");

    /// <summary>Nodes that wait for each other.</summary>
    public static readonly DiagnosticRule NodeCycle = Error(
        "FLOW1017", "Nodes depend on each other in a circle", "The node '{0}' waits for itself: {1}; break the circle");

    /// <summary>A node that runs per request reads one that runs over a whole batch.</summary>
    public static readonly DiagnosticRule ReadsAggregation = Error(
        "FLOW1018",
        "A node reads an aggregation node",
        "The node '{0}' reads the aggregation node '{1}', which runs after all lines of a batch; only aggregation nodes can read it");

    /// <summary>An aggregation node is activated by a node that is none.</summary>
    public static readonly DiagnosticRule ActivatedByNormalNode = Error(
        "FLOW1019",
        "An aggregation node is activated by another kind of node",
        "The aggregation node '{0}' cannot be activated by '{1}', which is no aggregation node; refer to an aggregation node or to an input");

    /// <summary><c>activate</c> without both of its keys.</summary>
    public static readonly DiagnosticRule ActivateIncomplete = Error(
        "FLOW1020", "An activate block is incomplete", "The activate block of '{0}' needs both 'when' and 'is'{1}");

    /// <summary>An output without a reference.</summary>
    public static readonly DiagnosticRule OutputWithoutReference = Error(
        "FLOW1021", "An output has no reference", "The output '{0}' refers to nothing{1}");

    /// <summary>An output refers to a node or an input that does not exist.</summary>
    public static readonly DiagnosticRule OutputReferenceNotFound = Error(
        "FLOW1022", "An output refers to something that does not exist", "The flow has no {0} '{1}'{2}");

    /// <summary>A variant block that promptflow cannot read.</summary>
    public static readonly DiagnosticRule InvalidVariant = Error(
        "FLOW1023", "A variant is incomplete", "The variants of '{0}' cannot be read: {1}");

    /// <summary>A flex flow whose entry has the wrong form.</summary>
    public static readonly DiagnosticRule InvalidEntry = Error(
        "FLOW1024",
        "The entry has the wrong form",
        "'{0}' is no entry point; write 'module:function' (C#: '(Assembly)Namespace.Class.Method')");

    /// <summary>A key that nothing reads.</summary>
    public static readonly DiagnosticRule UnknownKey = Warning(
        "FLOW1101", "The key is unknown", "'{0}' is no key of {1} and is ignored{2}");

    /// <summary>A default that promptflow inserts as it is, and whose conversion then fails.</summary>
    public static readonly DiagnosticRule DefaultDoesNotFit = Warning(
        "FLOW1102",
        "A default does not fit its type",
        "The default of '{0}' is no {1}: every request that leaves the input out fails; write {2}");

    /// <summary><c>${node.output[0]}</c> and the like.</summary>
    public static readonly DiagnosticRule ReferenceTrap = Warning(
        "FLOW1103", "A reference does not mean what it seems to", "'{0}' {1}{2}");

    /// <summary>An output whose reference is plain text.</summary>
    public static readonly DiagnosticRule LiteralOutput = Warning(
        "FLOW1104",
        "An output is a fixed text",
        "The output '{0}' always is this text, since only a whole '${{node.output}}' is a reference{1}");

    /// <summary>An output that may be missing because its node may not run.</summary>
    public static readonly DiagnosticRule OutputOfBypassedNode = Warning(
        "FLOW1105",
        "An output refers to a node that may not run",
        "The output '{0}' {2} whenever the node '{1}' is bypassed; collect the branches in a python node when callers need a value");

    /// <summary>An output that the server drops.</summary>
    public static readonly DiagnosticRule OutputOfAggregation = Warning(
        "FLOW1106",
        "An output refers to an aggregation node",
        "The output '{0}' is not served, because the aggregation node '{1}' runs after all lines of a batch");

    /// <summary>A name that no request can spell.</summary>
    public static readonly DiagnosticRule NameIsNoText = Warning(
        "FLOW1107", "A name is no text", "The name '{0}' is {1} and not a text, so no JSON request can match it; put it in quotes");

    /// <summary><c>activate</c> with nothing in it.</summary>
    public static readonly DiagnosticRule ActivateEmpty = Warning(
        "FLOW1108",
        "An activate block is empty",
        "The activate block of '{0}' has an empty 'when' and an empty 'is'; fill it or remove it");

    /// <summary>Only promptflow's schema dislikes it.</summary>
    public static readonly DiagnosticRule SchemaDislikes = Warning(
        "FLOW1109", "The schema of prompt flow refuses it", "'pf flow validate' refuses this: {0}");

    /// <summary>A container image of prompt flow, which is being retired.</summary>
    public static readonly DiagnosticRule RetiringImage = Warning(
        "FLOW1110",
        "The image retires",
        "The image '{0}' gets no updates any more and is announced to be unavailable after 2027-04-20; use an image of your own");

    /// <summary><c>activate.when</c> reads an input that is not declared; promptflow finds out at the first request.</summary>
    public static readonly DiagnosticRule UndeclaredActivateInput = Warning(
        "FLOW1111",
        "An activate block reads an input that the flow does not declare",
        "The flow declares no input '{0}', so every request fails{1}");

    /// <summary>One node without a name.</summary>
    public static readonly DiagnosticRule NodeWithoutName = Warning(
        "FLOW1112", "A node has no name", "This node has no name, so nothing can refer to it{0}");

    /// <summary>A template that was not filled in, or a text with a tag: promptflow takes both for things that are no text.</summary>
    public static readonly DiagnosticRule NotReadAsMeant = Warning(
        "FLOW1113", "A value is not read as it is meant", "This is not read as it is meant: {0}");

    /// <summary>Chat flags of inputs and outputs that together make no chat flow.</summary>
    public static readonly DiagnosticRule ChatFlags = Warning(
        "FLOW1114", "Chat flags contradict each other", "This flow is not the chat that its flags speak of: {0}");

    /// <summary>An llm node without <c>api</c>: promptflow finds no function to call and does not load the flow.</summary>
    public static readonly DiagnosticRule ModelWithoutApi = Error(
        "FLOW1115", "An llm node has no api", "The llm node '{0}' has no 'api', and the flow does not load without it{1}");

    /// <summary>An llm node without a connection or a model; both may be given where the flow runs.</summary>
    public static readonly DiagnosticRule ModelIncomplete = Warning(
        "FLOW1116", "An llm node has no connection or no model", "The llm node '{0}' names no {1}{2}");

    /// <summary>A file that is not UTF-8.</summary>
    public static readonly DiagnosticRule NotUtf8 = Error(
        "FLOW1117", "The flow file is not UTF-8", "This is not UTF-8, the encoding in which a flow is read: {0}; save the file as UTF-8");

    /// <summary>An <c>api</c> or <c>provider</c> that promptflow's own tools do not have.</summary>
    public static readonly DiagnosticRule ModelWordUnknown = Warning(
        "FLOW1118", "The api or provider of an llm node is unknown", "'{0}' is not a known '{1}' of an llm node: {2}{3}");

    /// <summary>A value that is a secret, in a file that is uploaded with the flow.</summary>
    public static readonly DiagnosticRule SecretInPlainText = Warning(
        "FLOW1119",
        "A secret stands in plain text",
        "'{0}' {1}, and its value is uploaded with the flow; use a connection, or set it in environment_variables of the deployment from a key vault");

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        InvalidYaml, DuplicateKey, WrongShape, NoFlow, MissingType, UnknownType, TypeNotServable, UnknownMessageFormat, NodesWithoutName,
        DuplicateNodeName, NodeWithoutType, UnknownNodeType, NodeWithoutSource, UnsupportedSource, UndeclaredInput, UnknownNode,
        NodeCycle, ReadsAggregation, ActivatedByNormalNode, ActivateIncomplete, OutputWithoutReference, OutputReferenceNotFound,
        InvalidVariant, InvalidEntry, UnknownKey, DefaultDoesNotFit, ReferenceTrap, LiteralOutput, OutputOfBypassedNode,
        OutputOfAggregation, NameIsNoText, ActivateEmpty, SchemaDislikes,
        RetiringImage, UndeclaredActivateInput, NodeWithoutName, NotReadAsMeant, ChatFlags, ModelWithoutApi, ModelIncomplete, NotUtf8,
        ModelWordUnknown, SecretInPlainText,
    ];

    private static DiagnosticRule Error(string id, string title, string message) => new(id, title, message, RuleSeverity.Error);

    private static DiagnosticRule Warning(string id, string title, string message) => new(id, title, message, RuleSeverity.Warning);
}
