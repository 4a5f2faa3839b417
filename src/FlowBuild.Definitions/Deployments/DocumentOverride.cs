using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>One override on a deployment document, as <c>az ml --set</c> has it: applied before the document is checked.</summary>
/// <param name="Path">Keys, joined by dots, such as <c>request_settings.request_timeout_ms</c>. Missing mappings are made.</param>
/// <param name="Value">The value; always a text, which numeric and boolean keys accept.</param>
public sealed record DocumentOverride(string Path, string Value)
{
    /// <summary>Applies overrides to a tree, each on what the ones before it left.</summary>
    internal static void Apply(IReadOnlyList<DocumentOverride> overrides, YamlMapping root, DiagnosticList problems)
    {
        foreach (var item in overrides)
        {
            item.Apply(root, problems);
        }
    }

    private void Apply(YamlMapping root, DiagnosticList problems)
    {
        var keys = Path.Split('.');
        if (Array.Exists(keys, static key => key.Length == 0))
        {
            problems.Add(
                DeploymentRules.InvalidOverride,
                null,
                Path,
                "write keys joined by dots, such as request_settings.request_timeout_ms");
            return;
        }

        var mapping = root;
        for (var i = 0; i < keys.Length - 1; i++)
        {
            var next = mapping.Find(keys[i]);
            if (next is { Value: YamlMapping nested })
            {
                mapping = nested;
            }
            else if (next is null || SchemaChecker.IsNull(next.Value))
            {
                var made = new YamlMapping(default);
                Set(mapping, keys[i], made);
                mapping = made;
            }
            else
            {
                problems.Add(
                    DeploymentRules.InvalidOverride,
                    next.ValueSpan,
                    Path,
                    $"'{keys[i]}' is {SchemaChecker.Describe(next.Value)} in the file, and has no keys to set");
                return;
            }
        }

        Set(mapping, keys[keys.Length - 1], new YamlScalar(Value, isPlain: false, tag: null, default));
    }

    /// <summary>Sets a value without a place of its own, so that problems are reported at the key that it replaces.</summary>
    private static void Set(YamlMapping mapping, string key, YamlNode value)
    {
        for (var i = 0; i < mapping.Entries.Count; i++)
        {
            if (mapping.Entries[i].Key.Value == key)
            {
                mapping.Replace(i, mapping.Entries[i] with { Value = value });
                return;
            }
        }

        mapping.Add(new(new YamlScalar(key, isPlain: false, tag: null, default), value, key));
    }
}
