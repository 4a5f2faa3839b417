using System.Globalization;
using System.Numerics;

namespace FlowBuild.Definitions.Yaml;

/// <summary>The type of a scalar.</summary>
internal enum ScalarKind
{
    Text,
    Null,
    Bool,
    Int,
    Float,
    Date,
}

/// <summary>Reads scalars as the two dialects do. Only plain scalars have a type other than text, unless a tag gives one.</summary>
internal static class YamlScalars
{
    /// <summary>What the tags of YAML itself begin with; they are written <c>!!int</c> and the like.</summary>
    public const string CoreTag = "tag:yaml.org,2002:";

    private const int MaxDigits = 1000;

    /// <summary>Whether a tag is one of YAML itself.</summary>
    public static bool IsCoreTag(string tag) =>
        tag.StartsWith(CoreTag, StringComparison.Ordinal)
        && tag.Substring(CoreTag.Length) is "str" or "int" or "float" or "bool" or "null" or "timestamp" or "binary" or "map" or "seq" or "set" or "omap" or "pairs" or "merge";

    /// <summary>Whether a tagged scalar is a value of its tag.</summary>
    public static bool FitsTag(YamlScalar scalar, YamlDialect dialect) => scalar.Tag switch
    {
        CoreTag + "int" or CoreTag + "float" or CoreTag + "bool" => KindOf(scalar, dialect) != ScalarKind.Text,
        _ => true,
    };

    public static ScalarKind KindOf(YamlScalar scalar, YamlDialect dialect)
    {
        if (scalar.IsPlain)
        {
            return KindOfPlain(scalar.Value, dialect);
        }

        return scalar.Tag switch
        {
            CoreTag + "int" when IsInt(scalar.Value, dialect) => ScalarKind.Int,
            CoreTag + "float" when IsFloat(scalar.Value, dialect) || IsInt(scalar.Value, dialect) => ScalarKind.Float,
            CoreTag + "bool" when IsBool(scalar.Value, dialect) => ScalarKind.Bool,
            CoreTag + "null" => ScalarKind.Null,
            _ => ScalarKind.Text,
        };
    }

    /// <summary>The value of a scalar of kind <see cref="ScalarKind.Bool"/>.</summary>
    public static bool BoolOf(YamlScalar scalar) => scalar.Value[0] is 't' or 'T' or 'y' or 'Y' || scalar.Value is "on" or "On" or "ON";

    /// <summary>The value of a scalar of kind <see cref="ScalarKind.Int"/>, however large.</summary>
    public static BigInteger IntOf(YamlScalar scalar, YamlDialect dialect)
    {
        var text = scalar.Value.Replace("_", "");
        var isNegative = text[0] == '-';
        var at = text[0] is '-' or '+' ? 1 : 0;
        BigInteger value;
        if (at + 1 < text.Length && text[at] == '0' && text[at + 1] is 'x' or 'o' or 'b')
        {
            value = Digits(text, at + 2, text[at + 1] switch { 'x' => 16, 'o' => 8, _ => 2 });
        }
        else if (dialect == YamlDialect.AzureMl && text.Length > at + 1 && text[at] == '0')
        {
            value = Digits(text, at + 1, 8);
        }
        else if (text.IndexOf(':') >= 0)
        {
            value = 0;
            foreach (var part in text.Substring(at).Split(':'))
            {
                value = (value * 60) + Digits(part, 0, 10);
            }
        }
        else
        {
            value = Digits(text, at, 10);
        }

        return isNegative ? -value : value;
    }

    /// <summary>The value of a scalar of kind <see cref="ScalarKind.Float"/>.</summary>
    public static double FloatOf(YamlScalar scalar)
    {
        var text = scalar.Value.Replace("_", "");
        if (text.EndsWith("inf", StringComparison.OrdinalIgnoreCase))
        {
            return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (text.EndsWith("nan", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }

        if (text.IndexOf(':') >= 0)
        {
            var isNegative = text[0] == '-';
            var value = 0.0;
            foreach (var part in text.TrimStart('-', '+').Split(':'))
            {
                value = (value * 60) + ParseDouble(part);
            }

            return isNegative ? -value : value;
        }

        return ParseDouble(text);
    }

    /// <summary>
    /// The scalar as Python prints the value it stands for: what becomes of a number in a place that wants text.
    /// </summary>
    public static string TextOf(YamlScalar scalar, YamlDialect dialect) => KindOf(scalar, dialect) switch
    {
        ScalarKind.Null => "None",
        ScalarKind.Bool => BoolOf(scalar) ? "True" : "False",
        ScalarKind.Int => IntOf(scalar, dialect).ToString(CultureInfo.InvariantCulture),
        ScalarKind.Float => PythonFloat(FloatOf(scalar)),
        _ => scalar.Value,
    };

    /// <summary>A number as Python's <c>repr</c> prints it: the shortest digits, and always with a point or an exponent.</summary>
    public static string PythonFloat(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        var magnitude = Math.Abs(value);
        if (magnitude != 0 && magnitude is < 1e-4 or >= 1e16)
        {
            var text = value.ToString("R", CultureInfo.InvariantCulture);
            var at = text.IndexOf('E');
            if (at >= 0)
            {
                var exponent = int.Parse(text.Substring(at + 1), CultureInfo.InvariantCulture);
                return text.Substring(0, at) + "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            }

            return text;
        }

        var plain = value.ToString("R", CultureInfo.InvariantCulture);
        if (plain.IndexOf('E') >= 0)
        {
            plain = ((decimal)value).ToString(CultureInfo.InvariantCulture);
        }

        return plain.IndexOf('.') >= 0 ? plain : plain + ".0";
    }

    private static ScalarKind KindOfPlain(string text, YamlDialect dialect)
    {
        if (text.Length == 0)
        {
            return ScalarKind.Null;
        }

        var first = text[0];
        if (first is >= '0' and <= '9' or '+' or '-' or '.')
        {
            return IsInt(text, dialect) ? ScalarKind.Int
                : IsFloat(text, dialect) ? ScalarKind.Float
                : IsDate(text) ? ScalarKind.Date
                : ScalarKind.Text;
        }

        return first switch
        {
            '~' => text.Length == 1 ? ScalarKind.Null : ScalarKind.Text,
            'n' or 'N' when text is "null" or "Null" or "NULL" => ScalarKind.Null,
            't' or 'T' or 'f' or 'F' or 'y' or 'Y' or 'n' or 'N' or 'o' or 'O' when IsBool(text, dialect) => ScalarKind.Bool,
            _ => ScalarKind.Text,
        };
    }

    private static bool IsBool(string text, YamlDialect dialect) =>
        text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE"
        || (dialect == YamlDialect.AzureMl
            && text is "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "on" or "On" or "ON" or "off" or "Off" or "OFF");

    private static bool IsInt(string text, YamlDialect dialect)
    {
        var at = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        if (at == text.Length)
        {
            return false;
        }

        if (text[at] == '0' && at + 1 < text.Length)
        {
            switch (text[at + 1])
            {
                case 'x':
                    return AllDigits(text, at + 2, 16);
                case 'b':
                    return AllDigits(text, at + 2, 2);
                case 'o' when dialect == YamlDialect.PromptFlow:
                    return AllDigits(text, at + 2, 8);
            }

            if (dialect == YamlDialect.AzureMl)
            {
                return AllDigits(text, at, 8);
            }
        }

        return AllDigits(text, at, 10) || (dialect == YamlDialect.AzureMl && IsSexagesimal(text, at, isFloat: false));
    }

    private static bool IsFloat(string text, YamlDialect dialect)
    {
        if (text.Length == 0)
        {
            return false;
        }

        var at = text[0] is '-' or '+' ? 1 : 0;
        var rest = text.Length - at;
        if (rest == 4 && text[at] == '.')
        {
            var word = text.Substring(at + 1);
            if (word is "inf" or "Inf" or "INF" || (at == 0 && word is "nan" or "NaN" or "NAN"))
            {
                return true;
            }
        }

        if (dialect == YamlDialect.AzureMl && IsSexagesimal(text, at, isFloat: true))
        {
            return true;
        }

        var i = at;
        while (i < text.Length && (IsDigit(text[i]) || (i > at && text[i] == '_')))
        {
            i++;
        }

        var hasWhole = i > at;
        var hasPoint = i < text.Length && text[i] == '.';
        if (hasPoint)
        {
            var fraction = ++i;
            while (i < text.Length && (IsDigit(text[i]) || (text[i] == '_' && (hasWhole || i > fraction || dialect == YamlDialect.PromptFlow))))
            {
                i++;
            }

            // ".5" is a number; "." is not, and PyYAML takes no sign before ".5".
            if (!hasWhole && (i == fraction || (dialect == YamlDialect.AzureMl && at > 0)))
            {
                return false;
            }
        }
        else if (!hasWhole || dialect == YamlDialect.AzureMl)
        {
            return false;
        }

        if (i == text.Length)
        {
            return hasPoint;
        }

        if (text[i] is not ('e' or 'E') || ++i == text.Length)
        {
            return false;
        }

        // PyYAML wants a sign in the exponent; so does ruamel after a leading point.
        if (text[i] is '-' or '+')
        {
            i++;
        }
        else if (dialect == YamlDialect.AzureMl || !hasWhole)
        {
            return false;
        }

        var exponent = i;
        while (i < text.Length && IsDigit(text[i]))
        {
            i++;
        }

        return i == text.Length && i > exponent;
    }

    /// <summary>Base 60, which YAML 1.1 knows: <c>1:30</c> is 90.</summary>
    private static bool IsSexagesimal(string text, int at, bool isFloat)
    {
        if (text.IndexOf(':') < 0 || !IsDigit(text[at]) || (!isFloat && text[at] == '0'))
        {
            return false;
        }

        var point = isFloat ? text.IndexOf('.') : text.Length;
        if (point < 0)
        {
            return false;
        }

        var parts = text.Substring(at, point - at).Split(':');
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            if (part.Length == 0 || !AllDigits(part, 0, 10) || (i > 0 && (part.Length > 2 || part[0] == '_' || (part.Length == 2 && part[0] > '5') || part.IndexOf('_') >= 0)))
            {
                return false;
            }
        }

        return parts.Length > 1 && (!isFloat || point + 1 == text.Length || AllDigits(text, point + 1, 10));
    }

    private static bool IsDate(string text)
    {
        // 2024-01-01, or a date and a time; a full check of the calendar is the reader's, not the resolver's.
        if (text.Length < 8 || !IsDigit(text[0]) || !IsDigit(text[1]) || !IsDigit(text[2]) || !IsDigit(text[3]) || text[4] != '-')
        {
            return false;
        }

        if (text.Length == 10)
        {
            return IsDigit(text[5]) && IsDigit(text[6]) && text[7] == '-' && IsDigit(text[8]) && IsDigit(text[9]);
        }

        var i = 5;
        if (!Digits(ref i, 2) || !Take(ref i, '-') || !Digits(ref i, 2))
        {
            return false;
        }

        if (i == text.Length || text[i] is not ('T' or 't' or ' ' or '\t'))
        {
            return false;
        }

        i++;
        while (i < text.Length && text[i] is ' ' or '\t')
        {
            i++;
        }

        if (!Digits(ref i, 2) || !Take(ref i, ':') || !TwoDigits(ref i) || !Take(ref i, ':') || !TwoDigits(ref i))
        {
            return false;
        }

        if (i < text.Length && text[i] == '.')
        {
            i++;
            while (i < text.Length && IsDigit(text[i]))
            {
                i++;
            }
        }

        while (i < text.Length && text[i] is ' ' or '\t')
        {
            i++;
        }

        if (i == text.Length)
        {
            return true;
        }

        if (text[i] == 'Z')
        {
            return i + 1 == text.Length;
        }

        if (text[i] is not ('+' or '-'))
        {
            return false;
        }

        i++;
        return Digits(ref i, 2) && (i == text.Length || (Take(ref i, ':') && TwoDigits(ref i) && i == text.Length));

        bool Take(ref int index, char wanted)
        {
            if (index < text.Length && text[index] == wanted)
            {
                index++;
                return true;
            }

            return false;
        }

        bool TwoDigits(ref int index)
        {
            var start = index;
            return Digits(ref index, 2) && index - start == 2;
        }

        bool Digits(ref int index, int most)
        {
            var start = index;
            while (index < text.Length && index - start < most && IsDigit(text[index]))
            {
                index++;
            }

            return index > start;
        }
    }

    private static bool AllDigits(string text, int start, int numberBase)
    {
        var digits = 0;
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '_')
            {
                continue;
            }

            if (DigitOf(c) >= numberBase)
            {
                return false;
            }

            digits++;
        }

        return digits > 0;
    }

    private static BigInteger Digits(string text, int start, int numberBase)
    {
        // BigInteger.Parse is quadratic as well, but a number of a million digits is a fault and not a value.
        var value = BigInteger.Zero;
        for (var i = start; i < text.Length && i - start < MaxDigits; i++)
        {
            value = (value * numberBase) + DigitOf(text[i]);
        }

        return value;
    }

    private static int DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => 99,
    };

    private static bool IsDigit(char c) => c is >= '0' and <= '9';

    private static double ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;

}
