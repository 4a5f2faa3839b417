using System.Runtime.InteropServices;

namespace FlowBuild.LocalWorkspace.State;

/// <summary>Tells whose a file is. Compiled into the workspace and into its client, since both must know before they trust a file.</summary>
internal static partial class FileOwner
{
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint OwnerWanted = 0x8;
    private const int OwnerOffset = 20;

    /// <summary>Whether a file or folder belongs to the user who runs the process. True where the system cannot tell (only Linux can).</summary>
    /// <exception cref="IOException">It cannot be examined.</exception>
    public static bool IsUser(string path)
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

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, Span<byte> status);
}
