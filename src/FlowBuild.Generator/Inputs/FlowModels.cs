using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Generator.Naming;

namespace FlowBuild.Generator.Inputs;

/// <summary>The model of a flow, or why there is none.</summary>
internal sealed record FlowModelResult(FlowModel? Model, EquatableArray<ReportedDiagnostic> Problems)
{
    /// <summary>No model and nothing to say: what is wrong with the flow is said where it was read.</summary>
    public static FlowModelResult None { get; } = new(null, EquatableArray.Empty<ReportedDiagnostic>());
}

/// <summary>What the generated code of a flow can depend on outside its file.</summary>
internal sealed record FlowSurroundings(EquatableArray<FlowName> Names, EquatableArray<DeploymentResponseFields> ResponseFields);

/// <summary>Joins a flow with its names, its item and its deployment.</summary>
internal static class FlowModels
{
    /// <summary>Makes the model of one flow.</summary>
    public static FlowModelResult Of(ParsedFlow flow, FlowSurroundings surroundings)
    {
        if (flow.Definition is null || FlowNames.Find(surroundings.Names, flow.Item.Path) is not { } typeNames)
        {
            return FlowModelResult.None;
        }

        try
        {
            var problems = new List<ReportedDiagnostic>();
            var fields = FieldsOf(flow.Item, flow.Definition, problems);
            var contract = FlowReader.GetContract(flow.Definition, Deployed(flow.Item, surroundings.ResponseFields) ?? fields);
            var types = ValueTypes.Of(flow.Item, contract, problems);

            // A name that cannot be used is reported with the names; what else is wrong with the item shows in the same run.
            return problems.Count > 0 || typeNames.Name is not { } name
                ? new FlowModelResult(null, problems.ToEquatableArray())
                : new FlowModelResult(
                    new FlowModel(
                        name,
                        typeNames.Namespace,
                        typeNames.HintPrefix,
                        typeNames.IsPublic,
                        typeNames.Source,
                        contract,
                        types,
                        flow.Item.JsonContext.Length > 0 ? flow.Item.JsonContext : null),
                    EquatableArray.Empty<ReportedDiagnostic>());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new FlowModelResult(null, new([ReportedDiagnostic.Of(Failure.Of(flow.Item.Path, exception), null)]));
        }
    }

    private static EquatableArray<string>? Deployed(FlowItem item, EquatableArray<DeploymentResponseFields> responseFields)
    {
        foreach (var deployment in responseFields)
        {
            if (deployment.Path == item.DeploymentPath)
            {
                return deployment.Fields;
            }
        }

        return null;
    }

    /// <summary>
    /// The outputs that the item's <c>ResponseFields</c> list: names separated by blanks, commas or semicolons, or the JSON array that the
    /// deployment's variable holds.
    /// </summary>
    private static EquatableArray<string>? FieldsOf(FlowItem item, FlowDefinition flow, List<ReportedDiagnostic> problems)
    {
        var text = item.ResponseFields;
        if (text.Length == 0)
        {
            return null;
        }

        string? fault = null;
        var fields = text[0] == '['
            ? ResponseFields.Parse(text, out fault)
            : text.Split([' ', ',', ';', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToEquatableArray();
        if (fields is null)
        {
            problems.Add(item.MetadataProblem(
                "ResponseFields", text, $"{fault}; write the names of outputs, as in 'answer context' or '[\"answer\", \"context\"]'"));
            return null;
        }

        // What a flex flow gives, its code says.
        foreach (var field in fields.Where(field => flow.Kind != FlowKind.Flex && !flow.Outputs.Any(output => output.Name == field)))
        {
            problems.Add(item.MetadataProblem(
                "ResponseFields", text, $"the flow has no output called '{field}'{Suggestion.DidYouMean(field, flow.Outputs.Select(static output => output.Name))}"));
        }

        return fields;
    }
}
