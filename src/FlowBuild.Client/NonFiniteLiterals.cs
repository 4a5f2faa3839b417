using System.Text.Json;

namespace FlowBuild;

/// <summary>
/// <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, which Python writes into JSON without quotes. They are read as strings. One character
/// of each is escaped, which Python never does to a letter, so that they differ from a text of the same characters.
/// </summary>
internal static class NonFiniteLiterals
{
    /// <summary>How many bytes a literal grows by when it becomes a string; the same for all of them.</summary>
    private const int Growth = 7;

    /// <summary>The document with its literals as strings, or null when it has none.</summary>
    /// <param name="document">Text that a JSON reader refused.</param>
    public static byte[]? Quote(ReadOnlySpan<byte> document)
    {
        var length = document.Length + ((long)Growth * Count(document));
        if (length == document.Length || length > Array.MaxLength)
        {
            return null;
        }

        var quoted = new byte[length];
        var target = quoted.AsSpan();
        while (!document.IsEmpty)
        {
            var (start, literal) = Next(document);
            document[..start].CopyTo(target);
            target = target[start..];
            document = document[(start + literal)..];
            if (literal > 0)
            {
                var text = Quoted(literal);
                text.CopyTo(target);
                target = target[text.Length..];
            }
        }

        return quoted;
    }

    /// <summary>Where a byte of the quoted document's line stands in the line of the original document.</summary>
    /// <param name="document">The original document.</param>
    /// <param name="line">The number of the line, from 0.</param>
    /// <param name="position">The byte's index in the line of the quoted document.</param>
    public static long OriginalPosition(ReadOnlySpan<byte> document, long line, long position)
    {
        for (; line > 0 && document.IndexOf((byte)'\n') is >= 0 and var end; line--)
        {
            document = document[(end + 1)..];
        }

        var before = 0L;
        while (Next(document) is (var start, > 0 and var literal) && before + start < position)
        {
            before += start + literal;
            position -= Math.Min(Growth, position - before);
            document = document[(start + literal)..];
        }

        return position;
    }

    /// <summary>What the literal behind the reader's string is called, or null when it is a real string.</summary>
    public static string? NameOf(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.String || !reader.ValueIsEscaped || reader.HasValueSequence ? null
        : reader.ValueSpan.SequenceEqual(Quoted(3)[1..^1]) ? "NaN"
        : reader.ValueSpan.SequenceEqual(Quoted(8)[1..^1]) ? "Infinity"
        : reader.ValueSpan.SequenceEqual(Quoted(9)[1..^1]) ? "-Infinity"
        : null;

    private static ReadOnlySpan<byte> Quoted(int literal) => literal switch
    {
        3 => @"""\u004eaN"""u8,
        8 => @"""\u0049nfinity"""u8,
        _ => @"""-\u0049nfinity"""u8,
    };

    private static int Count(ReadOnlySpan<byte> document)
    {
        var count = 0;
        while (Next(document) is (var start, > 0 and var literal))
        {
            count++;
            document = document[(start + literal)..];
        }

        return count;
    }

    /// <summary>The next literal outside a string, and its length; the document's end and 0 when there is none.</summary>
    private static (int Start, int Length) Next(ReadOnlySpan<byte> document)
    {
        for (var i = 0; i < document.Length; i++)
        {
            switch (document[i])
            {
                case (byte)'"':
                    i = EndOfString(document, i);
                    break;
                case (byte)'N' when document[i..].StartsWith("NaN"u8):
                    return (i, 3);
                case (byte)'I' when document[i..].StartsWith("Infinity"u8):
                    return (i, 8);
                case (byte)'-' when document[i..].StartsWith("-Infinity"u8):
                    return (i, 9);
            }
        }

        return (document.Length, 0);
    }

    private static int EndOfString(ReadOnlySpan<byte> document, int start)
    {
        var i = start + 1;
        while (i < document.Length && document[i] != '"')
        {
            i += document[i] == '\\' ? 2 : 1;
        }

        return i;
    }
}
