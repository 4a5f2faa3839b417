using System.Globalization;
using System.Text;

namespace FlowBuild.Definitions.Text;

/// <summary>Decodes files that must be UTF-8, as promptflow and az ml open them. A byte order mark of UTF-8 is skipped.</summary>
public static class Utf8Text
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes the content of a file.</summary>
    /// <param name="bytes">The content.</param>
    /// <param name="fault">Where and why it is not UTF-8; null when it is.</param>
    /// <returns>The text, or null when the content is not UTF-8.</returns>
    public static string? Decode(byte[] bytes, out Located<string>? fault)
    {
        fault = null;
        if (bytes.Length >= 2 && (bytes[0], bytes[1]) is (0xFF, 0xFE) or (0xFE, 0xFF))
        {
            fault = new("it begins with the byte order mark of UTF-16", new(0, 0, 0, 1));
            return null;
        }

        var start = bytes.Length >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0;
        try
        {
            return Strict.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException e)
        {
            var at = Math.Max(start, Math.Min(start + Math.Max(e.Index, 0), bytes.Length - 1));
            fault = new($"the byte 0x{bytes[at].ToString("X2", CultureInfo.InvariantCulture)} begins no character", SpanOf(bytes, start, at));
            return null;
        }
    }

    private static SourceSpan SpanOf(byte[] bytes, int start, int at)
    {
        var (line, lineStart) = (0, start);
        for (var i = start; i < at; i++)
        {
            if (bytes[i] == (byte)'\n')
            {
                line++;
                lineStart = i + 1;
            }
        }

        var column = Encoding.UTF8.GetCharCount(bytes, lineStart, at - lineStart);
        return new(line, column, line, column + 1);
    }
}
