using System.Globalization;
using System.Text;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>How one of the server's JSON writers writes.</summary>
/// <param name="IsAscii">Other characters are written as <c>\uXXXX</c>.</param>
/// <param name="IsSorted">Members are sorted by name.</param>
/// <param name="IsCompact">No blanks after commas and colons.</param>
internal sealed record PythonJsonFormat(bool IsAscii, bool IsSorted, bool IsCompact)
{
    /// <summary>Writes a value. Numbers that JSON does not have come out as Python writes them: <c>NaN</c>, <c>Infinity</c>.</summary>
    public string Write(PythonValue value)
    {
        var target = new StringBuilder();
        Write(target, value);
        return target.ToString();
    }

    private void Write(StringBuilder target, PythonValue value)
    {
        var comma = IsCompact ? "," : ", ";
        switch (value)
        {
            case PythonNone:
                target.Append("null");
                break;
            case PythonBool { Value: var truth }:
                target.Append(truth ? "true" : "false");
                break;
            case PythonInt { Value: var number }:
                target.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case PythonFloat { Value: var number }:
                target.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.Repr(value));
                break;
            case PythonString { Value: var text }:
                WriteString(target, text);
                break;
            case PythonList { Items: var items }:
                target.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    target.Append(i > 0 ? comma : "");
                    Write(target, items[i]);
                }

                target.Append(']');
                break;
            case PythonDict { Members: var members }:
                target.Append('{');
                var separator = "";
                foreach (var (name, member) in IsSorted ? members.OrderBy(static m => m.Key, StringComparer.Ordinal) : members.AsEnumerable())
                {
                    target.Append(separator);
                    WriteString(target, name);
                    target.Append(IsCompact ? ":" : ": ");
                    Write(target, member);
                    separator = comma;
                }

                target.Append('}');
                break;
        }
    }

    private void WriteString(StringBuilder target, string text)
    {
        target.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => target.Append("\\\""),
                '\\' => target.Append("\\\\"),
                '\n' => target.Append("\\n"),
                '\r' => target.Append("\\r"),
                '\t' => target.Append("\\t"),
                '\b' => target.Append("\\b"),
                '\f' => target.Append("\\f"),
                < ' ' => target.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                > '~' when IsAscii => target.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => target.Append(character),
            };
        }

        target.Append('"');
    }
}
