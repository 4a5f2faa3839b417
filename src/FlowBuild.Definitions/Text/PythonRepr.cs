using System.Globalization;

namespace FlowBuild.Definitions.Text;

/// <summary>Floating-point numbers as Python prints them.</summary>
public static class PythonRepr
{
    // Python writes an exponent where the decimal point would stand further away from the first digit than this.
    private const int LeastFixedPoint = -3;
    private const int LargestFixedPoint = 16;

    /// <summary>
    /// <c>repr(value)</c>: the shortest digits that read back to the same number, always with a point or an exponent; <c>nan</c>,
    /// <c>inf</c> and <c>-inf</c> for the others.
    /// </summary>
    /// <param name="value">The number.</param>
    public static string Of(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        var sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
        var (digits, point) = Shortest(Math.Abs(value));
        if (point is < LeastFixedPoint or > LargestFixedPoint)
        {
            var exponent = point - 1;
            var fraction = digits.Length > 1 ? "." + digits.Substring(1) : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }

        return sign + (point <= 0 ? "0." + new string('0', -point) + digits
            : point < digits.Length ? digits.Substring(0, point) + "." + digits.Substring(point)
            : digits + new string('0', point - digits.Length) + ".0");
    }

    /// <summary>The digits without zeros at either end, and how many of them stand before the decimal point.</summary>
    private static (string Digits, int Point) Shortest(double magnitude)
    {
        var text = magnitude.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E');
        var mantissa = e < 0 ? text : text.Substring(0, e);
        var dot = mantissa.IndexOf('.');
        var point = (dot < 0 ? mantissa.Length : dot) + (e < 0 ? 0 : int.Parse(text.Substring(e + 1), CultureInfo.InvariantCulture));
        var all = mantissa.Replace(".", "");
        var digits = all.TrimStart('0');
        return digits.Length == 0 ? ("0", 1) : (digits.TrimEnd('0'), point - (all.Length - digits.Length));
    }
}
