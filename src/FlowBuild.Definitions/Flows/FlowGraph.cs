using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>The checks that promptflow makes on nodes and references when it builds the executor, and the traps it lets pass.</summary>
internal static class FlowGraph
{
    /// <summary>Whether the server never returns an output, because an aggregation node gives it.</summary>
    public static bool IsDropped(FlowDefinition flow, FlowOutput output) =>
        FlowReference.Parse(output.Reference.Value) is { Kind: FlowReferenceKind.Node } reference
        && NodeOf(flow, reference.Name) is { IsAggregation: true };

    /// <summary>The first node of a name, or null.</summary>
    public static FlowNode? NodeOf(FlowDefinition flow, string name)
    {
        foreach (var node in flow.Nodes)
        {
            if (node.Name == name)
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>Makes the checks.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="inputs">How much of <c>inputs</c> could be read.</param>
    /// <param name="nodesRead">How much of <c>nodes</c> could be read.</param>
    /// <param name="problems">Takes what is found.</param>
    public static void Check(FlowDefinition flow, FlowSection inputs, FlowSection nodesRead, DiagnosticList problems)
    {
        var nodes = IndexNodes(flow, problems);
        var referents = new FlowReferents(flow, inputs, nodesRead, HidesNames(flow, nodes), problems);
        var dependencies = new List<(int Node, SourceSpan Span)>[flow.Nodes.Count];
        for (var i = 0; i < dependencies.Length; i++)
        {
            dependencies[i] = [];
            CheckNode(flow, i, nodes, referents, dependencies[i], problems);
        }

        CheckCycles(flow, dependencies, problems);
        var bypassable = new FlowBypass(flow);
        foreach (var output in flow.Outputs)
        {
            CheckOutput(flow, output, nodes, referents, bypassable, problems);
        }
    }

    private static Dictionary<string, int> IndexNodes(FlowDefinition flow, DiagnosticList problems)
    {
        var nodes = new Dictionary<string, int>(flow.Nodes.Count, StringComparer.Ordinal);
        for (var i = 0; i < flow.Nodes.Count; i++)
        {
            var node = flow.Nodes[i];
            if (nodes.TryGetValue(node.Name, out var first))
            {
                problems.Add(FlowRules.DuplicateNodeName, node.Span, node.Name, LineOf(flow.Nodes[first].Span));
            }
            else
            {
                nodes.Add(node.Name, i);
            }
        }

        return nodes;
    }

    /// <summary>
    /// Whether two nodes of one name explain the names that no node has: one of the two was meant to be called so. promptflow stops at
    /// the first equal names and looks at no reference.
    /// </summary>
    private static bool HidesNames(FlowDefinition flow, Dictionary<string, int> nodes)
    {
        var duplicates = flow.Nodes.Count - nodes.Count;
        if (duplicates == 0)
        {
            return false;
        }

        var written = flow.Outputs.Select(static output => output.Reference.Value)
            .Concat(flow.Nodes.SelectMany(static node => node.Inputs.Select(static input => input.Value.Value)))
            .Concat(flow.Nodes.Select(static node => node.ActivateWhen?.Value ?? ""));
        var unknown = written.Select(FlowReference.Parse)
            .Where(reference => reference.Kind == FlowReferenceKind.Node && !nodes.ContainsKey(reference.Name))
            .Select(static reference => reference.Name);
        return new HashSet<string>(unknown, StringComparer.Ordinal).Count <= duplicates;
    }

    private static void CheckNode(
        FlowDefinition flow,
        int index,
        Dictionary<string, int> nodes,
        FlowReferents referents,
        List<(int Node, SourceSpan Span)> dependencies,
        DiagnosticList problems)
    {
        var node = flow.Nodes[index];
        foreach (var input in node.Inputs)
        {
            var reference = FlowReference.Parse(input.Value.Value);
            if (reference.Kind == FlowReferenceKind.FlowInput)
            {
                if (!referents.HasInput(reference.Name))
                {
                    referents.AddNoInput(FlowRules.UndeclaredInput, reference.Name, input.Value.Span);
                }
            }
            else if (reference.Kind == FlowReferenceKind.Node)
            {
                CheckNodeReference(flow, node, reference, input.Value.Span, nodes, referents, dependencies, problems);
                if (nodes.ContainsKey(reference.Name))
                {
                    ReferenceTraps.CheckSection(reference, input.Value, problems, "fails when the node runs");
                    ReferenceTraps.CheckProperty(reference, input.Value, problems);
                }
            }
            else
            {
                ReferenceTraps.CheckLiteral(input.Value, nodes, referents, problems);
            }
        }

        if (node.ActivateWhen is not { } when)
        {
            return;
        }

        var condition = FlowReference.Parse(when.Value);
        if (condition.Kind == FlowReferenceKind.Literal)
        {
            ReferenceTraps.CheckLiteral(when, nodes, referents, problems);
            return;
        }

        if (condition.Kind == FlowReferenceKind.FlowInput)
        {
            if (!referents.HasInput(condition.Name))
            {
                referents.AddNoInput(FlowRules.UndeclaredActivateInput, condition.Name, when.Span);
            }

            return;
        }

        if (node.IsAggregation && nodes.TryGetValue(condition.Name, out var activator) && !flow.Nodes[activator].IsAggregation)
        {
            problems.Add(FlowRules.ActivatedByNormalNode, when.Span, node.Name, condition.Name);
        }

        CheckNodeReference(flow, node, condition, when.Span, nodes, referents, dependencies, problems);
    }

    private static void CheckNodeReference(
        FlowDefinition flow,
        FlowNode node,
        FlowReference reference,
        SourceSpan span,
        Dictionary<string, int> nodes,
        FlowReferents referents,
        List<(int Node, SourceSpan Span)> dependencies,
        DiagnosticList problems)
    {
        if (!nodes.TryGetValue(reference.Name, out var target))
        {
            referents.AddNoNode(FlowRules.UnknownNode, reference, span);
            return;
        }

        dependencies.Add((target, span));
        if (flow.Nodes[target].IsAggregation && !node.IsAggregation)
        {
            problems.Add(FlowRules.ReadsAggregation, span, node.Name, reference.Name);
        }
    }

    private static void CheckOutput(
        FlowDefinition flow, FlowOutput output, Dictionary<string, int> nodes, FlowReferents referents, FlowBypass bypassable, DiagnosticList problems)
    {
        var reference = FlowReference.Parse(output.Reference.Value);
        switch (reference.Kind)
        {
            case FlowReferenceKind.FlowInput when !referents.HasInput(reference.Name):
                referents.AddNoInput(FlowRules.OutputReferenceNotFound, reference.Name, output.Reference.Span);
                break;

            case FlowReferenceKind.Node when !nodes.ContainsKey(reference.Name):
                referents.AddNoNode(FlowRules.OutputReferenceNotFound, reference, output.Reference.Span);
                break;

            case FlowReferenceKind.Node:
                var index = nodes[reference.Name];
                if (flow.Nodes[index].IsAggregation)
                {
                    problems.Add(FlowRules.OutputOfAggregation, output.Reference.Span, output.Name, reference.Name);
                    break;
                }

                ReferenceTraps.CheckOutputSection(reference, output.Reference, problems);
                ReferenceTraps.CheckProperty(reference, output.Reference, problems);
                if (bypassable.CanBypass(index) && !bypassable.CollectsBranches(index))
                {
                    problems.Add(
                        FlowRules.OutputOfBypassedNode,
                        output.Reference.Span,
                        output.Name,
                        reference.Name,
                        reference.IsWholeNode ? "is null" : "cannot be read and the request fails with status 400");
                }

                break;

            case FlowReferenceKind.Literal when output.Reference.Value.Length > 0:
                var word = output.Reference.Value.Trim('$', '{', '}', ' ').Split('.')[0];
                var target = Suggestion.Nearest(word, flow.Nodes.Select(static node => node.Name)) is { } node
                    ? node + ".output"
                    : referents.HasInput(word) ? "inputs." + word : null;
                problems.Add(
                    FlowRules.LiteralOutput,
                    output.Reference.Span,
                    output.Name,
                    target is null ? "" : $"; did you mean '${{{target}}}'?");
                break;
        }
    }

    private static void CheckCycles(FlowDefinition flow, List<(int Node, SourceSpan Span)>[] dependencies, DiagnosticList problems)
    {
        // Nodes that are ready, or wait only for ready ones, are taken away; what stays is in a circle or behind one.
        var waitsFor = new int[dependencies.Length];
        var users = new List<int>[dependencies.Length];
        for (var i = 0; i < dependencies.Length; i++)
        {
            users[i] = [];
        }

        var ready = new Stack<int>();
        for (var i = 0; i < dependencies.Length; i++)
        {
            waitsFor[i] = dependencies[i].Count;
            foreach (var (target, _) in dependencies[i])
            {
                users[target].Add(i);
            }

            if (waitsFor[i] == 0)
            {
                ready.Push(i);
            }
        }

        while (ready.Count > 0)
        {
            foreach (var user in users[ready.Pop()])
            {
                if (--waitsFor[user] == 0)
                {
                    ready.Push(user);
                }
            }
        }

        var reported = new bool[dependencies.Length];
        for (var i = 0; i < dependencies.Length; i++)
        {
            if (waitsFor[i] > 0 && !reported[i])
            {
                ReportCycle(flow, i, dependencies, waitsFor, reported, problems);
            }
        }
    }

    /// <summary>Walks from a node that cannot run along nodes that cannot run, until it meets one again: that is a circle.</summary>
    private static void ReportCycle(
        FlowDefinition flow, int start, List<(int Node, SourceSpan Span)>[] dependencies, int[] waitsFor, bool[] reported, DiagnosticList problems)
    {
        var path = new List<(int Node, SourceSpan Span)>();
        var position = new Dictionary<int, int>();
        var current = start;
        while (!position.ContainsKey(current))
        {
            if (reported[current])
            {
                Mark();
                return;
            }

            position.Add(current, path.Count);
            foreach (var (target, span) in dependencies[current])
            {
                if (waitsFor[target] > 0)
                {
                    path.Add((current, span));
                    current = target;
                    break;
                }
            }
        }

        Mark();
        var circle = path.GetRange(position[current], path.Count - position[current]);
        var first = 0;
        for (var i = 1; i < circle.Count; i++)
        {
            first = circle[i].Node < circle[first].Node ? i : first;
        }

        var names = new List<string>();
        for (var i = 0; i <= circle.Count; i++)
        {
            names.Add(flow.Nodes[circle[(first + i) % circle.Count].Node].Name);
        }

        problems.Add(FlowRules.NodeCycle, circle[first].Span, names[0], string.Join(" ← ", names));

        void Mark()
        {
            foreach (var (node, _) in path)
            {
                reported[node] = true;
            }
        }
    }

    private static string LineOf(SourceSpan span) => (span.StartLine + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
