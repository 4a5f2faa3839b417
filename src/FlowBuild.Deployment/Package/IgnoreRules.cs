using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Package;

/// <summary>
/// The rules of the one ignore file that az ml reads: <c>.amlignore</c> in the uploaded root, else <c>.gitignore</c> there, else
/// none. Nested ignore files are not read, and the last rule that matches wins.
/// </summary>
public sealed class IgnoreRules
{
    // What no path matches; the engine that runs in linear time has no other word for it.
    private const string Nothing = @"[^\s\S]";

    // Each path of the folder is held against each pattern.
    private const int MostPatterns = 2000;
    private const int LongestPattern = 1024;

    private readonly List<Rule> _rules = [];
    private readonly List<IgnoreFault> _faults = [];

    private IgnoreRules(string? file) => File = file;

    /// <summary>No rules.</summary>
    public static IgnoreRules None { get; } = new(null);

    /// <summary>Name of the file that the rules come from, or null.</summary>
    public string? File { get; }

    /// <summary>What is wrong with its patterns, in the order of the file.</summary>
    public IReadOnlyList<IgnoreFault> Faults => _faults;

    /// <summary>Reads the rules of a folder.</summary>
    /// <param name="folder">Full path of the folder.</param>
    /// <param name="paths">Where its ignore file may lead; null: within the folder.</param>
    /// <exception cref="FlowDeploymentException">The ignore file leads elsewhere, is too large, or is no regular file.</exception>
    public static IgnoreRules Of(string folder, ProjectPaths? paths = null)
    {
        paths ??= new ProjectPaths(folder, allowOutside: false, folder);
        foreach (var name in (ReadOnlySpan<string>)[".amlignore", ".gitignore"])
        {
            var path = Path.Combine(folder, name);
            if (System.IO.File.Exists(path))
            {
                var text = paths.ReadText(new NamedPath(path, name, path, null));
                return Limit(text) is not { } limit ? Parse(name, text)
                    : throw FlowDeploymentException.At(PackageRules.FileTooLarge, path, limit.Span, name, limit.Text);
            }
        }

        return None;
    }

    /// <summary>Reads the text of an ignore file.</summary>
    public static IgnoreRules Parse(string? file, string text)
    {
        var rules = new IgnoreRules(file);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            rules.Add(i, lines[i].TrimEnd());
        }

        return rules;
    }

    /// <summary>Whether a path (relative to the root, with <c>/</c>, no trailing slash) is excluded.</summary>
    public bool Excludes(string path)
    {
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            if (_rules[i].Matches(path))
            {
                return _rules[i].Excludes;
            }
        }

        return false;
    }

    private static (SourceSpan Span, string Text)? Limit(string text)
    {
        var (number, patterns) = (0, 0);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            patterns += line.Length > 0 && line[0] != '#' ? 1 : 0;
            if (patterns > MostPatterns || line.Length > LongestPattern)
            {
                return (new SourceSpan(number, 0, number, line.Length),
                    patterns > MostPatterns ? $"{MostPatterns} patterns" : $"{LongestPattern} characters in a line");
            }

            number++;
        }

        return null;
    }

    private void Add(int number, string line)
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

        if (FaultOf(pattern) is { } fault)
        {
            _faults.Add(new IgnoreFault(number, line, fault));
        }

        if (ToRegex(pattern) is { } regex)
        {
            _rules.Add(new Rule(regex, LongestText(pattern), excludes));
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

    // The longest text that every match holds: most paths hold none of a rule's, and to see that is much quicker than its pattern.
    private static string LongestText(string pattern) =>
        pattern.AsSpan().IndexOfAny('[', '\\') >= 0 ? "" : pattern.Split('*', '?', '/').MaxBy(static text => text.Length)!;

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
                case '\\':
                    regex.Append(Nothing);
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
        var ranges = Ranges(negated ? members[1..] : members).Where(static r => r.First <= r.Last).ToList();
        if (ranges.Count == 0)
        {
            regex.Append(negated ? "[^/]" : Nothing);
            return;
        }

        regex.Append(negated ? "[^" : "[");
        foreach (var (first, last) in ranges)
        {
            regex.Append(CultureInfo.InvariantCulture, $"\\u{(int)first:x4}-\\u{(int)last:x4}");
        }

        regex.Append(']');
    }

    // A hyphen in the first or last place is a member like any other.
    private static IEnumerable<(char First, char Last)> Ranges(string members)
    {
        for (var i = 0; i < members.Length; i++)
        {
            var first = members[i];
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                i += 2;
            }

            yield return (first, members[i]);
        }
    }

    // What git takes for a pattern that can match nothing, or a range that holds nothing; az ml stops at it.
    private static string? FaultOf(string pattern)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                // What it escapes is no class.
                if (++i == pattern.Length)
                {
                    return "the backslash at its end escapes nothing, so no file matches";
                }
            }
            else if (pattern[i] == '[' && ClassEnd(pattern, i) is { } end)
            {
                var members = pattern[(i + 1)..end];
                foreach (var (first, last) in Ranges(members[0] is '!' or '^' ? members[1..] : members))
                {
                    if (first > last)
                    {
                        return $"the range {first}-{last} holds no character";
                    }
                }

                i = end;
            }
        }

        return null;
    }

    private sealed record Rule(Regex Pattern, string Text, bool Excludes)
    {
        public bool Matches(string path) => path.Contains(Text, StringComparison.Ordinal) && Pattern.IsMatch(path);
    }
}

/// <summary>A pattern of an ignore file that cannot mean what it says.</summary>
/// <param name="Line">Its line, from 0.</param>
/// <param name="Text">The line.</param>
/// <param name="Reason">What is wrong.</param>
public sealed record IgnoreFault(int Line, string Text, string Reason);
