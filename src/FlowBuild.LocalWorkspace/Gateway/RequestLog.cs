using System.Collections.Concurrent;
using System.Globalization;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>The last requests of each deployment, as its server's log shows them. No bodies, no headers.</summary>
internal sealed class RequestLog
{
    private const int Kept = 500;
    private readonly ConcurrentDictionary<string, Queue<string>> _lines = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Set after every line.</summary>
    public ChangeSignal Changes { get; } = new();

    /// <summary>Adds a request.</summary>
    public void Add(string endpoint, string deployment, string method, string path, int status, string requestId, bool isMirrored)
    {
        Add(endpoint, deployment, string.Create(
            CultureInfo.InvariantCulture,
            $"[{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss}] 127.0.0.1 \"{method} /{path}\" {status} {requestId}{(isMirrored ? " (mirrored)" : "")}"));
    }

    /// <summary>Adds a line that the server printed.</summary>
    public void Add(string endpoint, string deployment, string line)
    {
        var lines = _lines.GetOrAdd(KeyOf(endpoint, deployment), static _ => new Queue<string>());
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > Kept)
            {
                lines.Dequeue();
            }
        }

        Changes.Set();
    }

    /// <summary>Drops the lines of a deployment that is deleted, or whose container has made way for another one.</summary>
    public void Forget(string endpoint, string deployment) => _lines.TryRemove(KeyOf(endpoint, deployment), out _);

    /// <summary>The lines of a deployment, oldest first.</summary>
    public IReadOnlyList<string> Lines(string endpoint, string deployment)
    {
        if (!_lines.TryGetValue(KeyOf(endpoint, deployment), out var lines))
        {
            return [];
        }

        lock (lines)
        {
            return [.. lines];
        }
    }

    private static string KeyOf(string endpoint, string deployment) => $"{endpoint}/{deployment}";
}
