using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Text;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Values as Python prints them.</summary>
internal static class PythonText
{
    /// <summary><c>str(value)</c>: text as it is, all else as <c>repr(value)</c>.</summary>
    public static string Str(PythonValue value) => value is PythonString text ? text.Value : Repr(value);

    /// <summary><c>repr(value)</c>.</summary>
    public static string Repr(PythonValue value) => value switch
    {
        PythonNone => "None",
        PythonBool b => b.Value ? "True" : "False",
        PythonInt i => i.Value.ToString(CultureInfo.InvariantCulture),
        PythonFloat f => PythonRepr.Of(f.Value),
        PythonString s => Repr(s.Value),
        PythonList l => $"[{string.Join(", ", l.Items.Select(Repr))}]",
        PythonDict d => $"{{{string.Join(", ", d.Members.Select(static m => $"{Repr(m.Key)}: {Repr(m.Value)}"))}}}",
        _ => value.ToString(),
    };

    /// <summary>A list of names, as Python prints a list of texts.</summary>
    public static string ReprNames(IEnumerable<string> names) => $"[{string.Join(", ", names.Select(Repr))}]";

    private static string Repr(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var result = new StringBuilder().Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                var c when c == quote => result.Append('\\').Append(quote),
                < ' ' or 0x7F => result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                _ => result.Append(rune.ToString()),
            };
        }

        return result.Append(quote).ToString();
    }
}
