using System.Globalization;
using System.Numerics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>The values of scalars, once <see cref="YamlScalars.KindOf"/> has said which kind they are.</summary>
internal static class YamlValues
{
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
    /// What tells a key from others. Texts are equal by their characters; numbers and booleans by their value, as Python has it:
    /// <c>1</c>, <c>0x1</c>, <c>1.0</c> and <c>true</c> are one key, <c>'1'</c> is another.
    /// </summary>
    public static string IdentityOf(YamlScalar key, YamlDialect dialect)
    {
        switch (YamlScalars.KindOf(key, dialect))
        {
            case ScalarKind.Null:
                return "\0";
            case ScalarKind.Bool:
                return BoolOf(key) ? "\01" : "\00";
            case ScalarKind.Int:
                return "\0" + IntText(key, dialect);
            case ScalarKind.Float:
                var value = FloatOf(key);
                return "\0" + (value == Math.Floor(value) && Math.Abs(value) < 1e300 ? WholeText(value) : PythonRepr.Of(value));
            case ScalarKind.Date:
                return "\0" + key.Value;
            default:
                return key.Value;
        }
    }

    /// <summary>
    /// The scalar as Python prints the value it stands for: what becomes of a number in a place that wants text.
    /// </summary>
    public static string TextOf(YamlScalar scalar, YamlDialect dialect) => YamlScalars.KindOf(scalar, dialect) switch
    {
        ScalarKind.Null => "None",
        ScalarKind.Bool => BoolOf(scalar) ? "True" : "False",
        ScalarKind.Int => IntText(scalar, dialect),
        ScalarKind.Float => PythonRepr.Of(FloatOf(scalar)),
        _ => scalar.Value,
    };

    /// <summary>The digits of a scalar of kind <see cref="ScalarKind.Int"/>.</summary>
    public static string IntText(YamlScalar scalar, YamlDialect dialect) => IntOf(scalar, dialect).ToString(CultureInfo.InvariantCulture);

    // On its own: a method that names a BigInteger makes the compiler load System.Runtime.Numerics, and few keys are numbers.
    private static string WholeText(double value) => new BigInteger(value).ToString(CultureInfo.InvariantCulture);

    private static BigInteger Digits(string text, int start, int numberBase)
    {
        var value = BigInteger.Zero;
        for (var i = start; i < text.Length; i++)
        {
            value = (value * numberBase) + YamlScalars.DigitOf(text[i]);
        }

        return value;
    }

    private static double ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
}
