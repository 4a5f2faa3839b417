using System.Text;

namespace FlowBuild.Generator.Emit;

/// <summary>Writes indented lines. Lines end in <c>\n</c> on every machine, so generated files are the same bytes everywhere.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new(4096);
    private int _depth;

    /// <summary>Writes one line, or an empty one.</summary>
    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            _text.Append(' ', _depth * 4).Append(line);
        }

        _text.Append('\n');
    }

    /// <summary>Writes several lines, each at the current depth; their own indentation is kept.</summary>
    public void Lines(string lines)
    {
        for (var start = 0; start <= lines.Length;)
        {
            var end = lines.IndexOf('\n', start);
            end = end < 0 ? lines.Length : end;
            var length = end > start && lines[end - 1] == '\r' ? end - start - 1 : end - start;
            if (length > 0)
            {
                _text.Append(' ', _depth * 4).Append(lines, start, length);
            }

            _text.Append('\n');
            start = end + 1;
        }
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
        Line("}" + after);
    }

    /// <summary>Writes lines one level deeper, without braces.</summary>
    public void Indented(string lines)
    {
        _depth++;
        Lines(lines);
        _depth--;
    }

    /// <summary>Writes a documentation element. The content is XML already.</summary>
    public void Documentation(string element, string content)
    {
        var lines = content.Split('\n');
        if (lines.Length == 1)
        {
            Line($"/// <{element}>{content}</{element}>");
            return;
        }

        Line($"/// <{element}>");
        foreach (var line in lines)
        {
            Line(line.Length == 0 ? "///" : "/// " + line);
        }

        var space = element.IndexOf(' ');
        Line($"/// </{(space < 0 ? element : element.Substring(0, space))}>");
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
