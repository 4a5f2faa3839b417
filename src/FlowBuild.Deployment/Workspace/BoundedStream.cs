using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>The body of a response, which must neither be too large nor arrive for ever.</summary>
/// <param name="content">The body.</param>
/// <param name="time">How long it may take to arrive, from now on.</param>
/// <param name="request">The request that it answers, for messages.</param>
internal sealed class BoundedStream(Stream content, TimeSpan time, string request) : Stream
{
    /// <summary>The largest body, in bytes; the longest page of a storage account's list is smaller.</summary>
    public const int Largest = 64 * 1024 * 1024;

    private readonly long _started = TimeProvider.System.GetTimestamp();
    private long _length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Checked(content.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Checked(await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Checked(int read)
    {
        _length += read;
        return _length > Largest ? throw Unusable($"it is larger than {Sizes.Text(Largest)}")
            : read > 0 && TimeProvider.System.GetElapsedTime(_started) > time
                ? throw Unusable($"it did not end within {ResourceOperation.Elapsed(time)}")
            : read;
    }

    private FlowDeploymentException Unusable(string problem) =>
        FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, request, problem);
}
