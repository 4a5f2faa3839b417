using System.Runtime.InteropServices;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>The few calls to the C library for which .NET has no name. All do nothing on Windows.</summary>
internal static partial class NativeMethods
{
    /// <summary>Makes the process the leader of a new session without a terminal. A process that already leads a group stays where it is.</summary>
    public static void StartOwnSession()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetSession();
        }
    }

    /// <summary>Flushes a folder's entries to the disk, so that a rename survives a power cut.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var handle = Open(folder, 0);
        if (handle < 0)
        {
            throw new IOException($"The folder '{folder}' cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }

        try
        {
            if (Flush(handle) != 0)
            {
                throw new IOException($"The folder '{folder}' cannot be flushed (error {Marshal.GetLastPInvokeError()}).");
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
