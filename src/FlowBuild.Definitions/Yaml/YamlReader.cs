using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using VersionDirective = YamlDotNet.Core.Tokens.VersionDirective;

namespace FlowBuild.Definitions.Yaml;

/// <summary>
/// Builds a tree of nodes from the events of YamlDotNet's parser. Only the events: their surface is stable, so another version
/// of the library in the compiler's process still works. Nothing here recurses, and what aliases and merge keys can blow up is
/// counted before it is built.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Greatest length of a text, in UTF-16 code units.</summary>
    internal const int MaxLength = 4 * 1024 * 1024;

    /// <summary>Greatest nesting, with aliases followed.</summary>
    internal const int MaxDepth = 200;

    /// <summary>Greatest size with aliases followed, in nodes and characters.</summary>
    private const long MaxWeight = 2L * MaxLength;

    /// <summary>Greatest number of entries that merge keys copy.</summary>
    private const int MaxMergedEntries = 50_000;

    /// <summary>Greatest number of warnings of what is not read as it is meant: a text with more is a template as a whole.</summary>
    private const int MaxNotReadAsMeant = 20;

    private static readonly string TooDeep = $"it nests deeper than {MaxDepth} levels";

    private readonly string _original;
    private readonly string _text;
    private readonly YamlDialect _dialect;
    private readonly ScannerRepairs? _repairs;
    private readonly LineSeparators? _separators;
    private readonly List<Frame> _open = [];
    private readonly List<SourceSpan>? _quoted;
    private List<(DiagnosticRule Rule, SourceSpan Span, string[] Arguments)>? _problems;
    private Dictionary<string, YamlNode>? _anchors;
    private int[]? _lineStarts;
    private int _notReadAsMeant;
    private int _mergedEntries;
    private bool _isYaml11;
    private bool _isRepairable;
    private YamlException? _stop;
    private YamlNode? _root;

    private YamlReader(string original, string text, YamlDialect dialect, LineSeparators? separators, ScannerRepairs? repairs)
    {
        _original = original;
        _text = text;
        _dialect = dialect;
        _separators = separators;
        _repairs = repairs;
        _quoted = text.IndexOf('\t') >= 0 ? [] : null;
    }

    private DiagnosticRule InvalidYaml => _dialect == YamlDialect.PromptFlow ? FlowRules.InvalidYaml : DeploymentRules.InvalidYaml;

    private DiagnosticRule DuplicateKey => _dialect == YamlDialect.PromptFlow ? FlowRules.DuplicateKey : DeploymentRules.DuplicateKey;

    /// <summary>Reads a text that holds one document.</summary>
    /// <returns>The root, or null when the text is empty or no YAML (then a problem says so).</returns>
    public static YamlNode? Read(string text, YamlDialect dialect, DiagnosticList problems)
    {
        // A byte order mark is no content, and editors do not count it as a column.
        text = text.Length > 0 && text[0] == '\uFEFF' ? text.Substring(1) : text;
        ScannerRepairs? repairs = null;
        var repaired = text;
        while (true)
        {
            var shown = repaired;
            var separators = dialect == YamlDialect.PromptFlow ? LineSeparators.Hide(ref shown) : null;
            var reader = new YamlReader(text, shown, dialect, separators, repairs);
            var root = reader.Read();
            if (reader._isRepairable && (repairs ??= new()).TryRepair(ref repaired, reader._stop, reader.OutermostBracket))
            {
                continue;
            }

            foreach (var (rule, span, arguments) in reader._problems ?? [])
            {
                problems.Add(rule, span, arguments);
            }

            return root;
        }
    }

    private YamlNode? Read()
    {
        if (_text.Length > MaxLength)
        {
            return Refuse(new(0, 0, 0, 0), $"it is {_text.Length:N0} characters long; at most {MaxLength:N0} are read");
        }

        if (YamlCharacters.FindForbidden(_text) is { } forbidden)
        {
            return Refuse(Undo(forbidden.Span), forbidden.Explanation);
        }

        var parser = new Parser(new Scanner(new StringReader(_text), skipComments: true));
        try
        {
            while (parser.MoveNext())
            {
                if (!Take(parser.Current!))
                {
                    return null;
                }
            }
        }
        catch (YamlException exception)
        {
            (_isRepairable, _stop) = (true, exception);
            if (exception.Start.Index >= _text.TrimEnd().Length && RefuseUnclosed())
            {
                return null;
            }

            if (FindCausingTab(exception) is { } cause)
            {
                return Refuse(cause, "a tab cannot indent; use blanks");
            }

            var (span, explanation) = YamlErrors.Explain(exception, _text);
            return Refuse(Undo(span), explanation);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The scanner leaves with these, without a mark, where a '[' or '{' meets a text that it cannot continue with.
            _isRepairable = true;
            return RefuseUnclosed()
                ? null
                : Refuse(EmptyAt(parser.Current?.End ?? Mark.Empty), "what follows cannot be read; look for a wrong escape, quote or bracket");
        }

        if (_quoted is not null && YamlCharacters.FindSeparatingTab(_original, _quoted) is { } tab)
        {
            return Refuse(tab, "a tab cannot separate or indent here; use blanks");
        }

        return _separators?.FindMisplaced() is { } misplaced ? Refuse(misplaced.Span, misplaced.Explanation) : _root;
    }

    /// <summary>
    /// The tab that a scanner stumbled over: it names none, or a place far from it. One that indents a line above the place where
    /// it stopped is the cause whatever it says.
    /// </summary>
    private SourceSpan? FindCausingTab(YamlException exception)
    {
        if (_quoted is null || YamlCharacters.FindSeparatingTab(_original, _quoted) is not { } tab)
        {
            return null;
        }

        var isNamed = exception.Message.IndexOf("tab", StringComparison.Ordinal) >= 0;
        var indents = YamlCharacters.LineAt(_original, tab.StartLine).Substring(0, tab.StartColumn).Trim(' ').Length == 0;
        return isNamed || (indents && tab.StartLine < exception.Start.Line) ? tab : null;
    }

    private bool Take(ParsingEvent current)
    {
        switch (current)
        {
            case Scalar scalar:
                if (scalar.Style != ScalarStyle.Plain)
                {
                    _quoted?.Add(SpanOf(scalar));
                }

                return AddScalar(scalar);

            case MappingStart start:
                return CheckTag(start, YamlScalars.MappingTags) && Open(new YamlMapping(EmptyAt(start.End)), start.Anchor, start, start.Style == MappingStyle.Flow);

            case SequenceStart start:
                return CheckTag(start, YamlScalars.SequenceTags) && Open(new YamlSequence(EmptyAt(start.End)), start.Anchor, start, start.Style == SequenceStyle.Flow);

            case MappingEnd or SequenceEnd:
                return Close(current);

            case AnchorAlias alias:
                return AddAlias(alias);

            case DocumentStart when _root is not null:
                return RefuseNextDocument(current);

            case DocumentStart { Version: { } directive } when _dialect == YamlDialect.PromptFlow:
                return TakeVersion(directive);

            default:
                return true;
        }
    }

    private bool TakeVersion(VersionDirective directive)
    {
        _isYaml11 = directive.Version is { Major: 1, Minor: 1 };
        if (_isYaml11 || directive.Version is { Major: 1, Minor: 2 })
        {
            return true;
        }

        var line = (int)directive.Start.Line - 1;
        Refuse(new(line, 0, line, YamlCharacters.LineAt(_original, line).TrimEnd().Length), $"promptflow reads YAML 1.1 and 1.2, not {directive.Version.Major}.{directive.Version.Minor}; remove this line");
        return false;
    }

    private bool AddScalar(Scalar scalar)
    {
        if (!scalar.Tag.IsEmpty && !CheckTag(scalar, YamlScalars.ScalarTags))
        {
            return false;
        }

        // A lone '!' leaves a plain text what it is.
        var isPlain = scalar.Style == ScalarStyle.Plain;
        var tag = scalar.Tag.IsEmpty || (isPlain && scalar.Tag.Value is "!") ? null : scalar.Tag.Value;
        var span = isPlain && tag is null && scalar.Value.Length == 0 ? EmptyAt(scalar.Start) : SpanOf(scalar);
        var value = scalar.Value;
        if (_separators is not null && scalar.Style is ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
        {
            value = _separators.Restore(value, isPlain, span);
        }

        var isUntyped = isPlain && tag is null;
        if (isUntyped && _isYaml11)
        {
            var value12 = Yaml11.InYaml12(value);
            (value, isUntyped) = (value12 ?? value, value12 is not null);
        }

        var node = new YamlScalar(value, isUntyped, tag, span);
        if (tag is not null && !YamlScalars.FitsTag(node, _dialect))
        {
            Refuse(
                node.Span,
                $"'{value}' is no value of the tag '!!{tag.Substring(YamlScalars.CoreTag.Length)}'; remove the tag, or put the text in quotes");
            return false;
        }

        if (node.IsPlain && YamlScalars.WhyUnreadable(value) is { } why)
        {
            Refuse(node.Span, why);
            return false;
        }

        if (_dialect == YamlDialect.PromptFlow && (tag is not null || value is "="))
        {
            WarnOfOpaque(node);
        }

        return Add(node, scalar.Anchor);
    }

    private void WarnOfOpaque(YamlScalar scalar)
    {
        if (YamlScalars.KindOf(scalar, _dialect) != ScalarKind.Opaque)
        {
            return;
        }

        // Of a block text, and of a tag that nothing follows, the first line.
        var span = scalar.Span;
        if (span.EndLine > span.StartLine)
        {
            span = new(span.StartLine, span.StartColumn, span.StartLine, YamlCharacters.LineFrom(_original, OffsetOfLine(span.StartLine)).TrimEnd().Length);
        }

        Warn(span, scalar.Tag is null
            ? "a lone '=' has a meaning of its own in YAML and is no text; put it in quotes"
            : $"the tag '{scalar.Tag}' is unknown, and what has it is no text any more; remove it, or put the text with its '!' in quotes");
    }

    /// <summary>
    /// az ml's reader knows the tags of YAML itself and no others. promptflow's passes over others on lists and mappings, and makes an
    /// object of its own of a scalar that has one.
    /// </summary>
    private bool CheckTag(NodeEvent node, string[] fitting)
    {
        var isPassedOver = _dialect == YamlDialect.PromptFlow && !YamlScalars.IsCoreTag(node.Tag.IsEmpty ? "" : node.Tag.Value);
        if (node.Tag.IsEmpty || node.Tag.Value is "!" || isPassedOver || YamlScalars.IsCoreTag(node.Tag.Value, fitting))
        {
            return true;
        }

        Refuse(SpanOf(node), YamlScalars.IsCoreTag(node.Tag.Value)
            ? $"the tag '!!{node.Tag.Value.Substring(YamlScalars.CoreTag.Length)}' does not go with this kind of value; remove the tag"
            : $"the tag '{node.Tag.Value}' is unknown; a text that begins with '!' stands in quotes");
        return false;
    }

    private bool Open(YamlNode collection, AnchorName anchor, NodeEvent start, bool isFlow)
    {
        if (_open.Count == MaxDepth)
        {
            Refuse(EmptyAt(start.End), TooDeep);
            return false;
        }

        if (!anchor.IsEmpty)
        {
            (_anchors ??= [])[anchor.Value] = collection;
        }

        _open.Add(new Frame(collection, start.Start, isFlow));
        return true;
    }

    private bool Close(ParsingEvent end)
    {
        var frame = _open[_open.Count - 1];
        _open.RemoveAt(_open.Count - 1);
        SourceSpan? flowSpan = frame.IsFlow ? Span(frame.Start, end.End.Line, end.End.Column + (end.End.Index == end.Start.Index ? 1 : 0)) : null;
        switch (frame.Collection)
        {
            case YamlMapping mapping:
                if (mapping.Entries.Count == 1 && mapping.Entries[0] is { Key.Tag: YamlScalars.TemplateTag, Value: YamlScalar { IsPlain: true, Value: "" } } template)
                {
                    return Add(template.Key, AnchorName.Empty);
                }

                if (!Merge(mapping))
                {
                    return false;
                }

                mapping.Close(flowSpan);
                break;

            case YamlSequence sequence:
                sequence.Close(flowSpan);
                break;
        }

        return Add(frame.Collection, AnchorName.Empty);
    }

    private bool AddAlias(AnchorAlias alias)
    {
        var span = SpanOf(alias);
        if (_anchors is null || !_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            Refuse(span, $"no anchor '&{alias.Value.Value}' stands before this alias; define it, or put the text in quotes");
            return false;
        }

        foreach (var frame in _open)
        {
            if (ReferenceEquals(frame.Collection, node))
            {
                Refuse(span, $"the anchor '&{alias.Value.Value}' contains itself");
                return false;
            }
        }

        return Add(node, AnchorName.Empty, span);
    }

    private bool Add(YamlNode node, AnchorName anchor, SourceSpan? place = null)
    {
        if (!anchor.IsEmpty)
        {
            (_anchors ??= [])[anchor.Value] = node;
        }

        if (_open.Count == 0)
        {
            _root = node;
            return true;
        }

        var frame = _open[_open.Count - 1];
        frame.Weight += node.Weight;
        if (frame.Weight > MaxWeight || _open.Count + node.Height > MaxDepth)
        {
            Refuse(place ?? node.Span, place is null && frame.Weight <= MaxWeight
                ? TooDeep
                : "its aliases stand for far more than a file of this kind can need; write the values out");
            return false;
        }

        if (frame.Collection is YamlSequence sequence)
        {
            sequence.Items.Add(node);
            return true;
        }

        var mapping = (YamlMapping)frame.Collection;
        if (frame.Key is { } key)
        {
            frame.Key = null;
            AddEntry(mapping, new YamlEntry(key, node, YamlValues.IdentityOf(key, _dialect)));
            return true;
        }

        if (node is not YamlScalar scalar)
        {
            return AddTemplate(frame, node);
        }

        if (scalar is { IsPlain: true, Value.Length: 0 })
        {
            Refuse(scalar.Span, "no key stands before this ':'; write one, or put the text in quotes");
            return false;
        }

        // YamlDotNet does not hold a key in braces to one line; the original readers do, unless a '?' stands before it.
        var at = scalar.Span;
        if (frame.IsFlow && place is null && _separators is null && at.StartLine != at.EndLine
            && !YamlCharacters.StartsWith(_original, at.StartLine, at.StartColumn - 2, "? "))
        {
            Refuse(at, "a key must stand in one line");
            return false;
        }

        frame.Key = scalar;
        return true;
    }

    private void AddEntry(YamlMapping mapping, YamlEntry entry)
    {
        var earlier = mapping.IndexOf(entry.Identity);
        if (earlier < 0)
        {
            mapping.Add(entry);
            return;
        }

        Add(DuplicateKey, entry.Key.Span, entry.Key.Value, Line(mapping.Entries[earlier].Key.Span));
        mapping.Replace(earlier, entry);
    }

    private bool Merge(YamlMapping mapping)
    {
        var at = mapping.IndexOfMergeKey();
        if (at < 0)
        {
            return true;
        }

        var merge = mapping.Entries[at];
        mapping.RemoveAt(at);
        switch (merge.Value)
        {
            case YamlMapping source:
                return MergeFrom(source);

            case YamlSequence sources:
                foreach (var item in sources.Items)
                {
                    if (item is not YamlMapping source)
                    {
                        return RefuseMerge();
                    }

                    if (!MergeFrom(source))
                    {
                        return false;
                    }
                }

                return true;

            default:
                return RefuseMerge();
        }

        bool RefuseMerge()
        {
            Refuse(merge.Key.Span, "the merge key '<<' takes a mapping, or a list of mappings, by alias");
            return false;
        }

        bool MergeFrom(YamlMapping source)
        {
            foreach (var entry in source.Entries)
            {
                if (++_mergedEntries > MaxMergedEntries)
                {
                    Refuse(merge.Key.Span, $"its merge keys copy more than {MaxMergedEntries:N0} entries");
                    return false;
                }

                if (mapping.IndexOf(entry.Identity) < 0)
                {
                    mapping.Add(entry);
                }
            }

            return true;
        }
    }

    private YamlNode? Refuse(SourceSpan span, string explanation)
    {
        // The parser's marks can lie behind the end of a line, or of the text.
        Add(InvalidYaml, YamlCharacters.Clamp(span, _original), explanation);
        return null;
    }

    private void Add(DiagnosticRule rule, SourceSpan span, params string[] arguments) => (_problems ??= []).Add((rule, span, arguments));

    /// <summary>'{{name}}' reads as a mapping whose key is a mapping: <paramref name="node"/> is the inner one.</summary>
    private bool AddTemplate(Frame frame, YamlNode node)
    {
        var span = node.Span;
        var template = node is YamlMapping && span.StartLine == span.EndLine && span.StartColumn > 0 ? AroundInLine(span) : "";
        if (!template.StartsWith("{{", StringComparison.Ordinal))
        {
            Refuse(span, "a key must be a word or a text in quotes, not a list or a mapping");
            return false;
        }

        span = new(span.StartLine, span.StartColumn - 1, span.EndLine, span.EndColumn + 1);
        if (_dialect == YamlDialect.AzureMl || _open.Count == 1)
        {
            Refuse(span, Explanation());
            return false;
        }

        if (_notReadAsMeant < MaxNotReadAsMeant)
        {
            Warn(span, Explanation());
        }

        frame.Key = new YamlScalar(template, isPlain: false, YamlScalars.TemplateTag, span);
        return true;

        string Explanation() => "this is a template that nobody fills in here; write " + YamlErrors.WhatTemplateMeans(template, _original);
    }

    private void Warn(SourceSpan span, string explanation)
    {
        if (_notReadAsMeant++ < MaxNotReadAsMeant)
        {
            Add(FlowRules.NotReadAsMeant, span, explanation);
        }
    }

    /// <summary>What a span in one line holds, with the character before and the one behind it.</summary>
    private string AroundInLine(SourceSpan span)
    {
        var start = OffsetOfLine(span.StartLine) + span.StartColumn - 1;
        return start < _original.Length ? _original.Substring(start, Math.Min(span.EndColumn - span.StartColumn + 2, _original.Length - start)) : "";
    }

    // Asked for each template: walking there through the text would take as many walks.
    private int OffsetOfLine(int line)
    {
        _lineStarts ??= YamlCharacters.LineStarts(_original);
        return line < _lineStarts.Length ? _lineStarts[line] : _original.Length;
    }

    private bool RefuseNextDocument(ParsingEvent start)
    {
        Refuse(SpanOf(start), "a second document begins here; keep one document in a file");
        return false;
    }

    /// <summary>Reports the innermost bracket that is open.</summary>
    /// <returns>False when none is.</returns>
    private bool RefuseUnclosed()
    {
        var innermost = _open.FindLastIndex(static frame => frame.IsFlow);
        if (innermost < 0)
        {
            return false;
        }

        var bracket = _open[innermost].Collection is YamlMapping ? '{' : '[';
        var start = _open[innermost].Start;
        Refuse(Span(start, start.Line, start.Column + 1), $"the '{bracket}' that opens here is not closed where it should be");
        return true;
    }

    private static string Line(SourceSpan span) => (span.StartLine + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private SourceSpan SpanOf(ParsingEvent parsed) => Span(parsed.Start, parsed.End.Line, parsed.End.Column);

    private SourceSpan EmptyAt(Mark mark) => Span(mark, mark.Line, mark.Column);

    private SourceSpan Span(Mark start, long endLine, long endColumn) =>
        Undo(new((int)start.Line - 1, (int)start.Column - 1, (int)endLine - 1, (int)endColumn - 1));

    private SourceSpan Undo(SourceSpan span)
    {
        span = _separators is null ? span : _separators.Undo(span);
        return _repairs is null ? span : _repairs.Undo(span);
    }

    private int? OutermostBracket => _open.FindIndex(static frame => frame.IsFlow) is var at and >= 0 ? (int)_open[at].Start.Index : null;

    /// <summary>A collection whose end has not come yet.</summary>
    private sealed class Frame(YamlNode collection, Mark start, bool isFlow)
    {
        public YamlNode Collection { get; } = collection;

        public Mark Start { get; } = start;

        public bool IsFlow { get; } = isFlow;

        /// <summary>The key whose value has not come yet, or null.</summary>
        public YamlScalar? Key { get; set; }

        /// <summary>The weight of what it holds so far.</summary>
        public long Weight { get; set; }
    }
}
