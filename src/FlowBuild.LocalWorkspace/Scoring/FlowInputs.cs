using System.Globalization;
using System.Numerics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Turns a request's body into the flow's inputs, or refuses it, word for word as the serving app.</summary>
internal static class FlowInputs
{
    /// <summary>The inputs of a request: those given, converted, and the defaults of the others.</summary>
    /// <exception cref="ScoringException">The app would refuse the body.</exception>
    public static IReadOnlyDictionary<string, PythonValue> Read(FlowContract contract, ReadOnlySpan<byte> body) => Convert(contract, ReadBody(contract, body));

    /// <summary>Checks and converts the members of an object.</summary>
    /// <exception cref="ScoringException">The app would refuse them.</exception>
    public static IReadOnlyDictionary<string, PythonValue> Convert(FlowContract contract, PythonDict given)
    {
        var result = new Dictionary<string, PythonValue>(StringComparer.Ordinal);
        if (contract.AcceptsAnyInput)
        {
            foreach (var (name, value) in given.Members)
            {
                result[name] = value;
            }

            return result;
        }

        foreach (var input in contract.Inputs)
        {
            var value = given.Find(input.Name) ?? PythonJsonReader.Read(input.DefaultJson!);
            result[input.Name] = ConvertOne(input, value);
        }

        // Images are loaded once all inputs have their types.
        foreach (var input in contract.Inputs)
        {
            result[input.Name] = input.Type switch
            {
                FlowValueType.Image => FlowImages.Read(input.Name, result[input.Name], contract.MessageFormat),
                FlowValueType.List or FlowValueType.Object => FlowImages.ReadInside(input.Name, result[input.Name], contract.MessageFormat),
                _ => result[input.Name],
            };
        }

        return result;
    }

    private static PythonDict ReadBody(FlowContract contract, ReadOnlySpan<byte> body)
    {
        if (contract is { Inputs.Count: 0, AcceptsAnyInput: false })
        {
            // A flow without inputs looks at nothing.
            return PythonValue.Dict();
        }

        PythonValue value;
        try
        {
            value = RequestText.OfJson(body) is { } json ? PythonJsonReader.Read(json) : throw new PythonJsonException();
        }
        catch (PythonJsonException)
        {
            // The whole text is then the one input.
            return contract.Inputs.Count switch
            {
                0 => PythonValue.Dict(),
                1 => PythonValue.Dict((contract.Inputs[0].Name, PythonValue.Of(RequestText.OfUtf8(body)))),
                _ => throw new ScoringException(
                    "Promptflow executor received non json data, but there's more than 1 input fields, please use json request data instead."),
            };
        }

        var required = contract.Inputs.Where(static i => i.IsRequired).Select(static i => i.Name).ToList();
        RequireAll(required, value);
        return value switch
        {
            PythonDict dict => dict,
            PythonList { Items: [var first, ..] } => throw ScoringException.System(
                first is PythonString ? LengthMessage(first) : "cannot convert dictionary update sequence element #0 to a sequence"),
            PythonString { Value.Length: > 0 } => throw ScoringException.System("dictionary update sequence element #0 has length 1; 2 is required"),
            PythonList or PythonString => PythonValue.Dict(),
            _ => throw ScoringException.System($"'{value.TypeName}' object is not iterable"),
        };

        static string LengthMessage(PythonValue first) => string.Create(
            CultureInfo.InvariantCulture, $"dictionary update sequence element #0 has length {((PythonString)first).Value.Length}; 2 is required");
    }

    // Python's "in": a member of an object, an item of a list, a part of a text; nothing else has any.
    private static void RequireAll(List<string> required, PythonValue value)
    {
        if (required.Count == 0)
        {
            return;
        }

        var missing = value switch
        {
            PythonDict dict => required.Where(name => dict.Find(name) is null),
            PythonList list => required.Where(name => !list.Items.Contains(PythonValue.Of(name))),
            PythonString text => required.Where(name => !text.Value.Contains(name, StringComparison.Ordinal)),
            _ => throw ScoringException.System($"argument of type '{value.TypeName}' is not iterable"),
        };
        var names = missing.ToList();
        if (names.Count > 0)
        {
            throw new ScoringException($"Required input fields {PythonText.ReprNames(names)} are missing in request data {PythonText.Str(value)}");
        }
    }

    private static PythonValue ConvertOne(ContractInput input, PythonValue value) => input.Type switch
    {
        FlowValueType.String => PythonValue.Of(PythonText.Str(value)),
        FlowValueType.Int => ToInt(value) ?? throw Mismatch(input, "int"),
        FlowValueType.Double => ToFloat(value) ?? throw Mismatch(input, "double"),
        FlowValueType.Bool => ToBool(value) ?? throw Mismatch(input, "bool"),
        FlowValueType.List => ToList(input, value),
        FlowValueType.Object => ToObject(value),
        _ => value,
    };

    private static PythonInt? ToInt(PythonValue value) => value switch
    {
        PythonInt number => number,
        PythonBool truth => new PythonInt(truth.Value ? 1 : 0),
        PythonFloat { Value: var number } when double.IsFinite(number) => new PythonInt(new BigInteger(Math.Truncate(number))),
        PythonString { Value: var text } when BigInteger.TryParse(
            Numeral(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => new PythonInt(number),
        _ => null,
    };

    private static PythonFloat? ToFloat(PythonValue value)
    {
        switch (value)
        {
            case PythonFloat number:
                return number;
            case PythonInt number:
                // Rounded to the nearest, which the conversion of a BigInteger is not; Python has no float beyond the largest.
                var nearest = double.Parse(number.Value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                return double.IsFinite(nearest) ? new PythonFloat(nearest) : null;
            case PythonBool truth:
                return new PythonFloat(truth.Value ? 1 : 0);
            case PythonString { Value: var text }:
                var numeral = Numeral(text).ToLowerInvariant();
                return numeral.TrimStart('+', '-') switch
                {
                    "nan" => new PythonFloat(double.NaN),
                    "inf" or "infinity" => new PythonFloat(numeral.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity),
                    _ => double.TryParse(numeral, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
                        ? new PythonFloat(number)
                        : null,
                };
            default:
                return null;
        }
    }

    private static PythonBool? ToBool(PythonValue value) => value switch
    {
        PythonBool truth => truth,
        PythonString { Value: var text } when text.Equals("true", StringComparison.OrdinalIgnoreCase) => new PythonBool(true),
        PythonString { Value: var text } when text.Equals("false", StringComparison.OrdinalIgnoreCase) => new PythonBool(false),
        _ => null,
    };

    private static PythonValue ToList(ContractInput input, PythonValue value)
    {
        if (value is PythonString { Value: var text })
        {
            try
            {
                value = PythonJsonReader.Read(text);
            }
            catch (PythonJsonException e)
            {
                throw new ScoringException(
                    $"Failed to parse the flow input. The value for flow input '{input.Name}' was interpreted as JSON string since its type is 'list'. However, the value '{text}' is invalid for JSON parsing. Error details: (JSONDecodeError) {e.Message}. Please make sure your inputs are properly formatted.");
            }
        }

        return value as PythonList ?? throw Mismatch(input, "list");
    }

    private static PythonValue ToObject(PythonValue value)
    {
        if (value is not PythonString { Value: var text })
        {
            return value;
        }

        try
        {
            return PythonJsonReader.Read(text);
        }
        catch (PythonJsonException)
        {
            return value;
        }
    }

    // Python ignores blanks around a numeral and single underscores between its digits.
    private static string Numeral(string text)
    {
        var trimmed = text.Trim();
        var hasGoodUnderscores = !trimmed.StartsWith('_') && !trimmed.EndsWith('_') && !trimmed.Contains("__", StringComparison.Ordinal);
        return hasGoodUnderscores ? trimmed.Replace("_", "", StringComparison.Ordinal) : trimmed;
    }

    private static ScoringException Mismatch(ContractInput input, string type) => new(
        $"The input for flow is incorrect. The value for flow input '{input.Name}' does not match the expected type '{type}'. Please change flow input type or adjust the input value in your input data.");
}
