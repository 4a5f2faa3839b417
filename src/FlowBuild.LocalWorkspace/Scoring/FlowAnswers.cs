using System.Numerics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>What a run of a flow gives.</summary>
/// <param name="Value">An object with the outputs in the order of the contract, or the bare result of code.</param>
/// <param name="Origin">Where it comes from.</param>
internal sealed record FlowResult(PythonValue Value, AnswerOrigin Origin);

/// <summary>
/// Finds values for a flow's outputs without its Python: what the flow file alone decides, else what a row of the flow folder says
/// for these inputs, else made-up values of the declared types. The same inputs always give the same answer.
/// </summary>
internal static class FlowAnswers
{
    private static readonly ContractOutput BareResult = new("output", FlowValueType.String, FlowValueType.String, null, false, false);

    /// <summary>The result for converted inputs.</summary>
    /// <exception cref="ScoringException">The flow cannot give an output for them.</exception>
    public static FlowResult For(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        var known = Computed(flow, inputs);
        if (known.Count == flow.Contract.Outputs.Count && !(known.Count == 0 && flow.Contract.ReturnsBareResult))
        {
            return Complete(flow, known, AnswerOrigin.Computed);
        }

        return Recording(flow, inputs) is { } recording
            ? Complete(flow, Merge(known, recording.Members), AnswerOrigin.Recorded)
            : Complete(flow, known, AnswerOrigin.MadeUp);
    }

    /// <summary>The outputs that the flow file alone decides: those that are an input or a literal, and those of nodes that do not run.</summary>
    /// <exception cref="ScoringException">An output asks a bypassed node for a property.</exception>
    public static IReadOnlyDictionary<string, PythonValue> Computed(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        var known = new Dictionary<string, PythonValue>(StringComparer.Ordinal);
        if (flow.Contract.Kind == FlowKind.Dag)
        {
            var bypassed = new BypassedNodes(flow.Definition, inputs);
            foreach (var output in flow.Contract.Outputs)
            {
                if (Compute(flow, output, inputs, bypassed) is { } value)
                {
                    known.Add(output.Name, value);
                }
            }
        }

        return known;
    }

    /// <summary>All outputs of the contract in its order: those that are known, the others made up.</summary>
    public static FlowResult Complete(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> known, AnswerOrigin origin)
    {
        var outputs = flow.Contract.Outputs
            .Select(output => KeyValuePair.Create(output.Name, known.GetValueOrDefault(output.Name) ?? MakeUp(flow, output))).ToList();

        // A flow with an entry point returns what its code returns; several outputs are an object.
        return new FlowResult(
            flow.Contract.ReturnsBareResult && outputs.Count < 2
                ? outputs.Select(static o => o.Value).FirstOrDefault() ?? MakeUp(flow, BareResult)
                : new PythonDict(outputs),
            origin);
    }

    private static Dictionary<string, PythonValue> Merge(
        IReadOnlyDictionary<string, PythonValue> known, IEnumerable<KeyValuePair<string, PythonValue>> others) =>
        known.Concat(others.Where(o => !known.ContainsKey(o.Key))).DistinctBy(static o => o.Key).ToDictionary(StringComparer.Ordinal);

    private static PythonValue MakeUp(ServedFlow flow, ContractOutput output)
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

    private static PythonValue? Compute(
        ServedFlow flow, ContractOutput output, IReadOnlyDictionary<string, PythonValue> inputs, BypassedNodes bypassed)
    {
        var reference = flow.ReferenceOf(output);
        return reference.Kind switch
        {
            FlowReferenceKind.Literal => PythonValue.Of(reference.Name),
            FlowReferenceKind.FlowInput when inputs.TryGetValue(reference.Name, out var value) => value,
            FlowReferenceKind.Node when bypassed.Contains(reference.Name) => reference.IsWholeNode
                ? PythonValue.None
                : throw new ScoringException(
                    $"Flow execution failed. Invalid property '{reference.Property}' when accessing the node '{reference.Name}'. Please check the property and try again."),
            _ => null,
        };
    }

    private static PythonDict? Recording(ServedFlow flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        foreach (var row in flow.Samples)
        {
            // A flow may have an input of its own that is called "inputs".
            var given = flow.Contract.Inputs.Any(static i => i.Name == "inputs") ? row : row.Find("inputs") as PythonDict ?? row;
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
