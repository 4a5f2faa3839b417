using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FlowBuild;

/// <summary>An image that goes into a flow or comes out of it: its bytes, or where it can be fetched.</summary>
public sealed class FlowImage
{
    private const string UnknownMediaType = "image/*";

    private FlowImage(ReadOnlyMemory<byte> bytes, string mediaType, Uri? uri)
    {
        Bytes = bytes;
        MediaType = mediaType;
        Uri = uri;
    }

    /// <summary>The image's bytes. Empty when <see cref="Uri"/> is set. An answer always brings bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The media type, such as <c>image/png</c>; <c>image/*</c> when it is not known.</summary>
    public string MediaType { get; }

    /// <summary>Where the server shall fetch the image. Null when <see cref="Bytes"/> holds it.</summary>
    public Uri? Uri { get; }

    /// <summary>An image from its bytes, which are not copied.</summary>
    /// <exception cref="ArgumentException">There are no bytes (the server refuses an empty image), or the media type is not <c>image/…</c>.</exception>
    public static FlowImage FromBytes(ReadOnlyMemory<byte> bytes, string mediaType)
    {
        if (bytes.IsEmpty)
        {
            throw new ArgumentException("An image needs bytes.", nameof(bytes));
        }

        return new(bytes, Checked(mediaType), null);
    }

    /// <summary>An image from what is left in a stream, which is read to its end and not closed.</summary>
    /// <exception cref="ArgumentException">The stream was at its end, or the media type is not <c>image/…</c>.</exception>
    public static async Task<FlowImage> FromStreamAsync(Stream stream, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Checked(mediaType);

        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
        return FromBytes(copy.ToArray(), mediaType);
    }

    /// <summary>An image that the server fetches from the web itself.</summary>
    /// <param name="uri">An absolute http or https URI.</param>
    /// <param name="mediaType">The media type when it is known.</param>
    /// <exception cref="ArgumentException">The URI is not absolute http or https, or the media type is not <c>image/…</c>.</exception>
    public static FlowImage FromUri(Uri uri, string mediaType = UnknownMediaType)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || uri.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("The server fetches an image only from an absolute http or https URI.", nameof(uri));
        }

        return new(default, Checked(mediaType), uri);
    }

    /// <summary>An image that stands in a list or an object of an answer, in either message format.</summary>
    /// <exception cref="FlowContractException">The JSON is no image.</exception>
    public static FlowImage FromJson(JsonElement json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json.GetRawText()));
        reader.Read();
        return FlowImageJson.Read(ref reader, "image");
    }

    /// <summary>The image as an item of a list or a member of an object that goes into a flow.</summary>
    /// <param name="format">The flow's <c>message_format</c>.</param>
    public JsonElement ToJson(FlowImageFormat format = FlowImageFormat.Basic)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            FlowImageJson.Write(writer, this, format);
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>Says what the image is, such as <c>image/png, 1234 bytes</c> or its URI without user and query; none of its content.</summary>
    public override string ToString() =>
        Uri is null ? string.Create(CultureInfo.InvariantCulture, $"{MediaType}, {Bytes.Length} bytes") : $"{MediaType}, {FlowHttp.Address(Uri)}";

    private static string Checked(string mediaType)
    {
        ArgumentNullException.ThrowIfNull(mediaType);
        var subtype = mediaType.StartsWith("image/", StringComparison.Ordinal) ? mediaType.AsSpan("image/".Length) : [];
        if (subtype.IsEmpty || (subtype is not "*" && subtype.ContainsAnyExcept(SubtypeCharacters)))
        {
            throw new ArgumentException($"'{mediaType}' is no media type of an image; write, for example, 'image/png'.", nameof(mediaType));
        }

        return mediaType;
    }

    private static readonly SearchValues<char> SubtypeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-");
}
