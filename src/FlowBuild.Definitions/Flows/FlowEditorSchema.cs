using FlowBuild.Definitions.Schema;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// The schemas that editors get for flow files. promptflow ignores keys that it does not know and takes most values as they are, so
/// only what it refuses is forbidden here; words that are merely usual are offered.
/// </summary>
internal static class FlowEditorSchema
{
    private static readonly string[] ScalarTypes = ["string", "number", "boolean"];
    private static readonly string[] MapOrNull = ["object", "null"];

    public static SchemaObject Flow() => new()
    {
        { "type", "object" },
        {
            "properties", Properties(
                FlowSchemas.Flow,
                ("inputs", MapOf(Input(isTypeOptional: false))),
                ("outputs", MapOf(Output(isDag: true))),
                ("nodes", new() { Section("array"), { "items", Node() }, { "maxProperties", 0 } }),
                ("node_variants", MapOf(Variants())),
                ("environment_variables", MapOf(null)),
                ("message_format", MessageFormat()))
        },
        { "anyOf", new SchemaObject[] { Requires("nodes"), Requires("inputs"), Requires("outputs") } },
        { "if", Has("language", new() { { "const", "csharp" } }) },
        { "else", WithoutCSharpNodes() },
    };

    public static SchemaObject FlexFlow() => new()
    {
        { "type", "object" },
        {
            "properties", Properties(
                FlowSchemas.FlexFlow,
                ("inputs", MapOf(Input(isTypeOptional: true))),
                ("outputs", MapOf(Output(isDag: false))),
                ("environment_variables", MapOf(null)),
                ("message_format", MessageFormat()),
                ("entry", new() { { "type", ScalarTypes }, { "pattern", @"\S" } }))
        },
        Requires("entry"),
    };

    private static SchemaObject Input(bool isTypeOptional) => new()
    {
        { "type", "object" },
        { "properties", Properties(FlowSchemas.Input, ("type", TypeWord([], isTypeOptional))) },
        isTypeOptional ? null : Requires("type"),
    };

    /// <summary>An output; one that is never served may have a type that cannot be.</summary>
    private static SchemaObject Output(bool isDag) => new()
    {
        { "type", "object" },
        {
            "properties", Properties(
                FlowSchemas.Output,
                ("type", TypeWord(FlowWords.UnservableTypes, !isDag)),
                ("reference", new() { { "minLength", isDag ? 1 : null } }))
        },
        isDag ? Requires("type", "reference") : null,
    };

    private static SchemaObject TypeWord(string[] others, bool isOptional)
    {
        List<SchemaObject> alternatives = [new() { { "enum", FlowWords.TypeWords } }];
        if (others.Length > 0)
        {
            alternatives.Add(new() { { "type", "string" }, { "pattern", $"^(?:{string.Join("|", others)})$" } });
        }

        if (isOptional)
        {
            alternatives.Add(new() { { "type", "null" } });
        }

        return alternatives.Count == 1 ? alternatives[0] : new() { { "anyOf", alternatives.ToArray() } };
    }

    /// <summary>A node; what only a node that runs needs is asked for unless a variant stands in for it.</summary>
    private static SchemaObject Node() => new()
    {
        NodeBody(("name", new() { { "type", new[] { "null" }.Concat(ScalarTypes).ToArray() } })),
        { "if", UsesVariants() },
        { "else", RunnableNode() },
    };

    private static SchemaObject WithoutCSharpNodes()
    {
        var node = new SchemaObject
        {
            { "if", UsesVariants() },
            { "else", With("type", new() { { "not", new SchemaObject { { "const", "csharp" } } } }) },
        };
        return With("nodes", new() { { "items", node } });
    }

    private static SchemaObject NodeBody(params (string Key, SchemaObject Value)[] more) => new()
    {
        { "type", "object" },
        {
            "properties", Properties(
                FlowSchemas.Node,
                [
                    .. more,
                    ("type", new() { { "enum", FlowWords.NodeTypes } }),
                    ("source", new() { { "type", MapOrNull }, { "properties", Properties(FlowSchemas.Source) } }),
                    ("inputs", MapOf(null)),
                    ("activate", Activate()),
                ])
        },
    };

    private static SchemaObject Activate() => new()
    {
        { "type", "object" },
        { "properties", Properties(FlowSchemas.Activate) },
        Requires("when", "is"),
    };

    private static SchemaObject UsesVariants() => Has("use_variants", new() { { "not", Falsy() } });

    /// <summary>What Python takes for false.</summary>
    private static SchemaObject Falsy() => new()
    {
        {
            "anyOf", new SchemaObject[]
            {
                new() { { "enum", new object?[] { false, null, 0, "" } } },
                new() { { "type", "array" }, { "maxItems", 0 } },
                new() { { "type", "object" }, { "maxProperties", 0 } },
            }
        },
    };

    private static SchemaObject RunnableNode() => new()
    {
        Requires("type", "source"),
        { "properties", new SchemaObject { { "source", new SchemaObject { { "type", "object" } } }, { "connection", ConnectionName() } } },
        {
            "allOf", FlowWords.NodeTypes.Where(static type => SourceOf(type) is not null).Select(static type => new SchemaObject
            {
                { "if", Has("type", new() { { "const", type } }) },
                { "then", With("source", SourceOf(type)!) },
            }).ToArray()
        },
    };

    /// <summary>A name, or what counts as none.</summary>
    private static SchemaObject ConnectionName() => new() { { "anyOf", new SchemaObject[] { new() { { "type", ScalarTypes } }, Falsy() } } };

    /// <summary>What the source of a node of a type must have, or null for nothing.</summary>
    private static SchemaObject? SourceOf(string nodeType)
    {
        var words = FlowNodeReader.SupportedSources(nodeType);
        if (words.Length == 0)
        {
            return FlowNodeReader.NeedsPath(nodeType) ? HasText("path") : null;
        }

        if (Array.IndexOf(words, "code") < 0)
        {
            return new() { { "allOf", new SchemaObject[] { Has("type", new() { { "enum", words } }), HasScalar("tool") } } };
        }

        return new()
        {
            With("type", new() { { "enum", words } }),
            { "if", With("type", new() { { "const", "code" } }) },
            { "then", HasText("path") },
            { "else", HasScalar("tool") },
        };
    }

    private static SchemaObject Variants() => new()
    {
        { "type", "object" },
        {
            "properties", new SchemaObject
            {
                { "default_variant_id", new SchemaObject { { "description", "The variant that runs." } } },
                {
                    "variants", new SchemaObject
                    {
                        { "description", "The variants by id." },
                        { "type", "object" },
                        {
                            "additionalProperties", new SchemaObject
                            {
                                { "type", "object" },
                                { "properties", new SchemaObject { { "node", NodeBody() } } },
                                Requires("node"),
                            }
                        },
                    }
                },
            }
        },
        Requires("variants"),
    };

    private static SchemaObject MessageFormat() => new()
    {
        {
            "anyOf", new SchemaObject[]
            {
                new() { { "enum", new[] { "basic", "openai-vision" } } },
                new()
                {
                    { "type", "string" },
                    { "pattern", $"^(?:{SchemaPattern.IgnoreCase("basic")}|{SchemaPattern.IgnoreCase("openai-vision")})$" },
                },
            }
        },
    };

    private static SchemaObject HasText(string key) => Has(key, new() { { "type", "string" } });

    private static SchemaObject HasScalar(string key) => Has(key, new() { { "type", ScalarTypes } });

    private static SchemaObject Has(string key, SchemaObject value) => new()
    {
        With(key, value),
        Requires(key),
    };

    private static SchemaObject With(string key, SchemaObject value) => new() { { "properties", new SchemaObject { { key, value } } } };

    private static SchemaObject MapOf(SchemaObject? item) => new() { Section("object"), { "additionalProperties", item }, { "maxItems", 0 } };

    /// <summary>
    /// A section, or a scalar that counts as none. Without alternatives, so that an editor can say what is wrong; the usual type stands
    /// first, because it is the one that editors complete.
    /// </summary>
    private static SchemaObject Section(string usualType) => new()
    {
        { "type", new[] { usualType }.Concat(["null", usualType == "array" ? "object" : "array"]).Concat(ScalarTypes).ToArray() },
        { "maxLength", 0 },
        { "minimum", 0 },
        { "maximum", 0 },
        { "not", new SchemaObject { { "const", true } } },
    };

    private static SchemaObject Requires(params string[] keys) => new() { { "required", keys } };

    /// <summary>The keys of a table: with what promptflow refuses where given, else with what is usual as examples.</summary>
    private static SchemaObject Properties(MappingRule rule, params (string Key, SchemaObject Value)[] refusals)
    {
        var properties = new SchemaObject();
        foreach (var key in rule.Keys)
        {
            var refusal = Array.Find(refusals, one => one.Key == key.Name).Value;
            properties.Add(key.Name, new SchemaObject
            {
                { "description", key.Description },
                { "default", key.Default },
                refusal ?? Usual(key.Value),
            });
        }

        return properties;
    }

    private static SchemaObject? Usual(ValueRule rule) => rule switch
    {
        ValueRule.Word word => new() { { "examples", word.Words } },
        ValueRule.Bool => new() { { "examples", new[] { true, false } } },
        _ => null,
    };
}
