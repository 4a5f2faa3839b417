using FlowBuild.LocalWorkspace.Life;

namespace FlowBuild.LocalWorkspace.State;

/// <summary>Files that are either the old or the new content, whatever happens to process or machine in between.</summary>
internal static class DurableFile
{
    /// <summary>What the names of unfinished files end in; they mean nothing after a restart.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Writes a file. When it returns, the content has reached the disk.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = TemporaryNameFor(path);
        using (var stream = StateFolder.OpenFile(temporary, FileMode.CreateNew, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        Publish(temporary, path);
    }

    /// <summary>A name in the same folder that no other writer uses.</summary>
    public static string TemporaryNameFor(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $"{Guid.NewGuid():N}{TemporarySuffix}");

    /// <summary>Gives a finished, flushed temporary file its real name, durably.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        NativeMethods.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Removes a file durably.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        NativeMethods.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Removes what a killed process left unfinished.</summary>
    public static void RemoveUnfinished(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + TemporarySuffix))
        {
            File.Delete(file);
        }
    }
}
