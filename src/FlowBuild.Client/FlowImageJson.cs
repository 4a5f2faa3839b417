using System.Text.Json;

namespace FlowBuild;

/// <summary>
/// Images in JSON, both message formats. An answer holds them as base64: <c>{"data:image/png;base64": "…"}</c> or
/// <c>{"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}</c>, the members in any order.
/// </summary>
internal static class FlowImageJson
{
    private const string Prefix = "data:";
    private const string Base64 = ";base64";
    private const string Url = ";url";

    public static FlowImage Read(ref Utf8JsonReader reader, string output)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FlowJson.Unfit(ref reader, output, "image");
        }

        try
        {
            return ReadObject(ref reader) ?? throw NoImage(output);
        }
        catch (InvalidOperationException exception)
        {
            // A text that is not Unicode.
            throw NoImage(output, exception);
        }
    }

    private static FlowContractException NoImage(string output, Exception? innerException = null) => new(
        $"The output '{output}' is declared as image, but the answer holds an object that is no image.", output, "image", innerException);

    private static FlowImage? ReadObject(ref Utf8JsonReader reader)
    {
        FlowImage? image = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                image = ReadBasic(ref reader, name);
            }
            else if (reader.TokenType == JsonTokenType.StartObject && name == "image_url")
            {
                image = ReadOpenAI(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return image;
    }

    public static void Write(Utf8JsonWriter writer, FlowImage image, FlowImageFormat format)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(image);

        writer.WriteStartObject();
        if (format == FlowImageFormat.OpenAIVision)
        {
            writer.WriteString("type"u8, "image_url"u8);
            writer.WriteStartObject("image_url"u8);
            writer.WriteString("url"u8, image.Uri?.AbsoluteUri ?? $"{Prefix}{image.MediaType}{Base64},{Convert.ToBase64String(image.Bytes.Span)}");
            writer.WriteEndObject();
        }
        else if (image.Uri is not null)
        {
            writer.WriteString($"{Prefix}{image.MediaType}{Url}", image.Uri.AbsoluteUri);
        }
        else
        {
            writer.WriteBase64String($"{Prefix}{image.MediaType}{Base64}", image.Bytes.Span);
        }

        writer.WriteEndObject();
    }

    // name: data:image/png;base64 or data:image/png;url.
    private static FlowImage? ReadBasic(ref Utf8JsonReader reader, string name)
    {
        if (name.EndsWith(Base64, StringComparison.Ordinal) && reader.TryGetBytesFromBase64(out var bytes))
        {
            return FromBytes(bytes, name[Prefix.Length..^Base64.Length]);
        }

        return name.EndsWith(Url, StringComparison.Ordinal) ? FromUri(reader.GetString()!) : null;
    }

    private static FlowImage? ReadOpenAI(ref Utf8JsonReader reader)
    {
        FlowImage? image = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUrl = reader.ValueTextEquals("url"u8);
            reader.Read();
            if (isUrl && reader.TokenType == JsonTokenType.String)
            {
                image = FromUrl(reader.GetString()!);
            }
            else
            {
                reader.Skip();
            }
        }

        return image;
    }

    private static FlowImage? FromUrl(string url)
    {
        if (!url.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return FromUri(url);
        }

        var comma = url.IndexOf(Base64 + ",", StringComparison.Ordinal);
        if (comma < 0)
        {
            return null;
        }

        var text = url.AsSpan(comma + Base64.Length + 1);
        var bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64Chars(text, bytes, out var count) ? FromBytes(bytes.AsMemory(0, count), url[Prefix.Length..comma]) : null;
    }

    private static FlowImage? FromBytes(ReadOnlyMemory<byte> bytes, string mediaType)
    {
        try
        {
            return FlowImage.FromBytes(bytes, mediaType);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static FlowImage? FromUri(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? FlowImage.FromUri(uri) : null;
}
