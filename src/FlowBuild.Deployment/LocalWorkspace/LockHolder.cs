using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace FlowBuild.Deployment.LocalWorkspace;

/// <summary>
/// The process that holds the lock of a state folder, found by <c>lock.pid</c> beside it: its id, when it started, and whether it is ready.
/// </summary>
/// <param name="Process">The process.</param>
/// <param name="IsReady">It is neither starting nor leaving.</param>
internal sealed record LockHolder(Process Process, bool IsReady) : IDisposable
{
    // The system counts from its start, and the clock may have been set since.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>Whether any process serves the folder.</summary>
    private static bool IsHeld(StatePath folder)
    {
        try
        {
            using var file = new FileStream(folder.File("lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>
    /// The process, or null: the lock is free, or held by a program that is more than a workspace, or the id has gone to another
    /// process since.
    /// </summary>
    public static LockHolder? Find(StatePath folder)
    {
        if (!IsHeld(folder) || folder.ReadFile("lock.pid") is not { } bytes
            || Encoding.ASCII.GetString(bytes).Split(' ', StringSplitOptions.TrimEntries) is not [var id, var start, var word]
            || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var processId) || processId == Environment.ProcessId
            || !DateTime.TryParse(start, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var started))
        {
            return null;
        }

        Process? process = null;
        try
        {
            process = Process.GetProcessById(processId);
            if ((process.StartTime.ToUniversalTime() - started).Duration() <= Tolerance)
            {
                return new LockHolder(process, word == "ready");
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended, or is not ours to look at.
        }

        process?.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Process.Dispose();
}
