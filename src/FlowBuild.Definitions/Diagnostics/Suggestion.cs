namespace FlowBuild.Definitions.Diagnostics;

/// <summary>Finds the word that was meant.</summary>
public static class Suggestion
{
    /// <summary>The nearest of some words, or null when none is near enough to be meant.</summary>
    /// <param name="word">The word.</param>
    /// <param name="candidates">The words that it may stand for.</param>
    /// <param name="limit">The most edits between the two; by default two fifths of the word's length.</param>
    public static string? Nearest(string word, IEnumerable<string> candidates, int? limit = null)
    {
        if (word.Length is 0 or > 64)
        {
            return null;
        }

        string? best = null;
        List<string>? begun = null;
        var bestDistance = (limit ?? Math.Max(1, word.Length * 2 / 5)) + 1;
        foreach (var candidate in candidates)
        {
            var distance = string.Equals(word, candidate, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(word, candidate);
            if (distance < bestDistance)
            {
                best = candidate;
                bestDistance = distance;
            }

            if (word.Length >= 3 && candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                (begun ??= []).Add(candidate);
            }
        }

        // An abbreviation, such as 'ref', is as far from its word as from others; it is one when it can stand for one word only.
        return best ?? (begun is { Count: 1 } ? begun[0] : null);
    }

    /// <summary>The end of a message: <c>; did you mean 'x'?</c>, or another text where no word is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> candidates, string otherwise = "") =>
        Nearest(word, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : otherwise;

    /// <summary>Edits (insert, delete, replace, swap of neighbours) between two words, ignoring case.</summary>
    private static int Distance(string left, string right)
    {
        var before = new int[right.Length + 1];
        var last = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(last[j] + 1, current[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, last, current) = (last, current, before);
        }

        return last[right.Length];

        static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
    }
}
