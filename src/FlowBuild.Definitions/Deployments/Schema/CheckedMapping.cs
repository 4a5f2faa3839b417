using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>Takes values out of a mapping that was checked. What does not fit was reported then, and is null here.</summary>
internal readonly struct CheckedMapping(YamlMapping? mapping)
{
    private const YamlDialect Dialect = YamlDialect.AzureMl;

    /// <summary>Whether there is a mapping at all.</summary>
    public bool Exists => mapping is not null;

    public YamlEntry? Find(string key) => mapping?.Find(key);

    public CheckedMapping Child(string key) => new(mapping?.Find(key)?.Value as YamlMapping);

    public Located<string>? Located(string key) =>
        mapping?.Find(key) is { Value: YamlScalar scalar } entry && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Text ? new(scalar.Value, entry.ValueSpan) : null;

    public string? Text(string key) => Located(key)?.Value;

    /// <summary>A text or a number as text, the way Python prints the number.</summary>
    public Located<string>? Version(string key) =>
        mapping?.Find(key) is { Value: YamlScalar scalar } entry && YamlScalars.KindOf(scalar, Dialect) is ScalarKind.Text or ScalarKind.Int or ScalarKind.Float
            ? new(YamlValues.TextOf(scalar, Dialect), entry.ValueSpan)
            : null;

    public string? Word(string key) => mapping?.Find(key) is { Value: YamlScalar scalar } ? SchemaChecker.SnakeCase(scalar.Value) : null;

    public bool? Bool(string key) => SchemaChecker.BoolOf(mapping?.Find(key)?.Value);

    public double? Number(string key) => SchemaChecker.NumberOf(mapping?.Find(key)?.Value);

    public int? Int(string key) => SchemaChecker.IntOf(mapping?.Find(key)?.Value);

    public Located<int>? LocatedInt(string key) =>
        mapping?.Find(key) is { } entry && SchemaChecker.IntOf(entry.Value) is { } number ? new(number, entry.ValueSpan) : null;

    /// <summary>A free map; numbers and booleans become the text that Python prints for them, as az ml sends them.</summary>
    public EquatableArray<KeyValuePair<string, string>> FreeMap(string key)
    {
        var texts = new List<KeyValuePair<string, string>>();
        foreach (var entry in LocatedFreeMap(key))
        {
            texts.Add(new(entry.Key, entry.Value.Value));
        }

        return new(texts);
    }

    public EquatableArray<KeyValuePair<string, Located<string>>> LocatedFreeMap(string key)
    {
        if (mapping?.Find(key)?.Value is not YamlMapping map)
        {
            return EquatableArray.Empty<KeyValuePair<string, Located<string>>>();
        }

        var texts = new List<KeyValuePair<string, Located<string>>>(map.Entries.Count);
        foreach (var entry in map.Entries)
        {
            if (entry.Value is YamlScalar scalar)
            {
                var text = YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Null ? "" : YamlValues.TextOf(scalar, Dialect);
                texts.Add(new(entry.Key.Value, new(text, entry.ValueSpan)));
            }
        }

        return new(texts);
    }
}
