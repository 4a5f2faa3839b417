using System.Globalization;
using System.Text;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>The bytes of a request's body as Python reads them.</summary>
internal static class RequestText
{
    /// <summary>
    /// The text that <c>json.loads</c> reads: in UTF-8, or in UTF-16 or UTF-32 where a mark or the zeros of the first characters show it.
    /// </summary>
    /// <returns>The text without a byte order mark, or null when the bytes are not in that encoding.</returns>
    public static string? OfJson(ReadOnlySpan<byte> body)
    {
        try
        {
            return EncodingOf(body).GetString(body).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary><c>str(body, "UTF-8")</c>: a byte order mark stays.</summary>
    /// <exception cref="ScoringException">The bytes are not UTF-8: 500, with what Python says.</exception>
    public static string OfUtf8(ReadOnlySpan<byte> body)
    {
        for (var at = 0; at < body.Length;)
        {
            var status = Rune.DecodeFromUtf8(body[at..], out _, out var length);
            if (status != System.Buffers.OperationStatus.Done)
            {
                throw Undecodable(body, at, length, isCut: status == System.Buffers.OperationStatus.NeedMoreData);
            }

            at += length;
        }

        return Encoding.UTF8.GetString(body);
    }

    private static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static Encoding EncodingOf(ReadOnlySpan<byte> body) => body switch
    {
        [0, 0, 0xFE, 0xFF, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0xFF, 0xFE, 0, 0, ..] => new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0, 0, _, _, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: false, throwOnInvalidCharacters: true),
        [0, _, _, _, ..] or [0, _] => new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true),
        [_, 0, 0, 0, ..] => new UTF32Encoding(bigEndian: false, byteOrderMark: false, throwOnInvalidCharacters: true),
        [_, 0, _, _, ..] or [_, 0] => new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true),
        _ => Utf8,
    };

    private static ScoringException Undecodable(ReadOnlySpan<byte> body, int at, int length, bool isCut)
    {
        var reason = isCut ? "unexpected end of data" : body[at] is (>= 0xC2 and <= 0xF4) ? "invalid continuation byte" : "invalid start byte";
        var what = length == 1 ? $"byte 0x{body[at]:x2} in position {at}" : $"bytes in position {at}-{at + length - 1}";
        return ScoringException.System(string.Create(CultureInfo.InvariantCulture, $"'utf-8' codec can't decode {what}: {reason}"));
    }
}
