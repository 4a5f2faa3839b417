using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Inputs;

/// <summary>
/// Reads the <c>ValueTypes</c> of an item: what lists and objects hold, as <c>context=string[] profile=MyApp.Profile</c>. A name
/// stands for the input and the output of that name, unless <c>inputs.</c> or <c>outputs.</c> comes before it.
/// </summary>
internal static class ValueTypes
{
    private static readonly string[] ListTypes = ["string[]", "long[]", "int[]", "double[]", "bool[]", "FlowImage[]"];

    /// <summary>The pairs of name and type; what cannot be used is added to the problems.</summary>
    public static EquatableArray<KeyValuePair<string, string>> Of(FlowItem item, FlowContract contract, List<ReportedDiagnostic> problems)
    {
        if (item.JsonContext.Length > 0 && !IsTypeName(item.JsonContext))
        {
            problems.Add(item.MetadataProblem("JsonContext", item.JsonContext, "write the full name of a JsonSerializerContext, such as MyApp.AppJsonContext"));
        }

        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var text in item.ValueTypes.Split([' ', ';', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = text.IndexOf('=');
            var (name, type) = equals < 0 ? (text, "") : (text.Substring(0, equals), text.Substring(equals + 1));
            var faults = problems.Count;
            if (!IsTypeName(type.EndsWith("[]", StringComparison.Ordinal) ? type.Substring(0, type.Length - 2) : type))
            {
                Add("write name=type, with string[], double[], long[], bool[], FlowImage[] or the full name of a type of yours");
            }
            else if (MeantWord(type) is { } word)
            {
                Add($"'{type}' is no type of a list; did you mean '{word}'?");
            }
            else if (ValueForm.OfUserType(type, item.JsonContext.Length > 0 ? item.JsonContext : null, contract.MessageFormat) is null)
            {
                // The words of C# begin small, and types of one's own do not.
                Add(char.IsLower(type[0]) && type.EndsWith("[]", StringComparison.Ordinal) && Suggestion.Nearest(type, ListTypes) is { } near
                    ? $"'{type}' is no type of a list; did you mean '{near}'?"
                    : $"set JsonContext to the JsonSerializerContext that has [JsonSerializable(typeof({type}))]");
            }

            if (type.Length > 0 && !IsListOrObject(contract, name))
            {
                Add($"the flow has no list and no object called '{name}'{Suggestion.DidYouMean(name, NamesOf(contract))}");
            }

            if (problems.Count == faults)
            {
                pairs.Add(new KeyValuePair<string, string>(name, type));
            }

            void Add(string advice) => problems.Add(item.MetadataProblem("ValueTypes", text, advice));
        }

        return pairs.ToEquatableArray();
    }

    /// <summary>The type of a list that was meant by one that differs from it by case alone, or lacks its brackets; else null.</summary>
    private static string? MeantWord(string type) => Array.Find(ListTypes, word =>
        type != word && (Is(type, word) || Is(type + "[]", word)));

    private static bool Is(string type, string word) => string.Equals(type, word, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> NamesOf(FlowContract contract) =>
        contract.Inputs.Where(static input => IsOpen(input.Type)).Select(static input => input.Name)
            .Concat(contract.Outputs.Where(static output => IsOpen(output.Type)).Select(static output => output.Name));

    private static bool IsListOrObject(FlowContract contract, string name) =>
        contract.Inputs.Any(input => IsOpen(input.Type) && (name == input.Name || name == "inputs." + input.Name))
        || contract.Outputs.Any(output => IsOpen(output.Type) && (name == output.Name || name == "outputs." + output.Name));

    private static bool IsOpen(FlowValueType type) => type is FlowValueType.List or FlowValueType.Object;

    private static bool IsTypeName(string text) => Identifiers.IsNamespace(text);
}
