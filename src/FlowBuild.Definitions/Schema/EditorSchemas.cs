using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Schema;

/// <summary>
/// JSON schemas (draft-07) of the files that FlowBuild reads, written from the tables that the checks use. An editor with a YAML
/// language server takes completion, hover and marks from them.
/// </summary>
public static class EditorSchemas
{
    /// <summary>The schemas by file name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["flow.schema.json"] = Write("Prompt flow", json => Mapping(json, FlowSchemas.Flow, isOpen: true)),
        ["flex-flow.schema.json"] = Write("Prompt flow with an entry point", json => Mapping(json, FlowSchemas.FlexFlow, isOpen: true)),
        ["endpoint.schema.json"] = Write("Online endpoint", static json =>
            Either(json, "\"required\":[\"compute\"]", AzureMlSchemas.KubernetesEndpoint, AzureMlSchemas.ManagedEndpoint)),
        ["deployment.schema.json"] = Write("Online deployment", static json =>
            Either(json, "\"required\":[\"type\"],\"properties\":{\"type\":{\"const\":\"kubernetes\"}}", AzureMlSchemas.KubernetesDeployment, AzureMlSchemas.ManagedDeployment)),
        ["model.schema.json"] = Write("Model", static json => Mapping(json, AzureMlSchemas.Model, isOpen: false)),
        ["environment.schema.json"] = Write("Environment", static json => Mapping(json, AzureMlSchemas.Environment, isOpen: false)),
    };

    private static string Write(string title, Action<StringBuilder> body)
    {
        var json = new StringBuilder("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":");
        YamlJson.WriteString(json, title);
        json.Append(',');
        body(json);
        return json.Append("}\n").ToString();
    }

    private static void Either(StringBuilder json, string condition, MappingRule then, MappingRule otherwise)
    {
        json.Append("\"if\":{").Append(condition).Append("},\"then\":{");
        Mapping(json, then, isOpen: false);
        json.Append("},\"else\":{");
        Mapping(json, otherwise, isOpen: false);
        json.Append('}');
    }

    private static void Mapping(StringBuilder json, MappingRule rule, bool isOpen)
    {
        // A flow's empty 'inputs:' is fine for promptflow; az ml refuses an empty value everywhere.
        json.Append(isOpen ? "\"type\":[\"object\",\"null\"],\"properties\":{" : "\"type\":\"object\",\"properties\":{");
        var isFirst = true;
        foreach (var key in rule.Keys)
        {
            json.Append(isFirst ? "" : ",");
            isFirst = false;
            YamlJson.WriteString(json, key.Name);
            json.Append(":{\"description\":");
            YamlJson.WriteString(json, key.Description);
            Value(json, key.Value, isOpen);
            json.Append('}');
        }

        json.Append('}');
        var required = rule.Keys.Where(static key => key.IsRequired).Select(static key => "\"" + key.Name + "\"").ToList();
        if (required.Count > 0)
        {
            json.Append(",\"required\":[").Append(string.Join(",", required)).Append(']');
        }

        json.Append(isOpen ? "" : ",\"additionalProperties\":false");
    }

    /// <summary>Appends the members of a value's schema, each with a comma before it.</summary>
    private static void Value(StringBuilder json, ValueRule rule, bool isOpen)
    {
        switch (rule)
        {
            case ValueRule.Text { Pattern: { } pattern }:
                json.Append(",\"type\":\"string\",\"pattern\":");
                YamlJson.WriteString(json, pattern);
                break;

            case ValueRule.Text:
                // promptflow takes any scalar where it shows a text.
                json.Append(isOpen ? ",\"type\":[\"string\",\"number\",\"boolean\",\"null\"]" : ",\"type\":\"string\"");
                break;

            case ValueRule.Version:
                json.Append(",\"type\":[\"string\",\"number\"]");
                break;

            case ValueRule.Word word when isOpen:
                json.Append(",\"enum\":[\"").Append(string.Join("\",\"", word.Words)).Append("\"]");
                break;

            case ValueRule.Word word:
                json.Append(",\"anyOf\":[{\"enum\":[\"").Append(string.Join("\",\"", word.Words)).Append("\"]},{\"type\":\"string\",\"pattern\":\"");
                json.Append(AnyCase(word.Words)).Append("\"}]");
                break;

            case ValueRule.Int range:
                json.Append(",\"anyOf\":[{\"type\":\"number\",\"minimum\":").Append(Show(range.Min));
                json.Append(range.Max == int.MaxValue ? "" : ",\"maximum\":" + Show(range.Max)).Append("},{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}]");
                break;

            case ValueRule.Number range:
                json.Append(",\"type\":\"number\",\"minimum\":").Append(Show(range.Min)).Append(",\"maximum\":").Append(Show(range.Max));
                break;

            case ValueRule.Bool:
                json.Append(",\"type\":[\"boolean\",\"string\",\"integer\"]");
                break;

            case ValueRule.BoolText:
                json.Append(",\"type\":\"string\",\"enum\":[\"true\",\"false\",\"True\",\"False\"]");
                break;

            case ValueRule.FreeMap:
                json.Append(",\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}");
                break;

            case ValueRule.MapOf map:
                json.Append(isOpen ? ",\"type\":[\"object\",\"null\"],\"additionalProperties\":{" : ",\"type\":\"object\",\"additionalProperties\":{");
                Members(json, map.Item, isOpen);
                json.Append('}');
                break;

            case ValueRule.ListOf list:
                json.Append(isOpen ? ",\"type\":[\"array\",\"null\"]" : ",\"type\":\"array\"");
                json.Append(list.Max == int.MaxValue ? "" : ",\"maxItems\":" + Show(list.Max)).Append(",\"items\":{");
                Members(json, list.Item, isOpen);
                json.Append('}');
                break;

            case ValueRule.Mapping nested:
                json.Append(',');
                Mapping(json, nested.Rule, isOpen);
                break;

            case ValueRule.Asset asset:
                json.Append(",\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^azureml:.+$\"}");
                if (asset.Inline is { } inline)
                {
                    json.Append(",{");
                    Mapping(json, inline, isOpen);
                    json.Append('}');
                }

                json.Append(']');
                break;

            case ValueRule.TextOrMap:
                json.Append(",\"type\":[\"string\",\"object\"]");
                break;
        }
    }

    private static void Members(StringBuilder json, ValueRule rule, bool isOpen)
    {
        var members = new StringBuilder();
        Value(members, rule, isOpen);
        json.Append(members.Length > 0 ? members.ToString(1, members.Length - 1) : "");
    }

    /// <summary>A pattern for the words in any case, with or without underscores, as az ml takes them.</summary>
    private static string AnyCase(string[] words)
    {
        var pattern = new StringBuilder("^(");
        for (var i = 0; i < words.Length; i++)
        {
            pattern.Append(i > 0 ? "|" : "");
            foreach (var c in words[i])
            {
                if (c == '_')
                {
                    pattern.Append("_?");
                }
                else
                {
                    pattern.Append('[').Append(c).Append(char.ToUpperInvariant(c)).Append(']');
                }
            }
        }

        return pattern.Append(")$").ToString();
    }

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);
}
