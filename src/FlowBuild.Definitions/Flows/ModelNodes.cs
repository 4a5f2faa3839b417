using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// What an llm node needs for its model. promptflow looks for the function <c>provider.api</c>, where the provider follows from the
/// connection's type, and calls it with the node's inputs.
/// </summary>
internal static class ModelNodes
{
    private static readonly string[] Apis = ["chat", "completion"];
    private static readonly string[] Providers = ["AzureOpenAI", "OpenAI"];

    /// <summary>Checks an llm node.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="span">Where the file gives the name.</param>
    /// <param name="node">The node, or the variant that stands in for it.</param>
    /// <param name="problems">Takes what is found.</param>
    public static void Check(string name, SourceSpan span, YamlMapping node, DiagnosticList problems)
    {
        if (!HasValue(node, "api"))
        {
            problems.Add(FlowRules.ModelWithoutApi, Place("api"), name, Instead("api", "; add 'api: chat' or 'api: completion'"));
        }
        else
        {
            CheckWord("api", Apis, "promptflow finds no such function of the model's provider");
        }

        CheckWord("provider", Providers, "the connection's type decides");
        if (!HasValue(node, "connection"))
        {
            problems.Add(
                FlowRules.ModelIncomplete, Place("connection"), name, "connection",
                Instead("connection", "; add 'connection:' with the name of a connection of the workspace"));
        }

        if (!HasModel(node))
        {
            problems.Add(
                FlowRules.ModelIncomplete, span, name, "model",
                "; add 'deployment_name' (Azure OpenAI) or 'model' (OpenAI) to its inputs, unless its connection is a serverless one");
        }

        SourceSpan Place(string key) => node.Find(key)?.Key.Span ?? FlowFileReader.MisspeltKey(node, FlowSchemas.Node, key)?.Span ?? span;

        string Instead(string key, string otherwise) =>
            FlowFileReader.Instead(FlowFileReader.MisspeltKey(node, FlowSchemas.Node, key), key, otherwise);

        void CheckWord(string key, string[] words, string effect)
        {
            if (node.Find(key) is { Value: YamlScalar word } entry && HasValue(node, key) && Array.IndexOf(words, word.Value) < 0
                && !(key == "api" && word.Value == "embedding") && !(key == "provider" && word.Value == "Serverless"))
            {
                problems.Add(
                    FlowRules.ModelWordUnknown, entry.ValueSpan, word.Value, key, effect,
                    Suggestion.DidYouMean(word.Value, words, $"; write one of {string.Join(", ", words)}"));
            }
        }
    }

    private static bool HasModel(YamlMapping node) =>
        node.Find("inputs")?.Value is YamlMapping inputs && (HasValue(inputs, "deployment_name") || HasValue(inputs, "model"));

    private static bool HasValue(YamlMapping mapping, string key) => FlowFileReader.IsTruthy(mapping.Find(key));
}
