using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Schema;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>Reads the tree of one flow file into a definition. The checks between nodes are <see cref="FlowGraph"/>'s.</summary>
internal sealed class FlowFileReader(DiagnosticList problems)
{
    private const YamlDialect Dialect = YamlDialect.PromptFlow;

    private readonly List<(int Output, string Word, SourceSpan Span)> _unservableOutputs = [];
    private bool _isComplete = true;

    /// <summary>Reads a file.</summary>
    /// <returns>The definition, or null when inputs or outputs are not understood.</returns>
    public FlowDefinition? Read(string file, string text)
    {
        var isPrompty = file.EndsWith(".prompty", StringComparison.OrdinalIgnoreCase);
        if ((isPrompty ? PromptyText.FrontMatter(text, problems) : text) is not { } yaml)
        {
            return null;
        }

        var root = YamlReader.Read(yaml, Dialect, problems);
        if (root is not YamlMapping flow)
        {
            if (!problems.HasErrors)
            {
                var isEmpty = root is null or YamlScalar { Value: "" };
                problems.Add(FlowRules.NoFlow, isEmpty ? default(SourceSpan) : root!.Span, isEmpty
                    ? "it is empty"
                    : $"it is {DescribeShape(root!)}, and a flow is a mapping with 'inputs', 'outputs' and 'nodes'");
            }

            return null;
        }

        if (isPrompty)
        {
            return ReadPrompty(flow);
        }

        var entry = flow.Find("entry");
        var isFlex = entry is not null || IsFlexName(file);
        if (entry is null && isFlex)
        {
            problems.Add(
                FlowRules.NoFlow,
                flow.Entries.Count > 0 ? flow.Entries[0].Key.Span : flow.Span,
                "a flex flow needs 'entry: module:function'");
            return null;
        }

        if (!isFlex && flow.Find("inputs") is null && flow.Find("outputs") is null && flow.Find("nodes") is null)
        {
            problems.Add(FlowRules.NoFlow, flow.Entries.Count > 0 ? flow.Entries[0].Key.Span : flow.Span, flow.Find("endpoint_name") is null
                ? "it has neither 'inputs', 'outputs' nor 'nodes'"
                : "it is a deployment file");
            return null;
        }

        CheckKeys(flow, isFlex ? FlowSchemas.FlexFlow : FlowSchemas.Flow);
        var language = TextOf(flow.Find("language")) ?? "python";
        CheckHead(flow, language);

        var inputs = ReadInputs(flow.Find("inputs"), isTypeOptional: isFlex);
        var outputs = ReadOutputs(flow.Find("outputs"), isTypeOptional: isFlex, isReferenceOptional: isFlex);
        var nodes = isFlex ? [] : new FlowNodeReader(problems, language).Read(flow.Find("nodes"), flow.Find("node_variants"));
        var definition = new FlowDefinition(
            isFlex ? FlowKind.Flex : FlowKind.Dag,
            TextOf(flow.Find("description")),
            language,
            new(inputs),
            new(outputs),
            new(nodes),
            new(ReadIncludes(flow.Find("additional_includes"))),
            ReadMessageFormat(flow.Find("message_format")),
            entry is null ? null : ReadEntry(entry),
            new(ReadEnvironmentVariables(flow.Find("environment_variables"))));

        if (!isFlex)
        {
            FlowGraph.Check(
                definition,
                SectionOf(flow, "inputs", static value => value is YamlMapping),
                SectionOf(flow, "nodes", static value => value is YamlSequence),
                problems);
            FlowChat.Check(definition, problems);
        }

        CheckUnservableOutputs(definition);
        return _isComplete ? definition : null;
    }

    private static FlowSection SectionOf(YamlMapping flow, string name, Func<YamlNode, bool> hasShape) =>
        new(flow.Find(name) is { } section && IsTruthy(section) && !hasShape(section.Value), MisspeltKey(flow, FlowSchemas.Flow, name));

    private FlowDefinition? ReadPrompty(YamlMapping prompty)
    {
        CheckKeys(prompty, FlowSchemas.Prompty);
        var inputs = ReadInputs(prompty.Find("inputs"), isTypeOptional: false);
        var outputs = ReadOutputs(prompty.Find("outputs"), isTypeOptional: false, isReferenceOptional: true);
        return !_isComplete ? null : new FlowDefinition(
            FlowKind.Prompty,
            TextOf(prompty.Find("description")),
            "python",
            new(inputs),
            new(outputs),
            EquatableArray.Empty<FlowNode>(),
            EquatableArray.Empty<Located<string>>(),
            FlowMessageFormat.Basic,
            Entry: null,
            new(ReadEnvironmentVariables(prompty.Find("environment_variables"))));
    }

    /// <summary>What a node looks like, for messages.</summary>
    internal static string DescribeShape(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar scalar => YamlScalars.KindOf(scalar, Dialect) switch
        {
            ScalarKind.Null => "empty",
            ScalarKind.Text => "a text",
            ScalarKind.Date => "a date",
            ScalarKind.Bool => "a boolean",
            ScalarKind.Opaque => scalar.Tag == YamlScalars.TemplateTag ? "a template" : "a value with a tag",
            _ => "a number",
        },
        _ => "something else",
    };

    internal static bool IsNull(YamlNode node) => node is YamlScalar scalar && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Null;

    internal static bool IsOpaque(YamlNode node) => node is YamlScalar scalar && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Opaque;

    /// <summary>What a value that may be a reference says, empty where promptflow takes it for no text.</summary>
    internal static string ReferenceOf(YamlNode node) =>
        node is not YamlScalar scalar ? YamlJson.Write(node, Dialect) : IsOpaque(scalar) ? "" : scalar.Value;

    /// <summary>A scalar as text; null for an absent key, an explicit null and what is opaque.</summary>
    internal static string? TextOf(YamlEntry? entry) =>
        entry is { Value: YamlScalar scalar } && YamlScalars.KindOf(scalar, Dialect) is not (ScalarKind.Null or ScalarKind.Opaque) ? scalar.Value : null;

    /// <summary>Whether a key has a value that is a text to promptflow, and not a number, a boolean or a date.</summary>
    internal static bool IsText(YamlEntry? entry) =>
        entry is { Value: YamlScalar scalar } && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Text;

    /// <summary>A scalar's text with its place; null for an absent key and an explicit null.</summary>
    internal static Located<string>? LocatedOf(YamlEntry? entry) =>
        TextOf(entry) is { } text ? new(text, entry!.ValueSpan) : null;

    /// <summary>
    /// Whether Python takes a value for true. A section with a value that is none, such as <c>[]</c> or <c>''</c>, counts as left out.
    /// </summary>
    internal static bool IsTruthy(YamlEntry? entry) => entry?.Value switch
    {
        null => false,
        YamlMapping mapping => mapping.Entries.Count > 0,
        YamlSequence sequence => sequence.Items.Count > 0,
        YamlScalar scalar => YamlScalars.KindOf(scalar, Dialect) switch
        {
            ScalarKind.Null => false,
            ScalarKind.Bool => YamlValues.BoolOf(scalar),
            ScalarKind.Int => !YamlValues.IntOf(scalar, Dialect).IsZero,
            ScalarKind.Float => YamlValues.FloatOf(scalar) is not 0.0,
            ScalarKind.Opaque => true,
            _ => scalar.Value.Length > 0,
        },
        _ => false,
    };

    /// <summary>Warns of keys that nothing reads.</summary>
    /// <param name="problems">Takes the warnings.</param>
    /// <param name="mapping">The mapping.</param>
    /// <param name="rule">Its keys.</param>
    /// <param name="suggest">Gives the advice on a key of the mapping that is not of this kind, or null.</param>
    internal static void CheckKeys(
        DiagnosticList problems, YamlMapping mapping, MappingRule rule, Func<YamlMapping, string, string?>? suggest = null)
    {
        foreach (var entry in mapping.Entries)
        {
            if (rule.Find(entry.Key.Value) is null)
            {
                problems.Add(
                    FlowRules.UnknownKey,
                    entry.Key.Span,
                    entry.Key.Value,
                    rule.Name,
                    suggest?.Invoke(mapping, entry.Key.Value)
                        ?? Suggestion.DidYouMean(entry.Key.Value, rule.Keys.Select(static key => key.Name)));
            }
        }
    }

    /// <summary>The key that stands where a missing one was meant, or null.</summary>
    internal static YamlScalar? MisspeltKey(YamlMapping mapping, MappingRule rule, string missing)
    {
        if (mapping.Find(missing) is not null)
        {
            return null;
        }

        foreach (var entry in mapping.Entries)
        {
            if (rule.Find(entry.Key.Value) is null
                && Suggestion.Nearest(entry.Key.Value, rule.Keys.Select(static key => key.Name)) == missing)
            {
                return entry.Key;
            }
        }

        return null;
    }

    /// <summary>The end of a message about a missing key.</summary>
    internal static string Instead(YamlScalar? misspelt, string missing, string otherwise) =>
        misspelt is null ? otherwise : $"; did you mean '{missing}' where '{misspelt.Value}' stands?";

    private static bool IsFlexName(string file) =>
        file.EndsWith("flow.flex.yaml", StringComparison.OrdinalIgnoreCase) || file.EndsWith("flow.flex.yml", StringComparison.OrdinalIgnoreCase);

    private void CheckKeys(YamlMapping mapping, MappingRule rule) => CheckKeys(problems, mapping, rule);

    private void CheckHead(YamlMapping flow, string language)
    {
        if (language is not ("python" or "csharp"))
        {
            problems.Add(
                FlowRules.SchemaDislikes,
                flow.Find("language")!.ValueSpan,
                $"the language '{language}'; write 'python' or 'csharp'");
        }

        if (flow.Find("environment") is { Value: YamlMapping environment } && environment.Find("image") is { Value: YamlScalar image } at
            && RetiredImages.IsRetired(image.Value))
        {
            problems.Add(FlowRules.RetiringImage, at.ValueSpan, image.Value);
        }
    }

    private List<FlowInput> ReadInputs(YamlEntry? section, bool isTypeOptional)
    {
        var inputs = new List<FlowInput>();
        foreach (var (name, definition) in Definitions(section, "inputs", "input"))
        {
            // An input without a usable definition is declared all the same: what refers to it is not at fault.
            if (definition is null)
            {
                inputs.Add(new FlowInput(name.Value, FlowValueType.Object, null, null, false, null, name.Span));
                continue;
            }

            CheckKeys(definition, FlowSchemas.Input);
            var word = ReadTypeWord(name, definition, "input", isTypeOptional);
            var known = word is null ? null : FlowWords.TypeOf(word);
            if (known is null)
            {
                _isComplete = false;
                if (word is not null && FlowWords.IsUnservable(word))
                {
                    problems.Add(FlowRules.TypeNotServable, definition.Find("type")!.ValueSpan, "input", name.Value, word);
                }
            }

            var type = known ?? FlowValueType.Object;
            string? defaultJson = null;
            if (definition.Find("default") is { } given && !IsNull(given.Value))
            {
                defaultJson = YamlJson.Write(given.Value, Dialect);
                FlowDefaults.Check(name.Value, type, given, problems);
            }

            inputs.Add(new FlowInput(
                name.Value,
                type,
                defaultJson,
                TextOf(definition.Find("description")),
                IsTruthy(definition.Find("is_chat_input")),
                ReadHistoryFlag(definition.Find("is_chat_history")),
                name.Span));
        }

        return inputs;
    }

    /// <summary>The flag, where only a real <c>false</c> says no: promptflow asks for that very value.</summary>
    private static bool? ReadHistoryFlag(YamlEntry? flag) =>
        IsTruthy(flag) ? true : flag?.Value is YamlScalar scalar && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Bool ? false : null;

    private List<FlowOutput> ReadOutputs(YamlEntry? section, bool isTypeOptional, bool isReferenceOptional)
    {
        var outputs = new List<FlowOutput>();
        foreach (var (name, definition) in Definitions(section, "outputs", "output"))
        {
            if (definition is null)
            {
                continue;
            }

            CheckKeys(definition, FlowSchemas.Output);
            var word = ReadTypeWord(name, definition, "output", isTypeOptional);
            var reference = ReadReference(name, definition, isReferenceOptional);
            if (word is null)
            {
                continue;
            }

            var type = FlowWords.TypeOf(word);
            if (type is null && FlowWords.IsUnservable(word))
            {
                _unservableOutputs.Add((outputs.Count, word, definition.Find("type")!.ValueSpan));
            }
            else if (type is null)
            {
                _isComplete = false;
                continue;
            }

            outputs.Add(new FlowOutput(
                name.Value,
                type ?? FlowValueType.Object,
                reference,
                TextOf(definition.Find("description")),
                IsTruthy(definition.Find("is_chat_output")),
                IsTruthy(definition.Find("evaluation_only")),
                name.Span));
        }

        return outputs;
    }

    /// <summary>The names in <c>inputs</c> or <c>outputs</c>, each with its definition, or null where that has the wrong shape.</summary>
    private IEnumerable<(YamlScalar Name, YamlMapping? Definition)> Definitions(YamlEntry? section, string sectionName, string what)
    {
        if (section is not { } given || !IsTruthy(given))
        {
            yield break;
        }

        if (given.Value is not YamlMapping definitions)
        {
            _isComplete = false;
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                sectionName,
                $"a mapping from each {what}'s name to its definition",
                DescribeShape(given.Value));
            yield break;
        }

        foreach (var entry in definitions.Entries)
        {
            if (YamlScalars.KindOf(entry.Key, Dialect) != ScalarKind.Text)
            {
                problems.Add(FlowRules.NameIsNoText, entry.Key.Span, entry.Key.Value, DescribeShape(entry.Key));
            }

            var definition = entry.Value as YamlMapping;
            if (definition is null)
            {
                _isComplete = false;
                problems.Add(FlowRules.WrongShape, entry.ValueSpan, entry.Key.Value, "a mapping with 'type'", DescribeShape(entry.Value));
            }

            yield return (entry.Key, definition);
        }
    }

    /// <summary>The type word of a definition, reported when it is missing or no word that promptflow knows; null when missing.</summary>
    private string? ReadTypeWord(YamlScalar name, YamlMapping definition, string what, bool isTypeOptional)
    {
        var entry = definition.Find("type");
        if (entry is not { } given || IsNull(given.Value))
        {
            if (isTypeOptional)
            {
                return "object";
            }

            _isComplete = false;
            var misspelt = MisspeltKey(definition, FlowSchemas.Input, "type");
            problems.Add(
                FlowRules.MissingType,
                (entry?.Key ?? misspelt ?? name).Span,
                what,
                name.Value,
                Instead(misspelt, "type", "; add 'type:' with one of string, int, double, bool, list, object, image"));
            return null;
        }

        if (given.Value is not YamlScalar scalar || IsOpaque(scalar))
        {
            _isComplete = false;
            problems.Add(FlowRules.WrongShape, given.ValueSpan, "type", "one word", DescribeShape(given.Value));
            return null;
        }

        if (FlowWords.TypeOf(scalar.Value) is null && !FlowWords.IsUnservable(scalar.Value))
        {
            problems.Add(FlowRules.UnknownType, given.ValueSpan, scalar.Value, FlowWords.SuggestType(scalar.Value));
        }

        return scalar.Value;
    }

    private Located<string> ReadReference(YamlScalar name, YamlMapping definition, bool isOptional)
    {
        var entry = definition.Find("reference");
        var isMissing = entry is null || (IsText(entry) && entry.Value is YamlScalar { Value: "" });
        if (isMissing && !isOptional)
        {
            var misspelt = MisspeltKey(definition, FlowSchemas.Output, "reference");
            problems.Add(
                FlowRules.OutputWithoutReference,
                entry?.ValueSpan ?? (misspelt ?? name).Span,
                name.Value,
                Instead(misspelt, "reference", "; add 'reference: ${node.output}'"));
        }

        return entry is { } value ? new(ReferenceOf(value.Value), value.ValueSpan) : new("", name.Span);
    }

    private void CheckUnservableOutputs(FlowDefinition definition)
    {
        foreach (var (index, word, span) in _unservableOutputs)
        {
            var output = definition.Outputs[index];
            if (!output.IsEvaluationOnly && !FlowGraph.IsDropped(definition, output))
            {
                problems.Add(FlowRules.TypeNotServable, span, "output", output.Name, word);
                _isComplete = false;
            }
        }
    }

    private List<Located<string>> ReadIncludes(YamlEntry? section)
    {
        var includes = new List<Located<string>>();
        if (section is not { } given || IsNull(given.Value))
        {
            return includes;
        }

        if (given.Value is not YamlSequence sequence)
        {
            problems.Add(
                FlowRules.SchemaDislikes,
                given.ValueSpan,
                $"'additional_includes' must be a list of paths, and this is {DescribeShape(given.Value)}");
            return includes;
        }

        foreach (var item in sequence.Items)
        {
            if (item is YamlScalar path && !IsNull(path))
            {
                includes.Add(new(path.Value, path.Span));
            }
            else
            {
                problems.Add(
                    FlowRules.SchemaDislikes,
                    item.Span,
                    $"an item of 'additional_includes' must be a path, and this is {DescribeShape(item)}");
            }
        }

        return includes;
    }

    private FlowMessageFormat ReadMessageFormat(YamlEntry? entry)
    {
        if (entry is not { } given)
        {
            return FlowMessageFormat.Basic;
        }

        var word = TextOf(given) ?? "";
        if (string.Equals(word, "openai-vision", StringComparison.OrdinalIgnoreCase))
        {
            return FlowMessageFormat.OpenAIVision;
        }

        if (!string.Equals(word, "basic", StringComparison.OrdinalIgnoreCase))
        {
            problems.Add(FlowRules.UnknownMessageFormat, given.ValueSpan, word);
        }

        return FlowMessageFormat.Basic;
    }

    private string ReadEntry(YamlEntry entry)
    {
        var text = TextOf(entry) ?? "";
        if (!IsPythonEntry(text) && !IsCSharpEntry(text))
        {
            problems.Add(FlowRules.InvalidEntry, entry.ValueSpan, text);
        }

        return text;
    }

    /// <summary><c>module:function</c>; the module may lie in packages.</summary>
    private static bool IsPythonEntry(string text)
    {
        var colon = text.IndexOf(':');
        return colon > 0 && colon < text.Length - 1
            && text.Take(colon).All(static c => IsWord(c) || c == '.') && text.Skip(colon + 1).All(IsWord);

        static bool IsWord(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_';
    }

    /// <summary><c>(Assembly)Namespace.Class.Method</c></summary>
    private static bool IsCSharpEntry(string text) =>
        text.Length > 0 && text[0] == '(' && text.IndexOf(')') is var close and > 1 && close < text.Length - 1;

    private List<KeyValuePair<string, string>> ReadEnvironmentVariables(YamlEntry? section)
    {
        var variables = new List<KeyValuePair<string, string>>();
        if (section is not { } given || !IsTruthy(given))
        {
            return variables;
        }

        if (given.Value is not YamlMapping mapping)
        {
            problems.Add(
                FlowRules.WrongShape,
                given.ValueSpan,
                "environment_variables",
                "a mapping from names to values",
                DescribeShape(given.Value));
            return variables;
        }

        PlainTextSecrets.Check(given, FlowRules.SecretInPlainText, problems);
        foreach (var entry in mapping.Entries)
        {
            var value = entry.Value is YamlScalar scalar ? YamlValues.TextOf(scalar, Dialect) : YamlJson.Write(entry.Value, Dialect);
            variables.Add(new(entry.Key.Value, value));
        }

        return variables;
    }
}
