using System.Globalization;
using System.Text;

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
        PythonFloat f => Repr(f.Value),
        PythonString s => Repr(s.Value),
        PythonList l => $"[{string.Join(", ", l.Items.Select(Repr))}]",
        PythonDict d => $"{{{string.Join(", ", d.Members.Select(static m => $"{Repr(m.Key)}: {Repr(m.Value)}"))}}}",
        _ => value.ToString(),
    };

    /// <summary>A list of names, as Python prints a list of texts.</summary>
    public static string ReprNames(IEnumerable<string> names) => $"[{string.Join(", ", names.Select(Repr))}]";

    private static string Repr(double number)
    {
        if (double.IsNaN(number))
        {
            return "nan";
        }

        if (double.IsInfinity(number))
        {
            return number > 0 ? "inf" : "-inf";
        }

        // The shortest digits that read back to the same number; Python goes to exponents below 1e-4 and from 1e16 on.
        var scientific = number.ToString("E16", CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        if (number == 0 || (exponent >= -4 && exponent < 16))
        {
            var plain = shortest.Contains('E', StringComparison.Ordinal) ? number.ToString("0.####################", CultureInfo.InvariantCulture) : shortest;
            return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
        }

        var digits = shortest.Contains('E', StringComparison.Ordinal)
            ? shortest[..shortest.IndexOf('E', StringComparison.Ordinal)]
            : Mantissa(shortest);
        return string.Create(CultureInfo.InvariantCulture, $"{digits}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static string Mantissa(string plain)
    {
        var sign = plain.StartsWith('-') ? "-" : "";
        var digits = plain.Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        return sign + digits[..1] + (digits.Length > 1 ? "." + digits[1..] : "");
    }

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
