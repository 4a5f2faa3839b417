using FlowBuild.Definitions.Schema;

namespace FlowBuild.Definitions.Flows;

/// <summary>The keys of flow files. promptflow ignores keys that it does not know, so these are for advice and for editors.</summary>
internal static class FlowSchemas
{
    private static readonly ValueRule AnyText = new ValueRule.Text();
    private static readonly ValueRule Anything = new ValueRule.Any();
    private static readonly ValueRule Flag = new ValueRule.Bool();
    private static readonly ValueRule Names = new ValueRule.FreeMap();
    private static readonly ValueRule Types = new ValueRule.Word(FlowWords.TypeWords);

    public static readonly MappingRule Input = new(
        "an input",
        [
            new("type", Types, "The type that the server converts to.", IsRequired: true),
            new("default", Anything, "The value when a request leaves the input out; with one, the input is optional."),
            new("description", AnyText, "What the input means; becomes documentation of the client."),
            new("is_chat_input", Flag, "The input holds the user's message."),
            new("is_chat_history", Flag, "The input holds the turns so far."),
            new("enum", new ValueRule.ListOf(Anything), "Possible values; not enforced."),
        ]);

    public static readonly MappingRule Output = new(
        "an output",
        [
            new("type", Types, "The type of the value; never checked by the server.", IsRequired: true),
            new("reference", AnyText, "What the output is, such as ${node.output}."),
            new("description", AnyText, "What the output means; becomes documentation of the client."),
            new("is_chat_output", Flag, "The output holds the answer."),
            new("evaluation_only", Flag, "The output is left out of responses unless the deployment lists it."),
        ]);

    public static readonly MappingRule Source = new(
        "a source",
        [
            new(
                "type",
                new ValueRule.Word("code", "package", "package_with_prompt"),
                "Where the code is; code by default.",
                Default: "code"),
            new("path", AnyText, "The file, relative to the flow's folder."),
            new("tool", AnyText, "The tool of a package."),
        ]);

    public static readonly MappingRule Activate = new(
        "an activate block",
        [
            new("when", Anything, "The reference that decides, such as ${node.output}.", IsRequired: true),
            new("is", Anything, "The value at which the node runs.", IsRequired: true),
        ]);

    public static readonly MappingRule Node = new(
        "a node",
        [
            new("name", AnyText, "The name that references use; unique in the flow."),
            new("type", new ValueRule.Word(FlowWords.NodeTypes), "The kind of node."),
            new("source", new ValueRule.Mapping(Source), "The code of the node."),
            new("inputs", new ValueRule.MapOf(Anything), "Values and references by name."),
            new("api", AnyText, "chat or completion, for an llm node."),
            new("provider", AnyText, "AzureOpenAI or OpenAI, for an llm node."),
            new("module", AnyText, "The module of the provider."),
            new("connection", AnyText, "The connection of an llm node."),
            new("use_variants", Flag, "The node is one of its variants in node_variants."),
            new("activate", new ValueRule.Mapping(Activate), "When the node runs; always by default."),
            new("aggregation", Flag, "The node runs once over all lines of a batch, and never when served."),
            new("reduce", Flag, "The old name of aggregation."),
            new("comment", AnyText, "Free text."),
            new("enable_cache", Flag, "Whether results are cached."),
            new("skip", Anything, "Obsolete and ignored."),
            new("tool", AnyText, "The tool, in flows of older versions."),
            new("description", AnyText, "Free text."),
        ]);

    private static readonly KeyRule[] CommonKeys =
    [
        new("$schema", AnyText, "The schema for editors."),
        new("inputs", new ValueRule.MapOf(new ValueRule.Mapping(Input)), "The inputs by name."),
        new("outputs", new ValueRule.MapOf(new ValueRule.Mapping(Output)), "The outputs by name."),
        new("environment", Anything, "The environment in which pf builds the flow."),
        new("environment_variables", Anything, "Environment variables of the flow."),
        new("additional_includes", new ValueRule.ListOf(AnyText), "Files and folders outside the flow's folder that belong to it."),
        new("language", new ValueRule.Word("python", "csharp"), "python by default.", Default: "python"),
        new("type", AnyText, "standard, evaluation or chat; not used."),
        new("display_name", AnyText, "A name for people."),
        new("description", AnyText, "What the flow is for; becomes documentation of the client."),
        new("tags", Names, "Tags, names to texts."),
        new("name", AnyText, "The name of the flow; the folder's by default."),
        new("message_format", AnyText, "How images travel: basic (default) or openai-vision.", Default: "basic"),
        new("entry", AnyText, "The entry point of a flex flow, module:function."),
    ];

    public static readonly MappingRule Flow = new(
        "a flow",
        [
            .. CommonKeys,
            new("nodes", new ValueRule.ListOf(new ValueRule.Mapping(Node)), "The nodes; their order does not matter."),
            new("node_variants", Anything, "The variants of nodes with use_variants."),
            new("id", AnyText, "The id of the flow."),
            new("version", Anything, "The version of the flow; not used."),
            new("tools", Anything, "Tools inline, in flows of older versions."),
        ]);

    public static readonly MappingRule FlexFlow = new(
        "a flex flow",
        [
            .. CommonKeys,
            new("init", Anything, "The parameters of the entry class's constructor."),
            new("sample", Anything, "A sample of inputs."),
            new("code", AnyText, "The folder of the code."),
            new("path", AnyText, "The file of the entry, in flows of older versions."),
        ]);

    public static readonly MappingRule Prompty = new(
        "a prompty",
        [
            new("$schema", AnyText, "The schema for editors."),
            new("name", AnyText, "The name of the prompt."),
            new("description", AnyText, "What the prompt is for."),
            new("model", Anything, "The model, its connection and parameters."),
            new("inputs", new ValueRule.MapOf(new ValueRule.Mapping(Input)), "The inputs by name."),
            new("outputs", new ValueRule.MapOf(new ValueRule.Mapping(Output)), "The outputs by name."),
            new("sample", Anything, "A sample of inputs."),
            new("tags", Anything, "Tags."),
            new("version", Anything, "The version of the prompt."),
            new("authors", Anything, "The authors."),
            new("format", AnyText, "The format of the template."),
            new("template", Anything, "The kind of template."),
            new("environment_variables", Anything, "Environment variables of the prompt."),
        ]);
}
