using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Schema;

/// <summary>
/// JSON schemas (draft-07) of the files that FlowBuild reads, written from the tables that the checks use. An editor with a YAML
/// language server takes completion, hover and marks from them. A file without errors always fits its schema; of the errors a schema
/// shows those that it can see: not references between parts of a file, sums or comparisons.
/// </summary>
public static class EditorSchemas
{
    /// <summary>Where the schemas are published; the name of a file follows.</summary>
    public const string BaseUri = "https://raw.githubusercontent.com/flowbuild/flowbuild/main/build/schemas/";

    /// <summary>The texts of the schemas by file name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["flow.schema.json"] = Write(
            "flow", "Prompt flow", "A prompt flow: its inputs, its outputs and the nodes between them (flow.dag.yaml).",
            FlowEditorSchema.Flow()),
        ["flex-flow.schema.json"] = Write(
            "flex-flow", "Flex flow", "A prompt flow with an entry point in code (flow.flex.yaml).",
            FlowEditorSchema.FlexFlow()),
        ["endpoint.schema.json"] = Write(
            "endpoint", "Online endpoint", "An online endpoint of Azure Machine Learning, managed or on Kubernetes.",
            AzureMlEditorSchema.Endpoint()),
        ["deployment.schema.json"] = Write(
            "deployment", "Online deployment", "A deployment of an online endpoint of Azure Machine Learning, managed or on Kubernetes.",
            AzureMlEditorSchema.Deployment()),
        ["model.schema.json"] = Write(
            "model", "Model", "A model of Azure Machine Learning.",
            AzureMlEditorSchema.Model(AzureMlSchemas.Model)),
        ["environment.schema.json"] = Write(
            "environment", "Environment", "An environment of Azure Machine Learning.",
            AzureMlEditorSchema.Environment(AzureMlSchemas.Environment)),
    };

    private static string Write(string name, string title, string description, SchemaObject schema) => new SchemaObject
    {
        { "$schema", "http://json-schema.org/draft-07/schema#" },
        { "$id", $"{BaseUri}{name}.schema.json" },
        { "title", title },
        { "description", description },
        schema,
    }.ToText();
}
