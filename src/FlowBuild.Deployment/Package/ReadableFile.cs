using System.Formats.Tar;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Package;

/// <summary>Whether a file is one that can be read to its end. Opening a pipe would wait for whoever writes to it, without an end.</summary>
internal static class ReadableFile
{
    /// <summary>Requires that a path leads to a file with content, empty or not.</summary>
    /// <exception cref="FlowDeploymentException">It leads to a pipe, a socket or a device.</exception>
    public static void Require(string path)
    {
        var file = new FileInfo(path);
        if (file.Attributes.HasFlag(FileAttributes.ReparsePoint) && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
        {
            file = target;
        }

        // What is no file with content has no length.
        if (!OperatingSystem.IsWindows() && file.Length == 0 && !IsRegular(file.FullName))
        {
            throw FlowDeploymentException.At(PackageRules.NotAFile, path, null, Path.GetFileName(path));
        }
    }

    // Of what the runtime offers only the archive format tells the kind, and it opens nothing but regular files.
    private static bool IsRegular(string path)
    {
        using var archive = new MemoryStream();
        try
        {
            using var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true);
            writer.WriteEntry(path, "file");
        }
        catch (IOException) when (File.Exists(path))
        {
            // A socket has no place in an archive.
            return false;
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType == TarEntryType.RegularFile;
    }
}
