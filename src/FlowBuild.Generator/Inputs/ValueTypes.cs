using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Inputs;

/// <summary>
/// Reads the <c>ValueTypes</c> of an item: what outputs really hold, and inputs that are lists and objects, as
/// <c>context=string[] outputs.price=double! profile=MyApp.Profile</c>. A name stands for the input and the output of that name, unless
/// <c>inputs.</c> or <c>outputs.</c> comes before it. <c>!</c> behind the type of an output says that it is never null, <c>?</c> that it can be.
/// </summary>
internal static class ValueTypes
{
    private const string Words = "string, long, double, bool, FlowImage, JsonElement, string[], long[], double[], bool[], FlowImage[]";

    private static readonly string[] ListTypes = ["string[]", "long[]", "int[]", "double[]", "bool[]", "FlowImage[]"];
    private static readonly string[] Scalars = ["string", "long", "int", "double", "bool", "FlowImage", "JsonElement"];

    /// <summary>The types by name; what cannot be used is added to the problems.</summary>
    public static EquatableArray<GivenType> Of(FlowItem item, FlowContract contract, List<ReportedDiagnostic> problems)
    {
        if (item.JsonContext.Length > 0 && !IsTypeName(item.JsonContext))
        {
            problems.Add(item.MetadataProblem("JsonContext", item.JsonContext, "write the full name of a JsonSerializerContext, such as MyApp.AppJsonContext"));
        }

        var types = new List<GivenType>();
        foreach (var text in item.ValueTypes.Split([' ', ';', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var faults = problems.Count;
            var given = Split(text);
            foreach (var advice in ProblemsOf(given, item, contract))
            {
                problems.Add(item.MetadataProblem("ValueTypes", text, advice));
            }

            if (problems.Count == faults)
            {
                types.Add(given);
            }
        }

        return types.ToEquatableArray();
    }

    private static GivenType Split(string text)
    {
        var equals = text.IndexOf('=');
        var (name, type) = equals < 0 ? (text, "") : (text.Substring(0, equals), text.Substring(equals + 1));
        return (type.Length > 0 ? type[type.Length - 1] : ' ') switch
        {
            '!' => new GivenType(name, type.Substring(0, type.Length - 1), IsNullable: false),
            '?' => new GivenType(name, type.Substring(0, type.Length - 1), IsNullable: true),
            _ => new GivenType(name, type, IsNullable: null),
        };
    }

    private static IEnumerable<string> ProblemsOf(GivenType given, FlowItem item, FlowContract contract)
    {
        var (name, type) = (given.Name, given.Type);
        var inputs = contract.Inputs.Where(input => IsOpen(input) && (name == input.Name || name == "inputs." + input.Name)).ToList();
        var isOutput = contract.Outputs.Any(output => name == output.Name || name == "outputs." + output.Name);
        if (!IsTypeName(type.EndsWith("[]", StringComparison.Ordinal) ? type.Substring(0, type.Length - 2) : type))
        {
            yield return $"write name=type, with {Words} or the full name of a type of yours; for an output, '!' or '?' can follow";
        }
        else if (inputs.Exists(static input => input.Type == FlowValueType.List) && Scalars.Contains(type) && type != "JsonElement")
        {
            yield return $"the input '{inputs[0].Name}' is a list, and the server refuses anything else; did you mean '{type}[]'?" +
                (isOutput ? $" Write 'outputs.{inputs[0].Name}={type}' where the output is meant" : "");
        }
        else if (MeantWord(type) is { } word)
        {
            yield return $"'{type}' is not a type that FlowBuild knows; did you mean '{word}'?";
        }
        else if (ValueForm.OfGivenType(type, "object", item.JsonContext.Length > 0 ? item.JsonContext : null, contract.MessageFormat) is null)
        {
            // The words of C# begin small, and types of one's own do not.
            yield return char.IsLower(type[0]) && Suggestion.Nearest(type, ListTypes.Concat(Scalars)) is { } near
                ? $"'{type}' is not a type that FlowBuild knows; did you mean '{near}'?"
                : $"set JsonContext to the JsonSerializerContext that has [JsonSerializable(typeof({type}))]";
        }

        if (type.Length == 0)
        {
            yield break;
        }

        if (inputs.Count == 0 && !isOutput)
        {
            yield return contract.Inputs.FirstOrDefault(input => name == input.Name || name == "inputs." + input.Name) is { } declared
                ? $"the input '{declared.Name}' is declared as {ValueForm.Word(declared.Type)}, and the server converts to that; only lists and objects of the inputs can be given a type"
                : $"the flow has no output and no list or object of the inputs called '{name}'{Suggestion.DidYouMean(name, NamesOf(contract))}";
        }
        else if (given.IsNullable is { } isNullable && !isOutput)
        {
            yield return $"'{(isNullable ? '?' : '!')}' is for outputs: an input is required when it has no default in the flow file";
        }
    }

    /// <summary>The type that was meant by one that differs from it by case alone, or lacks a part of its brackets; else null.</summary>
    private static string? MeantWord(string type) =>
        Scalars.Contains(type) ? null : Array.Find([.. Scalars, .. ListTypes], word => type != word && Is(type, word));

    private static bool Is(string type, string word) => string.Equals(type, word, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> NamesOf(FlowContract contract) =>
        contract.Inputs.Where(IsOpen).Select(static input => input.Name).Concat(contract.Outputs.Select(static output => output.Name)).Distinct();

    private static bool IsOpen(ContractInput input) => input.Type is FlowValueType.List or FlowValueType.Object;

    private static bool IsTypeName(string text) => Identifiers.IsNamespace(text);
}
