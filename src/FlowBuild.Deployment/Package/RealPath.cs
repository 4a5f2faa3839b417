namespace FlowBuild.Deployment.Package;

/// <summary>Paths with every symbolic link on the way resolved, so that a comparison of prefixes holds.</summary>
internal static class RealPath
{
    // As Linux does.
    private const int MostLinks = 40;

    /// <summary>Where a path leads; what does not exist stays as it is written.</summary>
    /// <param name="path">A full path.</param>
    /// <exception cref="IOException">Symbolic links lead in a circle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var current = Path.GetPathRoot(full)!;
        var ahead = new Stack<string>(Segments(full[current.Length..]));
        for (var links = 0; ahead.TryPop(out var segment);)
        {
            if (segment is "." or "..")
            {
                current = segment == "." ? current : Path.GetDirectoryName(current) ?? current;
                continue;
            }

            var next = Path.Combine(current, segment);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"Too many levels of symbolic links in '{path}'.");
            }

            var root = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : "";
            current = root.Length > 0 ? Path.GetFullPath(root) : current;
            foreach (var part in Segments(target[root.Length..]))
            {
                ahead.Push(part);
            }
        }

        return current;
    }

    private static IEnumerable<string> Segments(string path) =>
        path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
            .AsEnumerable().Reverse();
}
