using System.Text;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// What a terminal shows after a program has written to it: text at the cursor, moves of the cursor, erased lines. Colours and links
/// are left out. No more than the terminal logger of MSBuild uses.
/// </summary>
internal sealed class TerminalScreen
{
    private const char Escape = '\u001b';
    private readonly List<StringBuilder> _lines = [new()];
    private int _row;
    private int _column;

    /// <summary>The lines that are left when everything is written.</summary>
    public static IReadOnlyList<string> Show(string written)
    {
        var screen = new TerminalScreen();
        for (var i = 0; i < written.Length;)
        {
            i = screen.Write(written, i);
        }

        return [.. screen._lines.Select(static line => line.ToString().TrimEnd())];
    }

    private int Write(string text, int i)
    {
        switch (text[i])
        {
            case '\r':
                _column = 0;
                return i + 1;
            case '\n':
                MoveTo(_row + 1);
                return i + 1;
            case '\b':
                _column = Math.Max(0, _column - 1);
                return i + 1;
            case Escape when i + 1 < text.Length && text[i + 1] == '[':
                var end = i + 2;
                while (end < text.Length && text[end] is < '@' or > '~')
                {
                    end++;
                }

                Control(text[(i + 2)..end], text[end]);
                return end + 1;
            case Escape when i + 1 < text.Length && text[i + 1] == ']':
                // A link or a title, until the string terminator.
                var bell = text.IndexOf('\a', i);
                var terminator = text.IndexOf($"{Escape}\\", i, StringComparison.Ordinal);
                return bell >= 0 && (terminator < 0 || bell < terminator) ? bell + 1 : terminator + 2;
            case Escape:
                return i + 2;
            case var other:
                var line = _lines[_row];
                line.Append(' ', Math.Max(0, _column + 1 - line.Length));
                line[_column++] = other;
                return i + 1;
        }
    }

    private void Control(string parameters, char command)
    {
        var count = int.TryParse(parameters, out var number) ? number : command is 'J' or 'K' ? 0 : 1;
        switch (command)
        {
            case 'A' or 'F':
                MoveTo(Math.Max(0, _row - count));
                break;
            case 'B' or 'E':
                MoveTo(_row + count);
                break;
            case 'C':
                _column += count;
                return;
            case 'G':
                _column = count - 1;
                return;
            case 'J' when count == 0:
                Erase();
                _lines.RemoveRange(_row + 1, _lines.Count - _row - 1);
                return;
            case 'K' when count == 0:
                Erase();
                return;
            default:
                return;
        }

        _column = command is 'E' or 'F' ? 0 : _column;
    }

    private void Erase() => _lines[_row].Length = Math.Min(_lines[_row].Length, _column);

    private void MoveTo(int row)
    {
        _row = row;
        while (_lines.Count <= row)
        {
            _lines.Add(new StringBuilder());
        }
    }
}
