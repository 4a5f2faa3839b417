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

    /// <summary>Something that is no text to promptflow: a scalar with a tag of its own, a lone <c>=</c>, or a template in double braces.</summary>
    Opaque,
}

/// <summary>Reads scalars as the two dialects do. Only plain scalars have a type other than text, unless a tag gives one.</summary>
internal static class YamlScalars
{
    /// <summary>What the tags of YAML itself begin with; they are written <c>!!int</c> and the like.</summary>
    public const string CoreTag = "tag:yaml.org,2002:";

    /// <summary>Marks <c>{{…}}</c>, which YAML reads as a mapping whose key is a mapping.</summary>
    public const string TemplateTag = "{{}}";

    /// <summary>A longer row of digits is text: reading it as a number would take quadratic time, and no one means it.</summary>
    private const int MaxDigits = 1000;

    /// <summary>The tags of YAML itself that scalars can have.</summary>
    public static readonly string[] ScalarTags = ["str", "int", "float", "bool", "null", "timestamp", "binary", "merge"];

    /// <summary>The tags of YAML itself that mappings can have.</summary>
    public static readonly string[] MappingTags = ["map", "set"];

    /// <summary>The tags of YAML itself that sequences can have.</summary>
    public static readonly string[] SequenceTags = ["seq", "omap", "pairs"];

    /// <summary>Whether a tag is one of YAML itself.</summary>
    public static bool IsCoreTag(string tag) => IsCoreTag(tag, ScalarTags) || IsCoreTag(tag, MappingTags) || IsCoreTag(tag, SequenceTags);

    /// <summary>Whether a tag is one of some of YAML itself.</summary>
    public static bool IsCoreTag(string tag, string[] names) =>
        tag.StartsWith(CoreTag, StringComparison.Ordinal) && Array.IndexOf(names, tag.Substring(CoreTag.Length)) >= 0;

    /// <summary>Why both original readers stop at a plain scalar; null when they do not.</summary>
    public static string? WhyUnreadable(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (text[0] is '@' or '`' or '%' or '|' or '>')
        {
            return $"a value cannot begin with '{text[0]}'; put it in quotes";
        }

        return text.Length >= 8 && text[4] == '-' && IsDigit(text[0]) && IsDate(text) && !IsOnCalendar(text)
            ? $"'{text}' is written like a date and is none; put it in quotes"
            : null;
    }

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
            CoreTag + "bool" when IsBool(scalar.Value, YamlDialect.AzureMl) => ScalarKind.Bool,
            CoreTag + "null" => ScalarKind.Null,
            null or "!" => ScalarKind.Text,
            var tag => IsCoreTag(tag) ? ScalarKind.Text : ScalarKind.Opaque,
        };
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
            '=' when text.Length == 1 && dialect == YamlDialect.PromptFlow => ScalarKind.Opaque,
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
        if (at == text.Length || text.Length > MaxDigits)
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

    /// <summary>Whether the numbers of a text that is written like a date are those of a day and of a time.</summary>
    private static bool IsOnCalendar(string text)
    {
        var numbers = new int[6];
        var count = 0;
        for (var i = 0; i < text.Length && count < numbers.Length && text[i] is not '.'; count++)
        {
            var start = i;
            while (i < text.Length && IsDigit(text[i]))
            {
                numbers[count] = (numbers[count] * 10) + text[i++] - '0';
            }

            if (i == start)
            {
                break;
            }

            while (i < text.Length && text[i] is '-' or ':' or 'T' or 't' or ' ' or '\t')
            {
                i++;
            }
        }

        var (year, month, day) = (numbers[0], numbers[1], numbers[2]);
        return year > 0 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            && numbers[3] < 24 && numbers[4] < 60 && numbers[5] < 60;
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

    internal static int DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => 99,
    };

    private static bool IsDigit(char c) => c is >= '0' and <= '9';
}
