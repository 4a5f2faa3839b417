using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Schema;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>Holds a tree against the rules and reports everything that az ml or the service refuses.</summary>
internal sealed class SchemaChecker(DiagnosticList problems)
{
    private const YamlDialect Dialect = YamlDialect.AzureMl;

    /// <summary>The words that az ml takes for booleans.</summary>
    public static IEnumerable<string> BoolWords => TrueWords.Concat(FalseWords);

    private static readonly string[] TrueWords = ["t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"];
    private static readonly string[] FalseWords = ["f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"];

    /// <summary>Checks a mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="rule">Its rule.</param>
    /// <param name="place">Where a missing key is reported.</param>
    public void Check(YamlMapping mapping, MappingRule rule, SourceSpan place)
    {
        foreach (var entry in mapping.Entries)
        {
            if (rule.Find(entry.Key.Value) is { } key)
            {
                CheckValue(key.Name, entry, key.Value);
            }
            else
            {
                ReportUnknown(entry.Key, rule);
            }
        }

        foreach (var key in rule.Keys)
        {
            if (key.IsRequired && mapping.Find(key.Name) is null)
            {
                problems.Add(DeploymentRules.MissingKey, place, rule.Name, key.Name, LowerFirst(key.Description.TrimEnd('.')));
            }
        }
    }

    /// <summary>A whole number as az ml takes it; null when the value is none or does not fit 32 bits.</summary>
    public static int? IntOf(YamlNode? node)
    {
        if (node is not YamlScalar scalar)
        {
            return null;
        }

        switch (YamlScalars.KindOf(scalar, Dialect))
        {
            case ScalarKind.Int:
                var value = YamlValues.IntOf(scalar, Dialect);
                return value >= int.MinValue && value <= int.MaxValue ? (int)value : null;
            case ScalarKind.Float:
                var number = YamlValues.FloatOf(scalar);
                return number is > int.MinValue and < int.MaxValue ? (int)number : null;
            case ScalarKind.Text:
                return int.TryParse(scalar.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
            default:
                return null;
        }
    }

    /// <summary>A number as az ml takes it, or null.</summary>
    public static double? NumberOf(YamlNode? node) => node is not YamlScalar scalar ? null : YamlScalars.KindOf(scalar, Dialect) switch
    {
        ScalarKind.Int => (double)YamlValues.IntOf(scalar, Dialect),
        ScalarKind.Float => YamlValues.FloatOf(scalar),
        ScalarKind.Text when double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => null,
    };

    /// <summary>A boolean as az ml takes it, or null.</summary>
    public static bool? BoolOf(YamlNode? node)
    {
        if (node is not YamlScalar scalar)
        {
            return null;
        }

        return YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Bool ? YamlValues.BoolOf(scalar)
            : Array.IndexOf(TrueWords, scalar.Value) >= 0 ? true
            : Array.IndexOf(FalseWords, scalar.Value) >= 0 ? false
            : null;
    }

    /// <summary>A word as az ml compares it: camel case turned into snake case.</summary>
    public static string SnakeCase(string word)
    {
        var snake = new StringBuilder(word.Length + 4);
        for (var i = 0; i < word.Length; i++)
        {
            var isUpper = char.IsUpper(word[i]);
            if (isUpper && i > 0 && word[i - 1] != '_'
                && (!char.IsUpper(word[i - 1]) || (i + 1 < word.Length && char.IsLower(word[i + 1]))) && char.IsLetterOrDigit(word[i - 1]))
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(word[i]));
        }

        return snake.ToString();
    }

    /// <summary>Whether a node is null: empty, <c>~</c> or <c>null</c>.</summary>
    public static bool IsNull(YamlNode node) => node is YamlScalar scalar && YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Null;

    /// <summary>What a node is, for messages.</summary>
    public static string Describe(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar scalar => YamlScalars.KindOf(scalar, Dialect) switch
        {
            ScalarKind.Null => "empty",
            ScalarKind.Bool => "a boolean",
            ScalarKind.Int or ScalarKind.Float => "a number",
            ScalarKind.Date => "a date",
            _ => "a text",
        },
        _ => "something else",
    };

    private void CheckValue(string name, YamlEntry entry, ValueRule rule) => CheckValue(name, entry.Value, entry.ValueSpan, rule);

    private void CheckValue(string name, YamlNode value, SourceSpan span, ValueRule rule)
    {
        var scalar = value as YamlScalar;
        var kind = scalar is null ? (ScalarKind?)null : YamlScalars.KindOf(scalar, Dialect);
        if (kind == ScalarKind.Null && rule is not ValueRule.Any)
        {
            problems.Add(DeploymentRules.WrongType, span, name, Wanted(rule), "empty", "; write it, or remove the key");
            return;
        }

        switch (rule)
        {
            case ValueRule.Text when kind == ScalarKind.Text && Templates.Find(scalar!.Value) is { } template:
                problems.Add(
                    ((ValueRule.Text)rule).Check is null ? DeploymentRules.LeftoverTemplate : DeploymentRules.TemplateNotFilled,
                    span,
                    template,
                    name);
                break;

            case ValueRule.Text text:
                if (kind != ScalarKind.Text)
                {
                    ReportType(name, value, span, rule, kind is null ? "" : "; put it in quotes");
                }
                else if (text.Check?.Invoke(scalar!.Value) is { } fault)
                {
                    if (Templates.FindInWrong(scalar!.Value) is { } unfilled)
                    {
                        problems.Add(DeploymentRules.TemplateNotFilled, span, unfilled, name);
                    }
                    else
                    {
                        problems.Add(DeploymentRules.InvalidText, span, name, scalar.Value, fault);
                    }
                }

                break;

            case ValueRule.Version:
                CheckVersion(name, scalar, kind, value, span, rule);
                break;

            case ValueRule.Word word:
                CheckWord(name, scalar, kind, value, span, word);
                break;

            case ValueRule.Int range:
                CheckInt(name, value, span, range);
                break;

            case ValueRule.Number range:
                if (NumberOf(value) is not { } number)
                {
                    ReportType(name, value, span, rule, "");
                }
                else if (!(number >= range.Min && number <= range.Max))
                {
                    problems.Add(DeploymentRules.OutOfRange, span, name, Wanted(rule), scalar!.Value);
                }

                break;

            case ValueRule.Bool when BoolOf(value) is null:
                ReportType(name, value, span, rule, "");
                break;

            case ValueRule.BoolText when kind != ScalarKind.Text || BoolOf(value) is null:
                ReportType(name, value, span, rule, kind == ScalarKind.Bool ? $"; write '{scalar!.Value.ToLowerInvariant()}' in quotes" : "");
                break;

            case ValueRule.FreeMap:
                CheckFreeMap(name, value, span, rule);
                break;

            case ValueRule.MapOf map:
                if (value is not YamlMapping items)
                {
                    ReportType(name, value, span, rule, "");
                    break;
                }

                foreach (var item in items.Entries)
                {
                    CheckValue(item.Key.Value, item, map.Item);
                }

                break;

            case ValueRule.ListOf list:
                CheckList(name, value, span, list);
                break;

            case ValueRule.Mapping nested:
                if (value is YamlMapping mapping)
                {
                    Check(mapping, nested.Rule, span);
                }
                else
                {
                    ReportType(name, value, span, rule, "");
                }

                break;

            case ValueRule.Asset asset:
                CheckAsset(name, value, span, asset);
                break;

            case ValueRule.TextOrMap when value is not YamlMapping && kind != ScalarKind.Text:
                ReportType(name, value, span, rule, "");
                break;
        }
    }

    private void CheckVersion(string name, YamlScalar? scalar, ScalarKind? kind, YamlNode value, SourceSpan span, ValueRule rule)
    {
        if (kind is not (ScalarKind.Text or ScalarKind.Int or ScalarKind.Float))
        {
            ReportType(name, value, span, rule, kind is null ? "" : "; put it in quotes");
            return;
        }

        if (Templates.Find(scalar!.Value) is { } template)
        {
            problems.Add(DeploymentRules.TemplateNotFilled, span, template, name);
        }
        else if (kind != ScalarKind.Text && YamlValues.TextOf(scalar, Dialect) is var read && read != scalar.Value)
        {
            problems.Add(DeploymentRules.VersionIsNumber, span, scalar.Value, read);
        }
    }

    private void CheckWord(string name, YamlScalar? scalar, ScalarKind? kind, YamlNode value, SourceSpan span, ValueRule.Word rule)
    {
        if (kind is null)
        {
            ReportType(name, value, span, rule, "");
        }
        else if (Array.IndexOf(rule.Words, SnakeCase(scalar!.Value)) < 0)
        {
            var otherwise = rule.Words.Length == 1 ? $"; write '{rule.Words[0]}'" : "; write one of " + string.Join(", ", rule.Words);
            if (Templates.FindInWrong(scalar.Value) is { } template)
            {
                problems.Add(DeploymentRules.TemplateNotFilled, span, template, name);
            }
            else
            {
                problems.Add(
                    DeploymentRules.UnknownWord,
                    span,
                    scalar.Value,
                    name,
                    Suggestion.DidYouMean(scalar.Value, rule.Words, otherwise));
            }
        }
    }

    private void CheckInt(string name, YamlNode value, SourceSpan span, ValueRule.Int range)
    {
        if (IntOf(value) is { } number)
        {
            if (number < range.Min || number > range.Max)
            {
                problems.Add(DeploymentRules.OutOfRange, span, name, Wanted(range), ((YamlScalar)value).Value);
            }
        }
        else if (value is YamlScalar scalar && Templates.Find(scalar.Value) is { } template)
        {
            problems.Add(DeploymentRules.TemplateNotFilled, span, template, name);
        }
        else
        {
            ReportType(name, value, span, range, "");
        }
    }

    private void CheckFreeMap(string name, YamlNode value, SourceSpan span, ValueRule rule)
    {
        if (value is not YamlMapping mapping)
        {
            ReportType(name, value, span, rule, "");
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            if (entry.Value is not YamlScalar scalar)
            {
                problems.Add(
                    DeploymentRules.WrongType,
                    entry.ValueSpan,
                    entry.Key.Value,
                    "a text",
                    Describe(entry.Value),
                    "; write it as one text, for example as JSON in quotes");
            }
            else if (Templates.Find(scalar.Value) is { } template)
            {
                problems.Add(DeploymentRules.LeftoverTemplate, entry.ValueSpan, template, entry.Key.Value);
            }
        }
    }

    private void CheckList(string name, YamlNode value, SourceSpan span, ValueRule.ListOf rule)
    {
        if (value is not YamlSequence sequence)
        {
            ReportType(name, value, span, rule, "; begin each item with '- '");
            return;
        }

        for (var i = 0; i < sequence.Items.Count; i++)
        {
            var item = sequence.Items[i];
            var itemSpan = item.Span.IsEmpty ? SpanInside(item, span) : item.Span;
            if (i == rule.Max)
            {
                problems.Add(
                    DeploymentRules.OutOfRange,
                    itemSpan,
                    name,
                    $"a list of at most {rule.Max.ToString(CultureInfo.InvariantCulture)}",
                    "one more");
                return;
            }

            CheckValue($"{name}[{i.ToString(CultureInfo.InvariantCulture)}]", item, itemSpan, rule.Item);
        }
    }

    private void CheckAsset(string name, YamlNode value, SourceSpan span, ValueRule.Asset rule)
    {
        switch (value)
        {
            case YamlScalar scalar when YamlScalars.KindOf(scalar, Dialect) == ScalarKind.Text:
                if (Templates.Find(scalar.Value) is { } template)
                {
                    problems.Add(DeploymentRules.TemplateNotFilled, span, template, name);
                }
                else if (AssetReferences.Parse(scalar.Value, rule.Kind, out var fault) is null)
                {
                    problems.Add(DeploymentRules.InvalidReference, span, scalar.Value, AssetReferences.NameOf(rule.Kind), fault!);
                }

                break;

            case YamlMapping mapping when rule.Inline is { } inline:
                Check(mapping, inline, span);
                break;

            default:
                ReportType(name, value, span, rule, "");
                break;
        }
    }

    private void ReportUnknown(YamlScalar key, MappingRule rule)
    {
        if (Templates.Find(key.Value) is { } template)
        {
            problems.Add(DeploymentRules.TemplateNotFilled, key.Span, template, rule.Name);
            return;
        }

        foreach (var hint in rule.Hints)
        {
            if (hint.Name == key.Value)
            {
                problems.Add(DeploymentRules.ForeignKey, key.Span, key.Value, rule.Name, hint.Text);
                return;
            }
        }

        problems.Add(
            DeploymentRules.UnknownKey,
            key.Span,
            key.Value,
            rule.Name,
            Suggestion.DidYouMean(key.Value, rule.Keys.Select(static known => known.Name)));
    }

    private void ReportType(string name, YamlNode value, SourceSpan span, ValueRule rule, string cure)
    {
        if (value is YamlScalar scalar && Templates.FindInWrong(scalar.Value) is { } template)
        {
            problems.Add(DeploymentRules.TemplateNotFilled, span, template, name);
        }
        else
        {
            problems.Add(DeploymentRules.WrongType, span, name, Wanted(rule), Describe(value), cure);
        }
    }

    private static string Wanted(ValueRule rule) => rule switch
    {
        ValueRule.Version => "a text or a number",
        ValueRule.Word word => "one of " + string.Join(", ", word.Words),
        ValueRule.Int { Max: int.MaxValue } range => $"a whole number of at least {Show(range.Min)}",
        ValueRule.Int range => $"a whole number from {Show(range.Min)} to {Show(range.Max)}",
        ValueRule.Number range => $"a number from {Show(range.Min)} to {Show(range.Max)}",
        ValueRule.Bool => "true or false",
        ValueRule.BoolText => "the text 'true' or 'false'",
        ValueRule.FreeMap or ValueRule.MapOf => "a mapping from names to values",
        ValueRule.ListOf => "a list",
        ValueRule.Mapping nested => "a mapping with " + string.Join(", ", nested.Rule.Keys.Take(4).Select(static key => key.Name)),
        ValueRule.Asset { Inline: null } => "a reference such as azureml:name:version",
        ValueRule.Asset => "a reference such as azureml:name:version, or a mapping",
        ValueRule.TextOrMap => "a text or a mapping",
        _ => "a text",
    };

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string LowerFirst(string text) =>
        text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text.Substring(1) : text;

    private static SourceSpan SpanInside(YamlNode item, SourceSpan otherwise) =>
        item is YamlMapping { Entries.Count: > 0 } mapping ? mapping.Entries[0].Key.Span : otherwise;
}
