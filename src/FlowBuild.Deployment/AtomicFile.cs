namespace FlowBuild.Deployment;

/// <summary>Writes files whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Replaces a file's content; an equal file keeps its time, except a private one, which may be readable by others.</summary>
    /// <param name="file">Full path; missing folders are made.</param>
    /// <param name="content">The new content.</param>
    /// <param name="isPrivate">Only the owner may read it (where the system knows modes).</param>
    public static void Write(string file, ReadOnlySpan<byte> content, bool isPrivate = false)
    {
        if (!isPrivate && File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(content))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var temporary = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (isPrivate && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
            }

            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
