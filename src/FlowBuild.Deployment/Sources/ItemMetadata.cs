using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>The metadata of a <c>PromptFlow</c> item.</summary>
public static class ItemMetadata
{
    /// <summary>Their names, as docs/targets.md lists them; case does not count.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["ClientName", "Namespace", "Visibility", "Endpoint", "Deployment", "Model", "ResponseFields", "ValueTypes", "JsonContext"];

    /// <summary>What is nearly a name of these. Other metadata are the project's own, and no one's business.</summary>
    /// <param name="item">The item, as the project names it.</param>
    /// <param name="names">The names of its metadata, without those that every item has.</param>
    public static IEnumerable<FlowDiagnostic> Check(string item, IEnumerable<string> names) =>
        from name in names.Order(StringComparer.OrdinalIgnoreCase)
        where !Names.Contains(name, StringComparer.OrdinalIgnoreCase)
        let meant = Suggestion.Nearest(name, Names)
        where meant is not null
        select FlowDiagnostic.At(ConfigurationRules.ItemMetadataUnknown, null, null, item, name, meant);
}
