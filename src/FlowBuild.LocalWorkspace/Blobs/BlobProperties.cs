using System.Text.Json.Serialization;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>What is known of a blob besides its content.</summary>
/// <param name="Container">The container.</param>
/// <param name="Name">The name, decoded.</param>
/// <param name="Length">Bytes of content.</param>
/// <param name="ETag">Changes with every write; without quotes.</param>
/// <param name="Created">When the blob was first written.</param>
/// <param name="LastModified">When content, headers or metadata were written last.</param>
/// <param name="Headers">The content headers that a download returns, by header name (<c>Content-Type</c>, ...).</param>
/// <param name="Metadata">The user's metadata; names compare without case.</param>
/// <param name="Blocks">The committed blocks in order, empty for a blob that was put whole.</param>
internal sealed record BlobProperties(
    [property: JsonRequired] string Container,
    [property: JsonRequired] string Name,
    long Length,
    string ETag,
    DateTimeOffset Created,
    DateTimeOffset LastModified,
    IReadOnlyDictionary<string, string> Headers,
    IReadOnlyDictionary<string, string> Metadata,
    [property: JsonRequired] IReadOnlyList<BlobBlock> Blocks)
{
    /// <summary>The moment of the last put or commit, as in the names of block files: no block of before waits any more.</summary>
    public long WaitingSince { get; init; }

    /// <summary>MD5 of the content, base64, or null.</summary>
    public string? ContentMd5 => Headers.GetValueOrDefault("Content-MD5");
}

/// <summary>A committed or waiting block.</summary>
/// <param name="Id">The id that the client chose, base64.</param>
/// <param name="Length">Bytes.</param>
/// <param name="File">Name of the file that holds its content.</param>
internal sealed record BlobBlock([property: JsonRequired] string Id, [property: JsonRequired] long Length, [property: JsonRequired] string File);

/// <summary>What the file of a block says of it.</summary>
/// <param name="Id">The id that the client chose, base64.</param>
/// <param name="Length">Bytes.</param>
internal sealed record BlockTrailer([property: JsonRequired] string Id, [property: JsonRequired] long Length);
