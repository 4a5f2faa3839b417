namespace FlowBuild.Definitions.Flows;

/// <summary>
/// Which nodes may not run. As in promptflow: a node with <c>activate</c> may be bypassed; one without is bypassed when it reads
/// nodes and all of them are bypassed. The result of a bypassed node is null.
/// </summary>
internal sealed class FlowBypass
{
    private readonly bool[] _canBypass;

    public FlowBypass(FlowDefinition flow)
    {
        _canBypass = new bool[flow.Nodes.Count];
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
        for (var i = 0; i < _canBypass.Length; i++)
        {
            if (_canBypass[i])
            {
                decided.Push(i);
            }
        }

        while (decided.Count > 0)
        {
            foreach (var user in users[decided.Pop()])
            {
                if (--waitsFor[user] == 0 && !_canBypass[user])
                {
                    _canBypass[user] = true;
                    decided.Push(user);
                }
            }
        }
    }

    /// <summary>Whether the node at an index may not run.</summary>
    public bool CanBypass(int node) => _canBypass[node];
}
