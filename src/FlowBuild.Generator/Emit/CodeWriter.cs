using System.Runtime.CompilerServices;

namespace FlowBuild.Generator.Emit;

/// <summary>
/// Writes indented lines. Lines end in <c>\n</c> on every machine, so generated files are the same bytes everywhere. Interpolated text
/// goes straight into the buffer, which is kept for the next file.
/// </summary>
internal sealed class CodeWriter
{
    private const int LargestKeptBuffer = 1 << 18;
    private const int ShortLength = 16;

    [ThreadStatic]
    private static char[]? _kept;

    private char[] _buffer;
    private int _length;
    private int _depth;
    private bool _startsLine = true;

    public CodeWriter()
    {
        _buffer = _kept ?? new char[1 << 14];
        _kept = null;
    }

    /// <summary>Writes an empty line.</summary>
    public void Line() => Append("\n");

    /// <summary>Writes one or more lines, each at the current depth; their own indentation is kept.</summary>
    public void Line(string lines)
    {
        Append(lines);
        Append("\n");
    }

    /// <summary>Writes one or more lines, each at the current depth; their own indentation is kept.</summary>
    public void Line([InterpolatedStringHandlerArgument("")] ref Interpolated lines)
    {
        _ = lines;
        Append("\n");
    }

    /// <summary>Opens a brace and goes one level deeper.</summary>
    public void Open()
    {
        Line("{");
        _depth++;
    }

    /// <summary>Goes one level back and closes the brace.</summary>
    public void Close(string after = "")
    {
        _depth--;
        Append("}");
        Line(after);
    }

    /// <summary>Writes a documentation element. The content is XML already.</summary>
    public void Documentation(string element, string content)
    {
        if (content.IndexOf('\n') < 0)
        {
            Line($"/// <{element}>{content}</{element}>");
            return;
        }

        Line($"/// <{element}>");
        foreach (var line in content.Split('\n'))
        {
            Line(line.Length == 0 ? "///" : "/// " + line);
        }

        Line($"/// </{element}>");
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
        if (!_startsLine && text.Length <= ShortLength && TryAppendWord(text))
        {
            return;
        }

        for (var rest = text.AsSpan(); ;)
        {
            var end = rest.IndexOf('\n');
            var line = end < 0 ? rest : rest.Slice(0, end > 0 && rest[end - 1] == '\r' ? end - 1 : end);
            if (line.Length > 0)
            {
                var indentation = _startsLine ? _depth * 4 : 0;
                Reserve(indentation + line.Length + 1);
                _buffer.AsSpan(_length, indentation).Fill(' ');
                line.CopyTo(_buffer.AsSpan(_length + indentation));
                _length += indentation + line.Length;
                _startsLine = false;
            }

            if (end < 0)
            {
                return;
            }

            Reserve(1);
            _buffer[_length++] = '\n';
            _startsLine = true;
            rest = rest.Slice(end + 1);
        }
    }

    // Most of what is written is a name between two others: for so little, a plain loop is the fastest way.
    private bool TryAppendWord(string text)
    {
        Reserve(text.Length);
        var target = _buffer.AsSpan(_length, text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r')
            {
                return false;
            }

            target[i] = text[i];
        }

        _length += text.Length;
        return true;
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
