using System.Formats.Tar;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Package;

/// <summary>Reads regular files only. Opening a pipe would wait for whoever writes to it, and a device may have no end.</summary>
internal static class ReadableFile
{
    /// <summary>
    /// The most bytes that are read of a file of text: a YAML file, a template, a conda file, an ignore file. 4 MB, as the YAML readers take.
    /// </summary>
    public const int LongestText = 4 * 1024 * 1024;

    /// <summary>Requires that an entry of a packaged folder leads to a file with content, empty or not.</summary>
    /// <exception cref="FlowDeploymentException">It leads to a pipe, a socket or a device.</exception>
    public static void Require(string path)
    {
        if (!IsRegular(path))
        {
            throw FlowDeploymentException.At(PackageRules.NotAFile, path, null, Path.GetFileName(path));
        }
    }

    /// <summary>Whether a path leads to a regular file, and not to a pipe, a socket or a device.</summary>
    /// <exception cref="IOException">There is no file.</exception>
    public static bool IsRegular(string path)
    {
        var file = new FileInfo(path);
        if (file.Attributes.HasFlag(FileAttributes.ReparsePoint))
        {
            file = new FileInfo(RealPath.Of(path));
        }

        // What is no regular file has no length.
        return OperatingSystem.IsWindows() || file.Length > 0 || HasEntryOfFile(file.FullName);
    }

    /// <summary>The text of a file, of at most <see cref="LongestText"/> bytes.</summary>
    /// <exception cref="FlowDeploymentException">It is too large, or no regular file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(path, LongestText)));
        return reader.ReadToEnd();
    }

    /// <summary>The content of a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="limit">The most bytes that are read.</param>
    /// <exception cref="FlowDeploymentException">It is too large, or no regular file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path, int limit)
    {
        if (File.Exists(path) && !IsRegular(path))
        {
            throw FlowDeploymentException.At(
                PackageRules.NotRegularFile, path, null, Path.GetFileName(path), PackageRules.SpecialFile, "a regular file");
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, read);
            // It may grow meanwhile, and some files have no length.
            if (content.Length > limit || file.Length > limit)
            {
                throw FlowDeploymentException.At(PackageRules.FileTooLarge, path, null, Path.GetFileName(path), Sizes.Text(limit));
            }
        }

        return content.ToArray();
    }

    // Of what the runtime offers only the archive format tells the kind, and it opens nothing but regular files.
    private static bool HasEntryOfFile(string path)
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
