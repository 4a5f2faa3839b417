using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Schema;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>Reads <c>nodes</c> and <c>node_variants</c>.</summary>
internal sealed class FlowNodeReader(DiagnosticList problems, string language)
{
    private const YamlDialect Dialect = YamlDialect.PromptFlow;

    /// <summary>The inputs of an llm node that are most easily taken for keys of the node.</summary>
    private static readonly string[] ModelInputs =
        ["model", "deployment_name", "temperature", "max_tokens", "top_p", "stop", "response_format"];

    /// <summary>The nodes in the order of the file, each with its default variant in its place.</summary>
    public List<FlowNode> Read(YamlEntry? nodes, YamlEntry? variants)
    {
        var read = new List<FlowNode>();
        var variantsByNode = ReadVariants(variants);
        if (nodes is not { } given || !FlowFileReader.IsTruthy(given))
        {
            return read;
        }

        if (given.Value is not YamlSequence sequence)
        {
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                "nodes",
                "a list of nodes, each begun with '- name:'",
                FlowFileReader.DescribeShape(given.Value));
            return read;
        }

        var hasNameless = false;
        foreach (var item in sequence.Items)
        {
            if (item is not YamlMapping node)
            {
                problems.Add(
                    FlowRules.WrongShape,
                    item.Span.IsEmpty ? given.Key.Span : item.Span,
                    "nodes",
                    "a list of mappings",
                    FlowFileReader.DescribeShape(item));
                continue;
            }

            var nameEntry = node.Find("name");
            var name = FlowFileReader.TextOf(nameEntry);
            var span = nameEntry?.ValueSpan ?? node.Span;
            if (nameEntry is { Value: not YamlScalar or YamlScalar { Tag: YamlScalars.TemplateTag } } wrong)
            {
                problems.Add(FlowRules.WrongShape, span, "name", "a text", FlowFileReader.DescribeShape(wrong.Value));
                continue;
            }

            if (name is null)
            {
                var misspelt = FlowFileReader.MisspeltKey(node, FlowSchemas.Node, "name");
                span = misspelt?.Span ?? span;
                problems.Add(
                    hasNameless ? FlowRules.NodesWithoutName : FlowRules.NodeWithoutName,
                    span,
                    FlowFileReader.Instead(misspelt, "name", "; add 'name:'"));
                if (hasNameless)
                {
                    continue;
                }

                hasNameless = true;
                name = "";
            }

            var body = FlowFileReader.IsTruthy(node.Find("use_variants")) ? DefaultVariantOf(name, span, node, variantsByNode) : node;
            var bare = ReadNode(name, span, node, isUsed: ReferenceEquals(body, node));
            read.Add(body is null || ReferenceEquals(body, node) ? bare : ReadNode(name, span, body, isUsed: true));
        }

        return read;
    }

    /// <summary>Reads one node.</summary>
    /// <param name="name">The name that other nodes use.</param>
    /// <param name="span">Where the flow gives the name.</param>
    /// <param name="node">The node, or the variant that stands in for it.</param>
    /// <param name="isUsed">False for what promptflow parses but does not resolve: a node that a variant replaces, and variants that are not the default.</param>
    private FlowNode ReadNode(string name, SourceSpan span, YamlMapping node, bool isUsed)
    {
        FlowFileReader.CheckKeys(problems, node, FlowSchemas.Node, SuggestInput);
        var type = ReadType(name, span, node, isUsed);
        var (sourceType, path, tool) = ReadSource(name, span, node, type, isUsed);
        var (when, isJson) = ReadActivate(name, node.Find("activate"));
        if (isUsed && node.Find("connection") is { Value: not YamlScalar or YamlScalar { Tag: YamlScalars.TemplateTag } } connection && FlowFileReader.IsTruthy(connection))
        {
            // The server gathers the names in a set when it starts, and a list or mapping can be in none.
            problems.Add(FlowRules.WrongShape, connection.ValueSpan, "connection", "the name of a connection", FlowFileReader.DescribeShape(connection.Value));
        }

        if (isUsed && type == "llm")
        {
            ModelNodes.Check(name, span, node, problems);
        }

        return new FlowNode(
            name,
            type,
            sourceType,
            path,
            tool,
            ReadInputs(node.Find("inputs")),
            FlowFileReader.LocatedOf(node.Find("connection")),
            FlowFileReader.IsTruthy(node.Find("aggregation")) || FlowFileReader.IsTruthy(node.Find("reduce")),
            when,
            isJson,
            span);
    }

    private string? ReadType(string name, SourceSpan span, YamlMapping node, bool isUsed)
    {
        if (node.Find("type") is not { } entry)
        {
            if (isUsed)
            {
                var misspelt = FlowFileReader.MisspeltKey(node, FlowSchemas.Node, "type");
                problems.Add(
                    FlowRules.NodeWithoutType,
                    misspelt?.Span ?? span,
                    name,
                    FlowFileReader.Instead(misspelt, "type", "; add 'type:' with one of llm, python, prompt, custom_llm"));
            }

            return null;
        }

        var word = FlowFileReader.TextOf(entry) ?? "";
        if (Array.IndexOf(FlowWords.NodeTypes, word) < 0)
        {
            problems.Add(FlowRules.UnknownNodeType, entry.ValueSpan, word, SuggestType(word));
        }
        else if (isUsed && word == "csharp" && language != "csharp")
        {
            problems.Add(
                FlowRules.UnknownNodeType,
                entry.ValueSpan,
                word,
                " of a python flow; write 'language: csharp' at the top of the file, or another type");
        }

        return word;
    }

    private (string? Type, Located<string>? Path, string? Tool) ReadSource(
        string name, SourceSpan span, YamlMapping node, string? type, bool isUsed)
    {
        var entry = node.Find("source");
        if (entry is not { Value: YamlMapping source })
        {
            if (entry is { } wrong && !FlowFileReader.IsNull(wrong.Value))
            {
                problems.Add(
                    FlowRules.WrongShape,
                    wrong.ValueSpan,
                    "source",
                    "a mapping with 'type' and 'path' or 'tool'",
                    FlowFileReader.DescribeShape(wrong.Value));
            }
            else if (isUsed)
            {
                AddWithoutSource(node, FlowSchemas.Node, "source", entry?.Key.Span ?? span, "'source:' with 'type: code' and 'path:'");
            }

            return (null, null, null);
        }

        FlowFileReader.CheckKeys(problems, source, FlowSchemas.Source);
        var sourceType = source.Find("type") is { } typeEntry ? FlowFileReader.TextOf(typeEntry) ?? "" : "code";
        var path = FlowFileReader.IsText(source.Find("path")) ? FlowFileReader.LocatedOf(source.Find("path")) : null;
        var tool = FlowFileReader.TextOf(source.Find("tool"));
        if (isUsed && type is not null && SupportedSources(type) is { Length: > 0 } supported)
        {
            if (Array.IndexOf(supported, sourceType) < 0)
            {
                problems.Add(
                    FlowRules.UnsupportedSource,
                    source.Find("type")?.ValueSpan ?? entry.Key.Span,
                    type,
                    sourceType,
                    "'" + string.Join("' or '", supported) + "'");
            }
            else if (sourceType == "code" && path is null)
            {
                AddWithoutPath(source, entry, "'path:' with the file of the node");
            }
            else if (sourceType != "code" && tool is null)
            {
                AddWithoutSource(source, FlowSchemas.Source, "tool", source.Find("tool")?.Key.Span ?? entry.Key.Span, "'tool:' with the name of the package's tool");
            }
        }
        else if (isUsed && type is not null && NeedsPath(type) && path is null)
        {
            AddWithoutPath(source, entry, "'path:' with the template of the node");
        }

        return (sourceType, path, tool);

        void AddWithoutPath(YamlMapping mapping, YamlEntry from, string what)
        {
            var given = mapping.Find("path");
            if (given is null || FlowFileReader.IsNull(given.Value))
            {
                AddWithoutSource(mapping, FlowSchemas.Source, "path", given?.Key.Span ?? from.Key.Span, what);
                return;
            }

            problems.Add(FlowRules.WrongShape, given.ValueSpan, "path", "a text", FlowFileReader.DescribeShape(given.Value));
        }

        void AddWithoutSource(YamlMapping mapping, MappingRule rule, string missing, SourceSpan place, string what)
        {
            var misspelt = FlowFileReader.MisspeltKey(mapping, rule, missing);
            problems.Add(FlowRules.NodeWithoutSource, misspelt?.Span ?? place, name, FlowFileReader.Instead(misspelt, missing, "; add " + what));
        }
    }

    private (Located<string>? When, string? IsJson) ReadActivate(string name, YamlEntry? entry)
    {
        if (entry is not { } given)
        {
            return default;
        }

        if (given.Value is not YamlMapping activate)
        {
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                "activate",
                "a mapping with 'when' and 'is'",
                FlowFileReader.DescribeShape(given.Value));
            return default;
        }

        FlowFileReader.CheckKeys(problems, activate, FlowSchemas.Activate);
        if (activate.Find("when") is not { } when)
        {
            AddIncomplete("when");
            return default;
        }

        if (activate.Find("is") is not { } value)
        {
            AddIncomplete("is");
            return default;
        }

        if (FlowFileReader.IsNull(when.Value) && FlowFileReader.IsNull(value.Value))
        {
            problems.Add(FlowRules.ActivateEmpty, given.Key.Span, name);
        }

        return (
            new(FlowFileReader.ReferenceOf(when.Value), when.ValueSpan),
            YamlJson.Write(value.Value, Dialect));

        void AddIncomplete(string missing)
        {
            var misspelt = FlowFileReader.MisspeltKey(activate, FlowSchemas.Activate, missing);
            problems.Add(
                FlowRules.ActivateIncomplete,
                (misspelt ?? given.Key).Span,
                name,
                FlowFileReader.Instead(misspelt, missing, $"; add '{missing}'"));
        }
    }

    private EquatableArray<KeyValuePair<string, Located<string>>> ReadInputs(YamlEntry? entry)
    {
        if (entry is not { } given || !FlowFileReader.IsTruthy(given))
        {
            return EquatableArray.Empty<KeyValuePair<string, Located<string>>>();
        }

        if (given.Value is not YamlMapping mapping)
        {
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                "inputs",
                "a mapping from names to values",
                FlowFileReader.DescribeShape(given.Value));
            return EquatableArray.Empty<KeyValuePair<string, Located<string>>>();
        }

        var inputs = new KeyValuePair<string, Located<string>>[mapping.Entries.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var input = mapping.Entries[i];
            inputs[i] = new(input.Key.Value, new(FlowFileReader.ReferenceOf(input.Value), input.ValueSpan));
        }

        return new(inputs);
    }

    private Dictionary<string, (YamlMapping Variants, YamlScalar? DefaultId, SourceSpan Span)> ReadVariants(YamlEntry? section)
    {
        var read = new Dictionary<string, (YamlMapping, YamlScalar?, SourceSpan)>(StringComparer.Ordinal);
        if (section is not { } given || !FlowFileReader.IsTruthy(given))
        {
            return read;
        }

        if (given.Value is not YamlMapping nodes)
        {
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                "node_variants",
                "a mapping from node names to their variants",
                FlowFileReader.DescribeShape(given.Value));
            return read;
        }

        foreach (var node in nodes.Entries)
        {
            if (node.Value is not YamlMapping mapping || mapping.Find("variants") is not { Value: YamlMapping variants })
            {
                problems.Add(
                    FlowRules.InvalidVariant,
                    node.Key.Span,
                    node.Key.Value,
                    "add 'variants:' with a mapping from each id to its node");
                continue;
            }

            var defaultId = mapping.Find("default_variant_id");
            var defaultScalar = FlowFileReader.TextOf(defaultId) is null ? null : (YamlScalar)defaultId!.Value;
            read[node.Key.Value] = (variants, defaultScalar, defaultId?.ValueSpan ?? node.Key.Span);
            var defaultIndex = IndexOf(variants, defaultScalar);
            for (var i = 0; i < variants.Entries.Count; i++)
            {
                var variant = variants.Entries[i];
                if (variant.Value is not YamlMapping body || body.Find("node") is not { Value: YamlMapping variantNode })
                {
                    problems.Add(
                        FlowRules.InvalidVariant,
                        variant.Key.Span,
                        node.Key.Value,
                        $"the variant '{variant.Key.Value}' has no 'node:'");
                }
                else if (i != defaultIndex)
                {
                    ReadNode(node.Key.Value, variant.Key.Span, variantNode, isUsed: false);
                }
            }
        }

        return read;
    }

    /// <summary>The default variant's node; the bare node where there is none, as promptflow does; null when neither can run.</summary>
    private YamlMapping? DefaultVariantOf(
        string name, SourceSpan span, YamlMapping node, Dictionary<string, (YamlMapping Variants, YamlScalar? DefaultId, SourceSpan Span)> variantsByNode)
    {
        if (!variantsByNode.TryGetValue(name, out var found))
        {
            if (node.Find("type") is null)
            {
                problems.Add(FlowRules.InvalidVariant, span, name, "'node_variants' has no such node");
                return null;
            }

            return node;
        }

        if (IndexOf(found.Variants, found.DefaultId) is var index and >= 0)
        {
            return found.Variants.Entries[index].Value is YamlMapping body && body.Find("node") is { Value: YamlMapping variantNode } ? variantNode : null;
        }

        if (node.Find("type") is null)
        {
            problems.Add(FlowRules.InvalidVariant, found.Span, name, found.DefaultId is { } id
                ? WhyNoVariant(id.Value, found.Variants)
                : "add 'default_variant_id:' with one of the ids");
            return null;
        }

        return node;
    }

    /// <summary>The place of an id, as Python finds it: a number is not the text of its digits.</summary>
    private static int IndexOf(YamlMapping variants, YamlScalar? id) => id is null ? -1 : variants.IndexOf(YamlValues.IdentityOf(id, Dialect));

    private static string WhyNoVariant(string id, YamlMapping variants)
    {
        if (variants.Find(id) is not null)
        {
            return $"the id '{id}' is a text in one place and none in the other; write both in quotes";
        }

        var nearest = Suggestion.Nearest(id, variants.Entries.Select(static entry => entry.Key.Value));
        return $"there is no variant '{id}'" + (nearest is null ? "" : $", did you mean '{nearest}'?");
    }

    /// <summary>The source types that promptflow resolves for a node type; empty for any.</summary>
    internal static string[] SupportedSources(string type) => type switch
    {
        "python" => ["code", "package"],
        "custom_llm" => ["package_with_prompt"],
        _ => [],
    };

    /// <summary>Whether a node of a type has a template, whatever the type of its source.</summary>
    internal static bool NeedsPath(string type) => type is "llm" or "prompt";

    /// <summary>The advice on a key of an llm node that belongs one level deeper, or null.</summary>
    private static string? SuggestInput(YamlMapping node, string key)
    {
        if (FlowFileReader.TextOf(node.Find("type")) != "llm")
        {
            return null;
        }

        var nearest = Suggestion.Nearest(key, ModelInputs.Concat(FlowSchemas.Node.Keys.Select(static rule => rule.Name)));
        return nearest is not null && ModelInputs.Contains(nearest)
            ? nearest == key ? "; write it under 'inputs'" : $"; did you mean '{nearest}' under 'inputs'?"
            : null;
    }

    private static string SuggestType(string word) => word switch
    {
        "py" or "code" => "; did you mean 'python'?",
        "jinja" or "jinja2" or "template" => "; did you mean 'prompt'?",
        "aoai" or "openai" or "chat" or "completion" => "; did you mean 'llm'?",
        _ => Suggestion.DidYouMean(word, FlowWords.NodeTypes, "; write one of llm, python, prompt, custom_llm"),
    };
}
