using System.Text;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>Rows of outcomes, printed as one table; what went wrong is kept with its place.</summary>
internal sealed class FaultTable(string title)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(int Order, string Name), string> _rows = [];
    private readonly List<string> _wrong = [];
    private readonly List<string> _legend = [];

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (_gate)
            {
                return [.. _wrong];
            }
        }
    }

    /// <summary>Adds a row.</summary>
    public void Add(int order, string name, string outcomes)
    {
        lock (_gate)
        {
            _rows[(order, name)] = outcomes;
        }
    }

    /// <summary>Keeps what went wrong in a case.</summary>
    public void Fail(string place, string problem)
    {
        lock (_gate)
        {
            _wrong.Add($"{place}: {problem}");
        }
    }

    /// <summary>Adds a line below the table.</summary>
    public void Explain(string line) => _legend.Add(line);

    /// <summary>The table.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(title).AppendLine();
        var width = _rows.Keys.Max(static k => k.Name.Length);
        foreach (var ((_, name), outcomes) in _rows)
        {
            text.Append(name.PadRight(width)).Append("  ").AppendLine(outcomes);
        }

        text.AppendLine();
        _legend.ForEach(line => text.AppendLine(line));
        Wrong.ToList().ForEach(line => text.Append("WRONG ").AppendLine(line));
        return text.ToString();
    }
}
