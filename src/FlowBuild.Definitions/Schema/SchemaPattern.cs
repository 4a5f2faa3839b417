using System.Text;

namespace FlowBuild.Definitions.Schema;

/// <summary>Pieces of the regular expressions in schemas, which know no switch for letter case.</summary>
internal static class SchemaPattern
{
    /// <summary>A word of ASCII letters in any case; other characters stand for themselves.</summary>
    public static string IgnoreCase(string word)
    {
        var pattern = new StringBuilder(word.Length * 4);
        foreach (var c in word)
        {
            if (c is >= 'a' and <= 'z')
            {
                pattern.Append('[').Append(c).Append(char.ToUpperInvariant(c)).Append(']');
            }
            else
            {
                pattern.Append(c);
            }
        }

        return pattern.ToString();
    }
}
