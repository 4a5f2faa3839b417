using System.Runtime.CompilerServices;

namespace FlowBuild.Generator.Emit;

/// <summary>
/// Writes lines of code as they stand in the emitters, indentation included. Interpolated text goes straight into the buffer, which is
/// kept for the next file.
/// </summary>
internal sealed class CodeWriter
{
    private const int LargestKeptBuffer = 1 << 18;

    [ThreadStatic]
    private static char[]? _kept;

    private char[] _buffer;
    private int _length;

    public CodeWriter()
    {
        _buffer = _kept ?? new char[1 << 14];
        _kept = null;
    }

    /// <summary>Ends a line.</summary>
    public void Line()
    {
        Reserve(1);
        _buffer[_length++] = '\n';
    }

    /// <summary>Writes one or more lines.</summary>
    public void Line(string lines)
    {
        Append(lines);
        Line();
    }

    /// <summary>Writes one or more lines.</summary>
    public void Line([InterpolatedStringHandlerArgument("")] ref Interpolated lines)
    {
        _ = lines;
        Line();
    }

    /// <summary>Writes a documentation element.</summary>
    /// <param name="indentation">What each line begins with.</param>
    /// <param name="element">The name of the element.</param>
    /// <param name="content">XML of one or more lines.</param>
    public void Documentation(string indentation, string element, string content)
    {
        if (content.IndexOf('\n') < 0)
        {
            Line($"{indentation}/// <{element}>{content}</{element}>");
            return;
        }

        Line($"{indentation}/// <{element}>");
        foreach (var line in content.Split('\n'))
        {
            Line($"{indentation}///{(line.Length == 0 ? "" : " ")}{line}");
        }

        Line($"{indentation}/// </{element}>");
    }

    /// <summary>What was written. Nothing can be written after it.</summary>
    public string Finish()
    {
        var text = new string(_buffer, 0, _length);
        if (_buffer.Length <= LargestKeptBuffer)
        {
            _kept = _buffer;
        }

        _buffer = [];
        _length = 0;
        return text;
    }

    private void Append(string text)
    {
        Reserve(text.Length);
        text.CopyTo(0, _buffer, _length, text.Length);
        _length += text.Length;
    }

    private void Reserve(int length)
    {
        if (_length + length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        }
    }

    /// <summary>Interpolated text on its way into a writer.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Interpolated
    {
        private readonly CodeWriter _writer;

        public Interpolated(int literalLength, int formattedCount, CodeWriter writer)
        {
            _ = (literalLength, formattedCount);
            _writer = writer;
        }

        public void AppendLiteral(string text) => _writer.Append(text);

        public void AppendFormatted(string text) => _writer.Append(text);
    }
}
