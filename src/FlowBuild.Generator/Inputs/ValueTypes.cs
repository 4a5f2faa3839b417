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
    /// <summary>The pairs of name and type; what cannot be used is added to the problems.</summary>
    public static EquatableArray<KeyValuePair<string, string>> Of(FlowItem item, FlowContract contract, List<ReportedDiagnostic> problems)
    {
        if (item.JsonContext.Length > 0 && !IsTypeName(item.JsonContext))
        {
            problems.Add(Problem(
                item, "JsonContext", item.JsonContext, "write the full name of a JsonSerializerContext, such as MyApp.AppJsonContext"));
        }

        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var text in item.ValueTypes.Split([' ', ';', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = text.IndexOf('=');
            var (name, type) = equals < 0 ? (text, "") : (text.Substring(0, equals), text.Substring(equals + 1));
            if (!IsTypeName(type.EndsWith("[]", StringComparison.Ordinal) ? type.Substring(0, type.Length - 2) : type))
            {
                problems.Add(Problem(
                    item,
                    "ValueTypes",
                    text,
                    "write name=type, with string[], double[], long[], bool[], FlowImage[] or the full name of a type of yours"));
            }
            else if (!IsListOrObject(contract, name))
            {
                problems.Add(Problem(item, "ValueTypes", text, $"the flow has no list and no object called '{name}'"));
            }
            else if (ValueForm.OfUserType(type, item.JsonContext.Length > 0 ? item.JsonContext : null, contract.MessageFormat) is null)
            {
                problems.Add(Problem(
                    item, "ValueTypes", text, $"set JsonContext to the JsonSerializerContext that has [JsonSerializable(typeof({type}))]"));
            }
            else
            {
                pairs.Add(new KeyValuePair<string, string>(name, type));
            }
        }

        return pairs.ToEquatableArray();
    }

    private static bool IsListOrObject(FlowContract contract, string name) =>
        contract.Inputs.Any(input => IsOpen(input.Type) && (name == input.Name || name == "inputs." + input.Name))
        || contract.Outputs.Any(output => IsOpen(output.Type) && (name == output.Name || name == "outputs." + output.Name));

    private static bool IsOpen(FlowValueType type) => type is FlowValueType.List or FlowValueType.Object;

    private static bool IsTypeName(string text) => Identifiers.IsNamespace(text);

    private static ReportedDiagnostic Problem(FlowItem item, string name, string value, string advice) =>
        ReportedDiagnostic.Of(FlowDiagnostic.At(GeneratorRules.InvalidItemMetadata, item.Path, null, name, value, advice), null);
}
