using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Flows;

/// <summary>The type words of a flow file, and what people write instead.</summary>
internal static class FlowWords
{
    public static readonly string[] NodeTypes = ["llm", "python", "prompt", "custom_llm", "csharp"];

    /// <summary>Types that promptflow knows and whose swagger cannot be made, so that the serving app does not start.</summary>
    public static readonly string[] UnservableTypes = ["file_path", "prompt_template", "secret", "assistant_definition"];

    /// <summary>The types of inputs and outputs, in the order of <see cref="FlowValueType"/>.</summary>
    public static readonly string[] TypeWords = ["string", "int", "double", "bool", "list", "object", "image"];

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

    /// <summary>Whether a type is one of <see cref="UnservableTypes"/>.</summary>
    public static bool IsUnservable(string word) => Array.IndexOf(UnservableTypes, word) >= 0;

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
