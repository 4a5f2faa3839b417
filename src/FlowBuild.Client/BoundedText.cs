using System.Text;

namespace FlowBuild;

/// <summary>Text for people out of bytes of any length.</summary>
internal static class BoundedText
{
    public const int MaxBytes = 65_536;

    /// <summary>The first <see cref="MaxBytes"/> as text, no character cut in half; bytes that are no UTF-8 become U+FFFD.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= MaxBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        return Encoding.UTF8.GetString(utf8[..WholeCharacters(utf8, MaxBytes)]);
    }

    /// <summary>The largest length up to <paramref name="length"/> at which <paramref name="utf8"/> can be cut between two characters.</summary>
    public static int WholeCharacters(ReadOnlySpan<byte> utf8, int length)
    {
        // A continuation byte is 10xxxxxx; a character has at most three of them.
        for (var back = 0; back < 4 && length > 0 && length < utf8.Length && (utf8[length] & 0xC0) == 0x80; back++)
        {
            length--;
        }

        return length;
    }
}
