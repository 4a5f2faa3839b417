namespace FlowBuild.Definitions.Flows;

/// <summary>
/// Which nodes may not run. As in promptflow: a node with <c>activate</c> may be bypassed; one without is bypassed when it reads
/// nodes and all of them are bypassed. The result of a bypassed node is null.
/// </summary>
internal sealed class FlowBypass
{
    /// <summary>How many conditions of a node are kept: enough for the branches of a real flow, and bounded for any other.</summary>
    private const int MaxConditions = 16;

    private readonly bool[] _canBypass;
    private readonly bool[] _collects;

    public FlowBypass(FlowDefinition flow)
    {
        _canBypass = new bool[flow.Nodes.Count];
        _collects = new bool[flow.Nodes.Count];
        var changed = false;
        for (var i = 0; i < _canBypass.Length; i++)
        {
            _canBypass[i] = flow.Nodes[i].ActivateWhen is not null;
            changed |= _canBypass[i];
        }

        if (!changed)
        {
            return;
        }

        var nodes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < flow.Nodes.Count; i++)
        {
            nodes[flow.Nodes[i].Name] = i;
        }

        var waitsFor = new int[_canBypass.Length];
        var users = new List<int>[_canBypass.Length];
        for (var i = 0; i < users.Length; i++)
        {
            users[i] = [];
        }

        for (var i = 0; i < _canBypass.Length; i++)
        {
            foreach (var input in flow.Nodes[i].Inputs)
            {
                if (FlowReference.Parse(input.Value.Value) is { Kind: FlowReferenceKind.Node } reference && nodes.TryGetValue(reference.Name, out var target))
                {
                    waitsFor[i]++;
                    users[target].Add(i);
                }
            }
        }

        // Each node is decided once, when the last of the nodes that it reads is known to be bypassable.
        var decided = new Stack<int>();
        var conditions = new List<(string When, string? Is)>[_canBypass.Length];
        for (var i = 0; i < _canBypass.Length; i++)
        {
            conditions[i] = [];
            if (flow.Nodes[i].ActivateWhen is { } when)
            {
                conditions[i].Add((when.Value, flow.Nodes[i].ActivateIsJson));
                decided.Push(i);
            }
        }

        while (decided.Count > 0)
        {
            var node = decided.Pop();
            foreach (var user in users[node])
            {
                if (_canBypass[user])
                {
                    continue;
                }

                _collects[user] |= _collects[node] || AreAlternatives(conditions[node], conditions[user]);
                AddAll(conditions[node], conditions[user]);
                if (--waitsFor[user] == 0)
                {
                    _canBypass[user] = true;
                    decided.Push(user);
                }
            }
        }
    }

    /// <summary>Whether the node at an index may not run.</summary>
    public bool CanBypass(int node) => _canBypass[node];

    /// <summary>
    /// Whether the node at an index brings branches together: what it reads, directly or through others, runs under different values
    /// of one condition. Whether the values leave a case out, the file does not show.
    /// </summary>
    public bool CollectsBranches(int node) => _collects[node];

    private static bool AreAlternatives(List<(string When, string? Is)> left, List<(string When, string? Is)> right) =>
        left.Exists(one => right.Exists(other => one.When == other.When && one.Is != other.Is));

    private static void AddAll(List<(string When, string? Is)> from, List<(string When, string? Is)> to)
    {
        foreach (var condition in from)
        {
            if (to.Count < MaxConditions && !to.Contains(condition))
            {
                to.Add(condition);
            }
        }
    }
}
