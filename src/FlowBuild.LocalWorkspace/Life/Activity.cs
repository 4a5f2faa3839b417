using System.Diagnostics;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Knows whether anything is going on, and since when nothing is.</summary>
internal sealed class Activity
{
    private readonly object _gate = new();
    private int _running;
    private long _lastEnd = Stopwatch.GetTimestamp();

    /// <summary>How long nothing has been running; zero while something is.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_gate)
            {
                return _running > 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_lastEnd);
            }
        }
    }

    /// <summary>Marks the begin of a request or a long-running operation.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _running++;
        }
    }

    /// <summary>Marks its end.</summary>
    public void End()
    {
        lock (_gate)
        {
            _running--;
            _lastEnd = Stopwatch.GetTimestamp();
        }
    }
}
