using System.Text;
using System.Text.RegularExpressions;

namespace FlowBuild.Deployment.Package;

/// <summary>
/// The rules of the one ignore file that az ml reads: <c>.amlignore</c> in the uploaded root, else <c>.gitignore</c> there, else
/// none. Nested ignore files are not read, and the last rule that matches wins.
/// </summary>
public sealed class IgnoreRules
{
    private readonly List<(Regex Pattern, bool Excludes)> _rules = [];

    private IgnoreRules(string? file) => File = file;

    /// <summary>No rules.</summary>
    public static IgnoreRules None { get; } = new(null);

    /// <summary>Name of the file that the rules come from, or null.</summary>
    public string? File { get; }

    /// <summary>Reads the rules of a folder.</summary>
    public static IgnoreRules Of(string folder)
    {
        foreach (var name in (ReadOnlySpan<string>)[".amlignore", ".gitignore"])
        {
            var path = Path.Combine(folder, name);
            if (System.IO.File.Exists(path))
            {
                return Parse(name, System.IO.File.ReadAllText(path));
            }
        }

        return None;
    }

    /// <summary>Reads the text of an ignore file.</summary>
    public static IgnoreRules Parse(string? file, string text)
    {
        var rules = new IgnoreRules(file);
        foreach (var line in text.Split('\n'))
        {
            rules.Add(line.TrimEnd());
        }

        return rules;
    }

    /// <summary>Whether a path (relative to the root, with <c>/</c>, no trailing slash) is excluded.</summary>
    public bool Excludes(string path)
    {
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            if (_rules[i].Pattern.IsMatch(path))
            {
                return _rules[i].Excludes;
            }
        }

        return false;
    }

    private void Add(string line)
    {
        if (line.Length == 0 || line[0] == '#' || line == "/")
        {
            return;
        }

        var excludes = line[0] != '!';
        var pattern = excludes ? line : line[1..];
        if (pattern.Length > 1 && pattern[0] == '\\' && pattern[1] is '#' or '!')
        {
            pattern = pattern[1..];
        }

        if (ToRegex(pattern) is { } regex)
        {
            _rules.Add((regex, excludes));
        }
    }

    // A pattern with a slash before its end is anchored at the root; any other matches at every depth. What matches a folder
    // matches everything below it, and a trailing slash matches only what lies below.
    private static Regex? ToRegex(string pattern)
    {
        var segments = pattern.Split('/').ToList();
        var belowOnly = segments.Count > 1 && segments[^1].Length == 0;
        if (belowOnly)
        {
            segments.RemoveAt(segments.Count - 1);
        }

        if (segments[0].Length == 0)
        {
            segments.RemoveAt(0);
        }
        else if (segments.Count == 1 && segments[0] != "**")
        {
            segments.Insert(0, "**");
        }

        segments.RemoveAll(static s => s.Length == 0);
        if (segments.Count == 0)
        {
            return null;
        }

        var regex = new StringBuilder("^");
        var separated = true;
        for (var i = 0; i < segments.Count; i++)
        {
            var last = i == segments.Count - 1;
            if (segments[i] == "**")
            {
                if (last)
                {
                    // Everything below the folder named so far, or everything at all.
                    regex.Append(i == 0 ? ".+" : separated ? ".+" : "/.+");
                }
                else if (separated)
                {
                    regex.Append("(?:.+/)?");
                }
                else
                {
                    regex.Append("/(?:.+/)?");
                    separated = true;
                }

                continue;
            }

            if (!separated)
            {
                regex.Append('/');
            }

            AppendSegment(regex, segments[i]);
            separated = false;
        }

        if (segments[^1] != "**")
        {
            regex.Append(belowOnly ? "/.+" : "(?:/.*)?");
        }

        regex.Append('$');
        return new Regex(regex.ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }

    private static void AppendSegment(StringBuilder regex, string segment)
    {
        for (var i = 0; i < segment.Length; i++)
        {
            switch (segment[i])
            {
                case '*':
                    regex.Append(segment.Length == 1 ? "[^/]+" : "[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '\\' when i + 1 < segment.Length:
                    regex.Append(Regex.Escape(segment[++i].ToString()));
                    break;
                case '[' when ClassEnd(segment, i) is { } end:
                    AppendClass(regex, segment[(i + 1)..end]);
                    i = end;
                    break;
                default:
                    regex.Append(Regex.Escape(segment[i].ToString()));
                    break;
            }
        }
    }

    private static int? ClassEnd(string segment, int start)
    {
        var i = start + 1;
        if (i < segment.Length && segment[i] is '!' or '^')
        {
            i++;
        }

        // A bracket in the first place is a member of the class.
        var end = segment.IndexOf(']', Math.Min(i + 1, segment.Length));
        return end < 0 ? null : end;
    }

    private static void AppendClass(StringBuilder regex, string members)
    {
        var negated = members[0] is '!' or '^';
        regex.Append(negated ? "[^" : "[");
        foreach (var member in negated ? members[1..] : members)
        {
            regex.Append(member is '\\' or '[' or ']' or '^' ? $@"\{member}" : member.ToString());
        }

        regex.Append(']');
    }
}
