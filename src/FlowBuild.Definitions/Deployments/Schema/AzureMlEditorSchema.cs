using FlowBuild.Definitions.Schema;

namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>
/// The schemas that editors get for az ml's files: the same tables as <see cref="SchemaChecker"/>'s, with its leniencies, and what the
/// readers check between keys as far as a schema can say it.
/// </summary>
internal static class AzureMlEditorSchema
{
    /// <summary>Whole numbers in text, and those that only YAML 1.1 takes for numbers: an editor reads YAML 1.2 and sees text.</summary>
    private const string IntText = @"^\s*[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])*|0b[01_]+)\s*$";

    private const string NumberText = @"^\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*$";

    private const string ResponseFieldsMeaning = "The outputs that a response holds: a JSON array of their names, in single quotes.";

    private static readonly string[] ScalarTypes = ["string", "number", "boolean", "null"];

    public static SchemaObject Endpoint()
    {
        var (managed, kubernetes) = (AzureMlSchemas.ManagedEndpoint, AzureMlSchemas.KubernetesEndpoint);
        var onlyManaged = Array.FindAll(managed.Keys, key => kubernetes.Find(key.Name) is null);
        var refused = new SchemaObject { { "mirror_traffic", new SchemaObject { { "maxProperties", 0 } } } };
        foreach (var key in onlyManaged)
        {
            refused.Add(key.Name, false);
        }

        return new()
        {
            Mapping(
                new MappingRule(managed.Name, [.. kubernetes.Keys, .. onlyManaged]),
                ("identity", Identity(managed.Find("identity")!)),
                ("mirror_traffic", new() { Value(managed.Find("mirror_traffic")!), { "maxProperties", 1 } })),

            // As in az ml, the presence of 'compute' decides the kind.
            { "if", Requires("compute") },
            { "then", new SchemaObject { { "properties", refused } } },
        };
    }

    public static SchemaObject Deployment() => new()
    {
        // az ml compares this word exactly, and takes every other spelling for a managed deployment.
        { "if", WhenKey("type", new SchemaObject { { "const", "kubernetes" } }) },
        { "then", KubernetesDeployment() },
        { "else", DeploymentOf(AzureMlSchemas.ManagedDeployment, ("type", ManagedKind())) },
    };

    public static SchemaObject Model(MappingRule rule) => new()
    {
        Mapping(rule),
        VersionNeedsName(),
    };

    public static SchemaObject Environment(MappingRule rule) => new()
    {
        Mapping(rule),
        VersionNeedsName(),
        { "oneOf", new SchemaObject[] { Requires("image"), Requires("build") } },
    };

    private static SchemaObject ManagedKind()
    {
        var kind = (ValueRule.Word)AzureMlSchemas.ManagedDeployment.Find("type")!.Value;
        return AnyOf(new() { { "enum", kind.Words } }, OneOf(OtherSpellings("managed")));
    }

    private static SchemaObject Identity(KeyRule key) => new()
    {
        Value(key),
        {
            "allOf", new SchemaObject[]
            {
                WhenIdentity("user_assigned", new SchemaObject
                {
                    Requires("user_assigned_identities"),
                    { "properties", new SchemaObject { { "user_assigned_identities", new SchemaObject { { "minItems", 1 } } } } },
                }),
                WhenIdentity("system_assigned", NoIdentities()),
                WhenIdentity("none", NoIdentities()),
            }
        },
    };

    private static SchemaObject WhenIdentity(string type, SchemaObject then) => new()
    {
        { "if", WhenKey("type", Value(new ValueRule.Word(type))) },
        { "then", then },
    };

    private static SchemaObject NoIdentities() => new()
    {
        { "properties", new SchemaObject { { "user_assigned_identities", new SchemaObject { { "maxItems", 0 } } } } },
    };

    private static SchemaObject KubernetesDeployment() => new()
    {
        DeploymentOf(
            AzureMlSchemas.KubernetesDeployment,
            ("model", Asset(AzureMlSchemas.KubernetesDeployment.Find("model")!, withRegistries: false)),
            ("environment", Asset(AzureMlSchemas.KubernetesDeployment.Find("environment")!, withRegistries: false))),
        { "if", WhenKey("scale_settings", WhenKey("type", Value(new ValueRule.Word("target_utilization")))) },
        { "then", new SchemaObject { { "not", Requires("instance_count") } } },
    };

    private static SchemaObject DeploymentOf(MappingRule rule, params (string Key, SchemaObject Value)[] narrower) =>
        Mapping(rule, [.. narrower, ("environment_variables", Variables())]);

    private static SchemaObject Variables()
    {
        var known = new SchemaObject
        {
            {
                ResponseFields.Variable, new SchemaObject
                {
                    { "description", ResponseFieldsMeaning },
                    Pattern(ResponseFields.Pattern, ResponseFieldsMeaning),
                }
            },
        };
        foreach (var (name, description) in ServingVariables.All)
        {
            known.Add(name, new SchemaObject { { "description", description }, { "type", ScalarTypes } });
        }

        return new() { { "properties", known }, Value(new ValueRule.FreeMap()) };
    }

    private static SchemaObject VersionNeedsName() => new()
    {
        { "dependencies", new SchemaObject { { "version", new[] { "name" } } } },
    };

    private static SchemaObject Requires(string key) => new() { { "required", new[] { key } } };

    /// <summary>A condition: the key is there, and its value fits.</summary>
    private static SchemaObject WhenKey(string key, SchemaObject value) => new()
    {
        { "type", "object" },
        { "properties", new SchemaObject { { key, value } } },
        Requires(key),
    };

    private static SchemaObject Mapping(MappingRule rule, params (string Key, SchemaObject Value)[] narrower)
    {
        var properties = new SchemaObject();
        foreach (var key in rule.Keys)
        {
            var narrow = Array.Find(narrower, one => one.Key == key.Name).Value;
            properties.Add(key.Name, new SchemaObject
            {
                { "description", key.Description },
                { "default", key.Default },
                narrow ?? Value(key),
            });
        }

        var required = Array.ConvertAll(Array.FindAll(rule.Keys, static key => key.IsRequired), static key => key.Name);
        return new SchemaObject
        {
            { "type", "object" },
            { "properties", properties },
            { "required", required.Length > 0 ? required : null },
            { "additionalProperties", false },
        };
    }

    /// <summary>The members of the schema of a key's value.</summary>
    private static SchemaObject Value(KeyRule key) => key.Value switch
    {
        ValueRule.Text { Pattern: { } pattern } => Pattern(pattern, key.Description),
        ValueRule.Asset => Asset(key, withRegistries: true),
        _ => Value(key.Value),
    };

    private static SchemaObject Value(ValueRule rule) => rule switch
    {
        ValueRule.Text => new() { { "type", "string" } },
        ValueRule.Version => new() { { "type", new[] { "string", "number" } }, { "pattern", Templates.NonePattern } },
        ValueRule.Word word => AnyOf(new() { { "enum", word.Words } }, OneOf(word.Words.SelectMany(OtherSpellings))),
        ValueRule.Int range => AnyOf(
            new() { { "type", "integer" }, { "minimum", range.Min }, { "maximum", range.Max } },
            new()
            {
                // az ml cuts fractions off, so -0.5 is 0 and 50.9 is 50.
                { "type", "number" },
                { range.Min > 0 ? "minimum" : "exclusiveMinimum", range.Min > 0 ? range.Min : range.Min - 1 },
                { "exclusiveMaximum", range.Max + 1L },
            },
            new() { { "type", "string" }, { "pattern", IntText } }),
        ValueRule.Number range => AnyOf(
            new() { { "type", "number" }, { "minimum", range.Min }, { "maximum", range.Max } },
            new() { { "type", "string" }, { "pattern", NumberText } }),
        ValueRule.Bool => AnyOf(
            new() { { "type", "boolean" } },
            OneOf(SchemaChecker.BoolWords),
            new() { { "type", "integer" }, { "minimum", 0 }, { "maximum", 1 } }),
        ValueRule.BoolText => AnyOf(new() { { "enum", new[] { "true", "false" } } }, OneOf(SchemaChecker.BoolWords)),
        ValueRule.FreeMap => new()
        {
            { "type", "object" },
            { "additionalProperties", new SchemaObject { { "type", ScalarTypes } } },
        },
        ValueRule.MapOf map => new() { { "type", "object" }, { "additionalProperties", Value(map.Item) } },
        ValueRule.ListOf list => new()
        {
            { "type", "array" },
            { "items", Value(list.Item) },
            { "maxItems", list.Max == int.MaxValue ? null : list.Max },
        },
        ValueRule.Mapping nested => Mapping(nested.Rule),
        ValueRule.TextOrMap => new() { { "type", new[] { "string", "object" } } },
        _ => new(),
    };

    private static SchemaObject Asset(KeyRule key, bool withRegistries)
    {
        var asset = (ValueRule.Asset)key.Value;
        var reference = Pattern(AssetReferences.PatternOf(asset.Kind, withRegistries), key.Description);
        return asset.Inline is not { } inline ? reference
            : AnyOf(reference, asset.Kind == AssetKind.Model ? Model(inline) : Environment(inline));
    }

    /// <summary>A text of some form. What the key means says it better than a regular expression does, where an editor shows it.</summary>
    private static SchemaObject Pattern(string pattern, string meaning) => new()
    {
        { "type", "string" },
        { "pattern", pattern },
        { "patternErrorMessage", meaning },
    };

    private static SchemaObject AnyOf(params SchemaObject[] alternatives) => new() { { "anyOf", alternatives } };

    /// <summary>One of some words, without offering them.</summary>
    private static SchemaObject OneOf(IEnumerable<string> words) => new()
    {
        { "type", "string" },
        { "pattern", $"^(?:{string.Join("|", words)})$" },
    };

    /// <summary>What az ml takes for a word beside the word itself: <c>AMLToken</c> and others for <c>aml_token</c>.</summary>
    private static IEnumerable<string> OtherSpellings(string word)
    {
        List<string> spellings = [""];
        foreach (var part in word.Split('_'))
        {
            string[] cases = [part, char.ToUpperInvariant(part[0]) + part.Substring(1), part.ToUpperInvariant()];
            string[] joints = spellings[0].Length == 0 ? [""] : ["_", ""];
            spellings = [.. spellings.SelectMany(before => joints.SelectMany(joint => cases.Select(written => before + joint + written)))];
        }

        return spellings.Where(spelling => spelling != word && SchemaChecker.SnakeCase(spelling) == word);
    }
}
