using System.Numerics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>The values of an answer.</summary>
/// <param name="Outputs">Values by output, in the order of the contract.</param>
/// <param name="Origin">Where they come from.</param>
internal sealed record FlowAnswer(IReadOnlyList<KeyValuePair<string, PythonValue>> Outputs, AnswerOrigin Origin);

/// <summary>
/// Finds values for a flow's outputs without its Python: what the flow file alone decides, else what a row of the flow folder says
/// for these inputs, else made-up values of the declared types. The same inputs always give the same answer.
/// </summary>
internal static class FlowAnswers
{
    /// <summary>The values for converted inputs.</summary>
    public static FlowAnswer For(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        var computed = flow.Contract.Outputs.Select(output => KeyValuePair.Create(output.Name, Compute(flow, output, inputs))).ToList();
        if (computed.TrueForAll(static pair => pair.Value is not null))
        {
            return new FlowAnswer([.. computed.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value!))], AnswerOrigin.Computed);
        }

        if (Recording(flow, inputs) is { } recording)
        {
            return new FlowAnswer(
                [.. computed.Select(pair => KeyValuePair.Create(pair.Key, pair.Value ?? recording.Find(pair.Key)!))], AnswerOrigin.Recorded);
        }

        var outputs = flow.Contract.Outputs.Zip(computed, (output, pair) => KeyValuePair.Create(output.Name, pair.Value ?? MakeUp(flow, output)));
        return new FlowAnswer([.. outputs], AnswerOrigin.MadeUp);
    }

    /// <summary>A made-up value of a type.</summary>
    public static PythonValue MakeUp(ServedFlow flow, ContractOutput output)
    {
        var sentence = PythonValue.Of(
            $"This is a made-up {output.Name} of the flow {flow.Name}: the local workspace knows its contract and asks no model.");
        return output.DeclaredType switch
        {
            FlowValueType.String => sentence,
            FlowValueType.Int => new PythonInt(BigInteger.One),
            FlowValueType.Double => new PythonFloat(0.5),
            FlowValueType.Bool => new PythonBool(true),
            FlowValueType.List => new PythonList([sentence]),
            FlowValueType.Image => FlowImages.MadeUp(flow.Contract.MessageFormat),
            _ => PythonValue.Dict(("note", sentence)),
        };
    }

    // An output that is an input, or a literal, needs no node.
    private static PythonValue? Compute(ServedFlow flow, ContractOutput output, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        if (flow.Contract.Kind != FlowKind.Dag)
        {
            return null;
        }

        var reference = flow.ReferenceOf(output);
        return reference.Kind switch
        {
            FlowReferenceKind.Literal => PythonValue.Of(reference.Name),
            FlowReferenceKind.FlowInput when inputs.TryGetValue(reference.Name, out var value) =>
                flow.Contract.Inputs.First(i => i.Name == reference.Name).Type == FlowValueType.Image
                    ? FlowImages.Write(value, flow.Contract.MessageFormat)
                    : value,
            _ => null,
        };
    }

    private static PythonDict? Recording(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        foreach (var row in flow.Samples)
        {
            var given = row.Find("inputs") as PythonDict ?? row;
            var outputs = row.Find("outputs") as PythonDict ?? row;
            if (flow.Contract.Outputs.All(o => outputs.Find(o.Name) is not null) && Matches(flow, given, inputs))
            {
                return outputs;
            }
        }

        return null;
    }

    private static bool Matches(ServedFlow flow, PythonDict row, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        if (flow.Contract.Inputs.Any(i => i.IsRequired && row.Find(i.Name) is null))
        {
            return false;
        }

        try
        {
            var recorded = FlowInputs.Convert(flow.Contract, row);
            return flow.Contract.Inputs.Count > 0 && flow.Contract.Inputs.All(i => recorded[i.Name].Equals(inputs[i.Name]));
        }
        catch (ScoringException)
        {
            return false;
        }
    }
}
