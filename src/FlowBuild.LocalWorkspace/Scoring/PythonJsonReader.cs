using System.Globalization;
using System.Numerics;
using System.Text;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Reads JSON as Python's <c>json.loads</c> does: <c>NaN</c> and <c>Infinity</c> are numbers, integers have no bound, the
/// last of two members with one name wins.</summary>
internal ref struct PythonJsonReader
{
    private const int DeepestNesting = 500;

    // Python refuses to convert longer integers.
    private const int MostDigits = 4300;
    private readonly string _text;
    private int _position;
    private int _depth;

    private PythonJsonReader(string text) => _text = text;

    /// <summary>Reads a document.</summary>
    /// <exception cref="PythonJsonException">It is none.</exception>
    public static PythonValue Read(string text)
    {
        var reader = new PythonJsonReader(text);
        reader.SkipBlanks();
        var value = reader.ReadValue();
        reader.SkipBlanks();
        return reader._position == text.Length ? value : throw PythonJsonException.At(text, reader._position, "Extra data");
    }

    private PythonValue ReadValue()
    {
        if (_position >= _text.Length)
        {
            throw Expected("value");
        }

        switch (_text[_position])
        {
            case '"':
                return new PythonString(ReadString());
            case '{':
                return Nested(static (ref PythonJsonReader reader) => reader.ReadObject());
            case '[':
                return Nested(static (ref PythonJsonReader reader) => reader.ReadArray());
            default:
                return ReadWord("null", PythonValue.None)
                    ?? ReadWord("true", new PythonBool(true))
                    ?? ReadWord("false", new PythonBool(false))
                    ?? ReadWord("NaN", new PythonFloat(double.NaN))
                    ?? ReadWord("Infinity", new PythonFloat(double.PositiveInfinity))
                    ?? ReadWord("-Infinity", new PythonFloat(double.NegativeInfinity))
                    ?? ReadNumber();
        }
    }

    private delegate PythonValue NestedReader(ref PythonJsonReader reader);

    private PythonValue Nested(NestedReader read)
    {
        if (++_depth > DeepestNesting)
        {
            throw new PythonJsonException("maximum recursion depth exceeded while decoding a JSON document");
        }

        var value = read(ref this);
        _depth--;
        return value;
    }

    private PythonDict ReadObject()
    {
        var members = new List<KeyValuePair<string, PythonValue>>();
        _position++;
        SkipBlanks();
        if (Take('}'))
        {
            return new PythonDict(members);
        }

        while (true)
        {
            if (_position >= _text.Length || _text[_position] != '"')
            {
                throw Expected("property name enclosed in double quotes");
            }

            var name = ReadString();
            SkipBlanks();
            if (!Take(':'))
            {
                throw Expected("':' delimiter");
            }

            SkipBlanks();
            var member = KeyValuePair.Create(name, ReadValue());
            var earlier = members.FindIndex(m => m.Key == name);
            if (earlier < 0)
            {
                members.Add(member);
            }
            else
            {
                members[earlier] = member;
            }

            SkipBlanks();
            if (Take('}'))
            {
                return new PythonDict(members);
            }

            if (!Take(','))
            {
                throw Expected("',' delimiter");
            }

            SkipBlanks();
        }
    }

    private PythonList ReadArray()
    {
        var items = new List<PythonValue>();
        _position++;
        SkipBlanks();
        if (Take(']'))
        {
            return new PythonList(items);
        }

        while (true)
        {
            items.Add(ReadValue());
            SkipBlanks();
            if (Take(']'))
            {
                return new PythonList(items);
            }

            if (!Take(','))
            {
                throw Expected("',' delimiter");
            }

            SkipBlanks();
        }
    }

    private string ReadString()
    {
        var start = _position++;
        var result = new StringBuilder();
        while (true)
        {
            if (_position >= _text.Length)
            {
                throw PythonJsonException.At(_text, start, "Unterminated string starting at");
            }

            var character = _text[_position];
            switch (character)
            {
                case '"':
                    _position++;
                    return result.ToString();
                case '\\':
                    result.Append(ReadEscape(start));
                    break;
                case < ' ':
                    throw PythonJsonException.At(_text, _position, "Invalid control character at");
                default:
                    result.Append(character);
                    _position++;
                    break;
            }
        }
    }

    private char ReadEscape(int start)
    {
        var at = _position++;
        if (_position >= _text.Length)
        {
            throw PythonJsonException.At(_text, start, "Unterminated string starting at");
        }

        var escaped = _text[_position++];
        if (escaped == 'u')
        {
            if (_position + 4 > _text.Length
                || !ushort.TryParse(_text.AsSpan(_position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                throw PythonJsonException.At(_text, at + 1, "Invalid \\uXXXX escape");
            }

            _position += 4;
            return (char)code;
        }

        return escaped switch
        {
            '"' or '\\' or '/' => escaped,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => throw PythonJsonException.At(_text, at, "Invalid \\escape"),
        };
    }

    private PythonValue ReadNumber()
    {
        var start = _position;
        Take('-');
        var digits = _position;
        TakeDigits();
        if (_position == digits)
        {
            _position = start;
            throw Expected("value");
        }

        if (_text[digits] == '0')
        {
            // A leading zero stands alone.
            _position = digits + 1;
        }

        var end = _position;
        if (Take('.'))
        {
            var fraction = _position;
            TakeDigits();
            end = _position > fraction ? _position : end;
        }

        _position = end;
        if (Take('e') || Take('E'))
        {
            _ = Take('+') || Take('-');
            var exponent = _position;
            TakeDigits();
            end = _position > exponent ? _position : end;
        }

        _position = end;
        var number = _text.AsSpan(start, end - start);
        if (number.IndexOfAny('.', 'e', 'E') < 0 && number.TrimStart('-').Length > MostDigits)
        {
            throw new PythonJsonException($"Exceeds the limit ({MostDigits} digits) for integer string conversion");
        }

        return number.IndexOfAny('.', 'e', 'E') < 0
            ? new PythonInt(BigInteger.Parse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : new PythonFloat(double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    private PythonValue? ReadWord(string word, PythonValue value)
    {
        if (string.CompareOrdinal(_text, _position, word, 0, word.Length) != 0)
        {
            return null;
        }

        _position += word.Length;
        return value;
    }

    private void TakeDigits()
    {
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
        {
            _position++;
        }
    }

    private bool Take(char character)
    {
        if (_position >= _text.Length || _text[_position] != character)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\n' or '\r')
        {
            _position++;
        }
    }

    private readonly PythonJsonException Expected(string what) => PythonJsonException.At(_text, _position, "Expecting " + what);
}
