using System.Runtime.InteropServices;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>The few calls to the C library for which .NET has no name. All do nothing on Windows.</summary>
internal static partial class NativeMethods
{
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint OwnerWanted = 0x8;
    private const int OwnerOffset = 20;

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

    /// <summary>Whether a file or folder belongs to the user who runs the process. True where the system cannot tell (only Linux can).</summary>
    public static bool IsOwnedByUser(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        Span<byte> status = stackalloc byte[256];
        if (Status(AtCurrentFolder, path, NoFollow, OwnerWanted, status) != 0)
        {
            throw new IOException($"'{path}' cannot be examined (error {Marshal.GetLastPInvokeError()}).");
        }

        return BitConverter.ToUInt32(status[OwnerOffset..]) == EffectiveUser();
    }

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, Span<byte> status);
}
