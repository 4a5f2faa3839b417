namespace FlowBuild.Definitions.Text;

/// <summary>
/// A range in a text file, in lines and columns counted from 0 (columns in UTF-16 code units), as the compiler counts.
/// MSBuild and people count from 1: add 1 where a span is shown.
/// </summary>
/// <param name="StartLine">Line of the first character, from 0; below 0 where no text but an override says what stands here.</param>
/// <param name="StartColumn">Column of the first character, from 0.</param>
/// <param name="EndLine">Line of the character after the last one, from 0.</param>
/// <param name="EndColumn">Column of the character after the last one, from 0.</param>
public readonly record struct SourceSpan(int StartLine, int StartColumn, int EndLine, int EndColumn)
{
    /// <summary>Whether the span holds no character.</summary>
    public bool IsEmpty => StartLine == EndLine && StartColumn == EndColumn;

    /// <summary>The override that says what stands here, by its index, or null: it stands in the text.</summary>
    public int? OverrideIndex => StartLine < 0 ? StartLine - int.MinValue : null;

    /// <summary>The place of what an override says: before all text, in the order of the overrides.</summary>
    internal static SourceSpan OfOverride(int index) => new(int.MinValue + index, 0, int.MinValue + index, 1);

    /// <summary>The part of a span that lies in one line, by offsets from its start.</summary>
    internal SourceSpan Slice(int offset, int length) => new(StartLine, StartColumn + offset, StartLine, StartColumn + offset + length);
}

/// <summary>A value together with the place in the file that says it.</summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Span">Where the file says it.</param>
public sealed record Located<T>(T Value, SourceSpan Span);
