using System.IO.Enumeration;

namespace FlowBuild.Deployment.Package;

/// <summary>An entry of a folder, as far as the folder's listing tells it: no call of the system for each entry.</summary>
/// <param name="Name">The entry's name.</param>
/// <param name="IsFolder">It is a folder, or a link to one.</param>
/// <param name="MayBeLink">It is a link, or another kind of reparse point.</param>
internal readonly record struct FolderEntry(string Name, bool IsFolder, bool MayBeLink)
{
    /// <summary>The entries of a folder, sorted by name (ordinal).</summary>
    public static FolderEntry[] In(string folder)
    {
        // The attributes of one entry cost a call each, while a listing without links costs none: what only the whole listing holds
        // is a link, or was made in between and is looked at as if it were one.
        var plain = List(folder, FileAttributes.ReparsePoint).Select(static e => e.Name).ToHashSet(StringComparer.Ordinal);
        FolderEntry[] entries = [.. List(folder, 0).Select(e => e with { MayBeLink = !plain.Contains(e.Name) })];
        Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    private static FileSystemEnumerable<FolderEntry> List(string folder, FileAttributes skipped) => new(
        folder,
        static (ref FileSystemEntry e) => new FolderEntry(e.FileName.ToString(), e.IsDirectory, MayBeLink: false),
        new EnumerationOptions { AttributesToSkip = skipped, IgnoreInaccessible = false });
}
