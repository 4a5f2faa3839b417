using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the checked tree of a model, inline or in a file of its own.</summary>
internal static class ModelFile
{
    public static ModelSpec Read(YamlMapping mapping, DiagnosticList problems)
    {
        var model = new CheckedMapping(mapping);
        if (model.Find("version") is { } version && model.Find("name") is null)
        {
            problems.Add(
                DeploymentRules.MissingKey,
                version.Key.Span,
                "a model with a version",
                "name",
                "a version belongs to a name; add 'name:', or remove 'version:'");
        }

        DeploymentFile.CheckSecrets(mapping, problems);
        return new ModelSpec(
            model.Located("name"),
            model.Version("version"),
            model.Located("path"),
            model.Word("type") ?? "custom_model",
            model.Text("description"),
            model.FreeMap("tags"),
            model.FreeMap("properties"),
            model.Text("stage"))
        {
            Flavors = ReadFlavors(model.Find("flavors")),
            Datastore = model.Located("datastore"),
            LocatedProperties = model.LocatedFreeMap("properties"),
        };
    }

    private static EquatableArray<KeyValuePair<string, EquatableArray<KeyValuePair<string, string>>>> ReadFlavors(YamlEntry? entry)
    {
        var flavors = new List<KeyValuePair<string, EquatableArray<KeyValuePair<string, string>>>>();
        if (entry is { Value: YamlMapping mapping })
        {
            var named = new CheckedMapping(mapping);
            foreach (var flavor in mapping.Entries)
            {
                flavors.Add(new(flavor.Key.Value, named.FreeMap(flavor.Key.Value)));
            }
        }

        return new(flavors);
    }
}
