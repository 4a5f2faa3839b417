using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Diagnostics;

/// <summary>Collects the problems of one file while it is read.</summary>
internal sealed class DiagnosticList(string file)
{
    private List<FlowDiagnostic>? _items;

    public bool HasErrors { get; private set; }

    public void Add(DiagnosticRule rule, SourceSpan? span, params string[] arguments)
    {
        (_items ??= []).Add(FlowDiagnostic.At(rule, file, span, arguments));
        HasErrors |= rule.Severity == RuleSeverity.Error;
    }

    /// <summary>Whether a problem of one of some rules has been found at the beginning of a span.</summary>
    public bool HasAny(SourceSpan span, params DiagnosticRule[] rules) => _items?.Exists(item => item.Span is { } other
        && other.StartLine == span.StartLine && other.StartColumn == span.StartColumn && Array.IndexOf(rules, item.Rule) >= 0) == true;

    /// <summary>The problems in the order of the text; those at one place in the order they were found.</summary>
    public EquatableArray<FlowDiagnostic> ToOrderedArray()
    {
        if (_items is null)
        {
            return EquatableArray.Empty<FlowDiagnostic>();
        }

        var ordered = _items.ToArray();
        var positions = new (int Line, int Column, int Index)[ordered.Length];
        for (var i = 0; i < ordered.Length; i++)
        {
            positions[i] = (ordered[i].Span?.StartLine ?? -1, ordered[i].Span?.StartColumn ?? -1, i);
        }

        Array.Sort(positions, ordered);
        return new EquatableArray<FlowDiagnostic>(ordered);
    }
}
