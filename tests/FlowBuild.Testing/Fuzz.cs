using System.Globalization;

namespace FlowBuild.Testing;

/// <summary>Damaged texts out of good ones. The seed is fixed, so a failure comes again.</summary>
public static class Fuzz
{
    /// <summary>How many texts to try: <c>FLOWBUILD_FUZZ</c>, else <paramref name="otherwise"/>.</summary>
    public static int Count(int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("FLOWBUILD_FUZZ"), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>One of the texts with one to five edits: parts that are cut, repeated or replaced, and fragments of the format put in.</summary>
    public static string Damage(IReadOnlyList<string> texts, IReadOnlyList<string> fragments, Random random)
    {
        var text = texts[random.Next(texts.Count)];
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            var end = Math.Min(text.Length, at + random.Next(1, 30));
            var other = texts[random.Next(texts.Count)];
            text = random.Next(6) switch
            {
                0 => text[..at] + text[end..],
                1 => text[..at] + fragments[random.Next(fragments.Count)] + text[at..],
                2 => text[..at] + fragments[random.Next(fragments.Count)] + text[end..],
                3 => text[..end] + text[at..],
                4 => text[..at] + (char)random.Next(0, random.Next(4) == 0 ? 0x10000 : 0x80) + text[at..],
                _ => text[..at] + other[random.Next(other.Length + 1)..],
            };
        }

        return text;
    }
}
