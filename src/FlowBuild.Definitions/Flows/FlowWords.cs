using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Flows;

/// <summary>The words of a flow file: keys by place, type words, and what people write instead.</summary>
internal static class FlowWords
{
    public static readonly string[] FlowKeys =
    [
        "$schema", "inputs", "outputs", "nodes", "node_variants", "environment", "environment_variables", "additional_includes", "language",
        "type", "display_name", "description", "tags", "id", "name", "version", "message_format", "tools", "entry",
    ];

    public static readonly string[] FlexKeys =
    [
        "$schema", "entry", "inputs", "outputs", "init", "sample", "environment", "environment_variables", "additional_includes", "language",
        "type", "description", "display_name", "tags", "code", "name", "path", "message_format",
    ];

    public static readonly string[] PromptyKeys =
    [
        "$schema", "name", "description", "model", "inputs", "outputs", "sample", "tags", "version", "authors", "format", "template", "environment_variables",
    ];

    public static readonly string[] InputKeys = ["type", "default", "description", "is_chat_input", "is_chat_history", "enum"];

    public static readonly string[] OutputKeys = ["type", "reference", "description", "is_chat_output", "evaluation_only"];

    public static readonly string[] NodeKeys =
    [
        "name", "type", "source", "inputs", "api", "provider", "module", "connection", "use_variants", "activate", "aggregation", "reduce",
        "comment", "enable_cache", "skip", "tool", "description",
    ];

    public static readonly string[] SourceKeys = ["type", "path", "tool"];

    public static readonly string[] ActivateKeys = ["when", "is"];

    public static readonly string[] NodeTypes = ["llm", "python", "prompt", "custom_llm", "csharp"];

    public static readonly string[] SourceTypes = ["code", "package", "package_with_prompt"];

    private static readonly string[] TypeWords = ["string", "int", "double", "bool", "list", "object", "image"];

    /// <summary>The type that a word stands for, or null.</summary>
    public static FlowValueType? TypeOf(string word) => word switch
    {
        "string" => FlowValueType.String,
        "int" => FlowValueType.Int,
        "double" => FlowValueType.Double,
        "bool" => FlowValueType.Bool,
        "list" => FlowValueType.List,
        "object" => FlowValueType.Object,
        "image" => FlowValueType.Image,
        _ => null,
    };

    /// <summary>The word of a type.</summary>
    public static string WordOf(FlowValueType type) => TypeWords[(int)type];

    /// <summary>Types that promptflow knows and whose swagger cannot be made, so that the serving app does not start.</summary>
    public static bool IsUnservable(string word) => word is "file_path" or "prompt_template" or "secret" or "assistant_definition";

    /// <summary>The end of a message about a wrong type word.</summary>
    public static string SuggestType(string word) => word.ToLowerInvariant() switch
    {
        "str" or "text" => "; did you mean 'string'?",
        "integer" or "int32" or "int64" or "long" => "; did you mean 'int'?",
        "number" or "float" or "decimal" or "real" => "; did you mean 'double'?",
        "boolean" => "; did you mean 'bool'?",
        "array" or "sequence" => "; did you mean 'list'?",
        "dict" or "map" or "mapping" or "json" or "any" => "; did you mean 'object'?",
        "picture" or "file" => "; did you mean 'image'?",
        _ => Suggestion.DidYouMean(word, TypeWords, "; write one of string, int, double, bool, list, object, image"),
    };
}
