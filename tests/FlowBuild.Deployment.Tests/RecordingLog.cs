using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Tests;

/// <summary>Keeps everything that a deployment says.</summary>
internal sealed class RecordingLog : IFlowLog
{
    private readonly object _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<FlowDiagnostic> _diagnostics = [];

    /// <summary>Called with every line.</summary>
    public Action<string>? OnLine { get; set; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public IReadOnlyList<FlowDiagnostic> Diagnostics => _diagnostics;

    public string Text => string.Join('\n', Lines);

    public void Detail(string message) => Add(message);

    public void Progress(string message) => Add(message);

    public void Result(string message) => Add(message);

    public void Output(IReadOnlyList<OutputLine> lines)
    {
        foreach (var line in lines)
        {
            Add(line.Text);
        }
    }

    public void Report(FlowDiagnostic diagnostic)
    {
        _diagnostics.Add(diagnostic);
        Add($"{diagnostic.Rule.Id}: {diagnostic.Message}");
    }

    private void Add(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
        }

        OnLine?.Invoke(line);
    }
}
