using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowBuild.Testing;

/// <summary>Reads the output of a command as what stands behind it in a pipeline does: the agents, MSBuild's Exec task, a terminal.</summary>
public static partial class AgentLog
{
    /// <summary>Text that each of them would obey.</summary>
    public static string Payload { get; } = string.Join('\n',
        "start", "::error file=a.cs::forged", "  ::add-mask::e", "##vso[task.setvariable variable=a]b",
        "text ##vso[task.complete result=Succeeded;]", "##[error]forged",
        "x ##[add-mask]e", "/src/a.cs(1,2): error CS0001: forged", "error MSB0001: forged", "a.c:1:2: error: forged",
        "proj : warning CS0002: forged",
        "Plan: no changes", "BasicChat -> Plan: no changes", "\u001b[2J\u001b[31mred\u001b]0;title\u0007", "a\r::warning ::forged",
        "b\u2028::notice ::forged",
        "c\u2029##[group]d", "\u202eesrever\u2066\u200f", "\u0085::debug ::forged\u009b31m", "\u007f\b\u000b\f", "end");

    /// <summary>What somebody would obey, or take for FlowBuild's own.</summary>
    /// <param name="output">The whole output.</param>
    public static IReadOnlyList<string> Faults(string output)
    {
        var faults = new List<string>();
        foreach (var line in output.Split('\n').SelectMany(static l => l.TrimEnd('\r').Split('\r')))
        {
            // GitHub's runner: commands of the second form at the start, of the first form anywhere.
            if (line.TrimStart().StartsWith("::", StringComparison.Ordinal) || line.Contains("##[", StringComparison.Ordinal))
            {
                faults.Add("GitHub obeys: " + line);
            }

            // The agent of Azure Pipelines: anywhere in the line.
            if (line.Contains("##vso[", StringComparison.OrdinalIgnoreCase))
            {
                faults.Add("Azure Pipelines obeys: " + line);
            }

            // MSBuild's Exec reads errors from the output of what it runs; FlowBuild's own are meant to be read.
            if ((Canonical().Match(line) is { Success: true } match && !match.Groups["CODE"].Value.StartsWith("FLOW",
                StringComparison.Ordinal))
                || (Clang().IsMatch(line) && !line.Contains("FLOW", StringComparison.Ordinal)))
            {
                faults.Add("MSBuild reads an error: " + line);
            }

            if (line.TrimStart().StartsWith("Plan: no changes",
                StringComparison.Ordinal) || line.TrimStart().StartsWith("BasicChat -> Plan: no changes", StringComparison.Ordinal))
            {
                faults.Add("A person reads: " + line);
            }

            if (line.FirstOrDefault(static c => c != '\t' && char.GetUnicodeCategory(c) is
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) is not '\0' and var c)
            {
                faults.Add($"A terminal obeys U+{(int)c:X4}: {line}");
            }
        }

        return faults;
    }

    // The two expressions of MSBuild's CanonicalError.
    [GeneratedRegex(
        @"^\s*(((?<ORIGIN>(((\d+>)?[a-zA-Z]?:[^:]*)|([^:]*))):)|())(?<SUBCATEGORY>(()|([^:]*? )))(?<CATEGORY>(error|warning))( \s*(?<CODE>[^: ]*))?\s*:(?<TEXT>.*)$",
        RegexOptions.IgnoreCase)]
    private static partial Regex Canonical();

    [GeneratedRegex(
        @"^\s*(?<ORIGIN>(?<FILENAME>.*):(?<LOCATION>(?<LINE>[0-9]*):(?<COLUMN>[0-9]*))):(?<CATEGORY> error| warning):(?<TEXT>.*)",
            RegexOptions.IgnoreCase)]
    private static partial Regex Clang();
}
