using System.Numerics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>
/// The nodes that surely do not run for given inputs. As in promptflow: a node with <c>activate</c> is bypassed when the node that it
/// asks is, or when the value is another one; a node without, when it reads nodes and all of them are bypassed. What a node that runs
/// would give is in its Python, so a condition on it is taken for met.
/// </summary>
internal sealed class BypassedNodes
{
    private readonly Dictionary<string, FlowNode> _nodes;
    private readonly IReadOnlyDictionary<string, PythonValue> _inputs;
    private readonly Dictionary<string, bool> _isBypassed = new(StringComparer.Ordinal);

    public BypassedNodes(FlowDefinition flow, IReadOnlyDictionary<string, PythonValue> inputs)
    {
        _nodes = flow.Nodes.ToDictionary(static n => n.Name, StringComparer.Ordinal);
        _inputs = inputs;
    }

    /// <summary>Whether a node surely does not run.</summary>
    public bool Contains(string name)
    {
        if (!_isBypassed.TryGetValue(name, out var isBypassed))
        {
            // A flow with a circle is not served, so this ends.
            isBypassed = _nodes.TryGetValue(name, out var node) && Decide(node);
            _isBypassed[name] = isBypassed;
        }

        return isBypassed;
    }

    private bool Decide(FlowNode node)
    {
        if (node.ActivateWhen is { } when)
        {
            var wanted = PythonJsonReader.Read(node.ActivateIsJson!);
            return FlowReference.Parse(when.Value) switch
            {
                { Kind: FlowReferenceKind.Node, Name: var asked } => Contains(asked),
                { Kind: FlowReferenceKind.FlowInput, Name: var asked } => !AreEqual(_inputs[asked], wanted),
                { Name: var literal } => !AreEqual(PythonValue.Of(literal), wanted),
            };
        }

        var read = node.Inputs.Select(static input => FlowReference.Parse(input.Value.Value)).Where(static r => r.Kind == FlowReferenceKind.Node).ToList();
        return read.Count > 0 && read.TrueForAll(r => Contains(r.Name));
    }

    // Python compares numbers by value, whatever their type, and true is 1.
    private static bool AreEqual(PythonValue left, PythonValue right) => (left, right) switch
    {
        (PythonFloat first, PythonFloat second) => first.Value == second.Value,
        (PythonFloat number, _) => Whole(right) is { } whole && double.IsInteger(number.Value) && new BigInteger(number.Value) == whole,
        (_, PythonFloat) => AreEqual(right, left),
        _ => Whole(left) is { } first && Whole(right) is { } second ? first == second : left.Equals(right),
    };

    private static BigInteger? Whole(PythonValue value) => value switch
    {
        PythonBool { Value: var truth } => truth ? 1 : 0,
        PythonInt { Value: var number } => number,
        _ => null,
    };
}
