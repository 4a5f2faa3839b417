using Microsoft.Win32.SafeHandles;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>
/// The content of a blob, read from the files that hold it one after another. All are open from the start, so that what is read is one
/// state of the blob, whatever replaces it meanwhile.
/// </summary>
internal sealed class BlobContent : Stream
{
    private readonly IReadOnlyList<(SafeFileHandle File, long Length)> _parts;
    private long _position;

    /// <summary>The first bytes of open files, one after another; closes them in the end.</summary>
    public BlobContent(params IReadOnlyList<(SafeFileHandle File, long Length)> parts)
    {
        _parts = parts;
        Length = parts.Sum(static p => p.Length);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Opens files for their first bytes.</summary>
    /// <exception cref="FileNotFoundException">One of them was removed.</exception>
    public static BlobContent Open(IEnumerable<(string Path, long Length)> parts)
    {
        var open = new List<(SafeFileHandle File, long Length)>();
        try
        {
            foreach (var (path, length) in parts)
            {
                open.Add((BlobFile.Open(path), length));
            }

            return new BlobContent(open);
        }
        catch
        {
            open.ForEach(static p => p.File.Dispose());
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Find(buffer.Length) is not var (file, start, count))
        {
            return 0;
        }

        var read = await RandomAccess.ReadAsync(file, buffer[..count], start, cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        if (Find(count) is not var (file, start, most))
        {
            return 0;
        }

        var read = RandomAccess.Read(file, buffer.AsSpan(offset, most), start);
        _position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => _position,
        SeekOrigin.End => Length,
        _ => 0,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var (file, _) in _parts)
            {
                file.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    // The file that holds the position, the place in it, and how many of the bytes it can give.
    private (SafeFileHandle File, long Start, int Count)? Find(int most)
    {
        var start = _position;
        foreach (var (file, length) in _parts)
        {
            if (start < length)
            {
                return (file, start, (int)Math.Min(most, length - start));
            }

            start -= length;
        }

        return null;
    }
}
