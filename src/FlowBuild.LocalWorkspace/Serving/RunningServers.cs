using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>
/// Notes on disk which servers of flows run, so that those of a workspace that was killed are ended by the next one. A server is known by
/// its process id and the time of its start, since an id goes to another process one day.
/// </summary>
internal sealed class RunningServers(StateFolder folder)
{
    // The system counts from its start, and the clock may have been set since.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);
    private readonly string _folder = folder.Subfolder("servers");

    /// <summary>Notes a server that was just started.</summary>
    public void Add(Process server)
    {
        try
        {
            DurableFile.Write(FileOf(server.Id), System.Text.Encoding.ASCII.GetBytes(server.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)));
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>Forgets a server that has ended.</summary>
    public void Remove(int processId) => File.Delete(FileOf(processId));

    /// <summary>Ends the servers that a killed workspace left behind.</summary>
    public void EndLeftBehind()
    {
        DurableFile.RemoveUnfinished(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder).ToList())
        {
            if (int.TryParse(Path.GetFileName(file), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && DateTime.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var started))
            {
                End(id, started);
            }

            File.Delete(file);
        }
    }

    private static void End(int processId, DateTime started)
    {
        try
        {
            using var server = Process.GetProcessById(processId);
            if ((server.StartTime.ToUniversalTime() - started).Duration() <= Tolerance)
            {
                server.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended, or is another user's and so another process.
        }
    }

    private string FileOf(int processId) => Path.Combine(_folder, processId.ToString(CultureInfo.InvariantCulture));
}
