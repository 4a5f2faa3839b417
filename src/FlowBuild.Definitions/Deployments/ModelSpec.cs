using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>What a model file, or an inline model, says.</summary>
/// <param name="Name">The model's name; null only inline.</param>
/// <param name="Version">A pinned version, or null: the next free one.</param>
/// <param name="Path">The folder or file, relative to the YAML file, or a remote URI; null when the flow's folder is meant.</param>
/// <param name="Type"><c>custom_model</c> (default), <c>mlflow_model</c> or <c>triton_model</c>.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="Tags">Tags of the version.</param>
/// <param name="Properties">Properties of the version, such as <c>azureml.promptflow.source_flow_id</c>.</param>
/// <param name="Stage">The stage label, or null.</param>
public sealed record ModelSpec(
    Located<string>? Name,
    Located<string>? Version,
    Located<string>? Path,
    string Type,
    string? Description,
    EquatableArray<KeyValuePair<string, string>> Tags,
    EquatableArray<KeyValuePair<string, string>> Properties,
    string? Stage)
{
    /// <summary>What frameworks say of the model: data by flavor.</summary>
    public EquatableArray<KeyValuePair<string, EquatableArray<KeyValuePair<string, string>>>> Flavors { get; init; } =
        EquatableArray.Empty<KeyValuePair<string, EquatableArray<KeyValuePair<string, string>>>>();

    /// <summary><see cref="Properties"/> with the places of their values.</summary>
    public EquatableArray<KeyValuePair<string, Located<string>>> LocatedProperties { get; init; } =
        EquatableArray.Empty<KeyValuePair<string, Located<string>>>();

    /// <summary>The datastore that a local path is uploaded to; null for the workspace's own, <c>workspaceblobstore</c>.</summary>
    public Located<string>? Datastore { get; init; }
}
