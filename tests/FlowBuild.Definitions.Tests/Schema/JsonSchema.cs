using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FlowBuild.Definitions.Tests.Schema;

/// <summary>The part of JSON Schema draft-07 that the editors' schemas use; an unknown keyword fails the test.</summary>
internal static class JsonSchema
{
    public static IEnumerable<string> Validate(JsonNode? value, JsonObject schema, string path = "")
    {
        foreach (var (keyword, rule) in schema)
        {
            foreach (var fault in Check(value, keyword, rule!, schema, path))
            {
                yield return fault;
            }
        }
    }

    /// <summary>A YAML document as an editor's YAML 1.2 server reads it.</summary>
    public static JsonNode? FromYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Convert(stream.Documents[0].RootNode);
    }

    private static IEnumerable<string> Check(JsonNode? value, string keyword, JsonNode rule, JsonObject schema, string path)
    {
        switch (keyword)
        {
            case "$schema" or "title" or "description" or "then" or "else":
                return [];

            case "type":
                IEnumerable<string> types = rule is JsonArray list ? list.Select(static t => t!.GetValue<string>()) : [rule.GetValue<string>()];
                return types.Any(type => IsOf(value, type)) ? [] : [$"{path}: {value?.ToJsonString() ?? "null"} is no {string.Join(" or ", types)}"];

            case "const":
                return JsonNode.DeepEquals(value, rule) ? [] : [$"{path}: not {rule}"];

            case "enum":
                return rule.AsArray().Any(word => JsonNode.DeepEquals(word, value)) ? [] : [$"{path}: {value?.ToJsonString()} is none of {rule.ToJsonString()}"];

            case "anyOf":
                return rule.AsArray().Any(option => !Validate(value, option!.AsObject(), path).Any()) ? [] : [$"{path}: no alternative fits {value?.ToJsonString()}"];

            case "if":
                var branch = Validate(value, rule.AsObject(), path).Any() ? "else" : "then";
                return Validate(value, schema[branch]!.AsObject(), path);

            case "properties":
                return value is not JsonObject members ? [] : rule.AsObject().Where(p => members.ContainsKey(p.Key)).SelectMany(p => Validate(members[p.Key], p.Value!.AsObject(), $"{path}/{p.Key}"));

            case "required":
                return value is not JsonObject whole ? [] : rule.AsArray().Where(name => !whole.ContainsKey(name!.GetValue<string>())).Select(name => $"{path}: {name} is missing");

            case "additionalProperties":
                var known = schema["properties"]?.AsObject();
                return value is not JsonObject others ? [] : others.Where(o => known?.ContainsKey(o.Key) != true).SelectMany(o =>
                    rule is JsonObject nested ? Validate(o.Value, nested, $"{path}/{o.Key}") : [$"{path}: {o.Key} is unknown"]);

            case "items":
                return value is not JsonArray items ? [] : items.SelectMany((item, i) => Validate(item, rule.AsObject(), $"{path}/{i}"));

            case "maxItems":
                return value is JsonArray { Count: var count } && count > rule.GetValue<int>() ? [$"{path}: too many items"] : [];

            case "minimum":
                return IsOf(value, "number") && value!.GetValue<double>() < rule.GetValue<double>() ? [$"{path}: too small"] : [];

            case "maximum":
                return IsOf(value, "number") && value!.GetValue<double>() > rule.GetValue<double>() ? [$"{path}: too great"] : [];

            case "pattern":
                return IsOf(value, "string") && !Regex.IsMatch(value!.GetValue<string>(), rule.GetValue<string>()) ? [$"{path}: '{value}' does not match {rule}"] : [];

            default:
                throw new NotSupportedException($"The keyword '{keyword}' at {path}.");
        }
    }

    private static bool IsOf(JsonNode? value, string type) => (type, value?.GetValueKind()) switch
    {
        ("null", null or JsonValueKind.Null) => true,
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("number", JsonValueKind.Number) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => value!.GetValue<double>() % 1 == 0,
        _ => false,
    };

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(static c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Convert(c.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => plain.Value switch
        {
            "" or "~" or "null" => null,
            "true" or "True" => JsonValue.Create(true),
            "false" or "False" => JsonValue.Create(false),
            var text when double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        },
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };
}
