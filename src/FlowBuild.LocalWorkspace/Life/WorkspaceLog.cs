using System.Globalization;
using System.Text;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>The one place where a local workspace speaks about itself: <c>workspace.log</c>. Never holds a secret.</summary>
internal sealed class WorkspaceLog : IDisposable
{
    private const long LargestKept = 1024 * 1024;
    private readonly object _gate = new();
    private readonly FileStream _file;

    /// <summary>Opens the log; a long one starts anew.</summary>
    public WorkspaceLog(StateFolder folder)
    {
        var path = folder.FilePath("workspace.log");
        if (File.Exists(path) && new FileInfo(path).Length > LargestKept)
        {
            File.Delete(path);
        }

        _file = StateFolder.OpenFile(path, FileMode.Append, FileShare.ReadWrite);
    }

    /// <summary>Writes a line with the time and the process id.</summary>
    public void Write(string message)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {Environment.ProcessId} {message}\n");
        lock (_gate)
        {
            if (_file.CanWrite)
            {
                _file.Write(Encoding.UTF8.GetBytes(line));
                _file.Flush();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }
}
