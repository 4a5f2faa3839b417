using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// Texts that a reader has approved. After a wanted change <c>FLOWBUILD_APPROVE=1</c> writes them anew, and the difference is then to be read.
/// </summary>
internal static partial class ApprovedText
{
    /// <summary>Compares what was shown with the approved text of a name.</summary>
    public static void Check(string name, UserFolder user, IEnumerable<string> lines)
    {
        var shown = string.Join('\n', lines.Select(line => Steady(line, user))).Trim() + "\n";
        var file = Path.Combine(Repository.Root, "tests", "FlowBuild.EndToEnd.Tests", "Approved", name);
        if (Environment.GetEnvironmentVariable("FLOWBUILD_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, shown);
        }

        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), shown);
    }

    // What differs from run to run: the folder, times, ids, hashes, ports, links that work once.
    private static string Steady(string line, UserFolder user)
    {
        line = line.TrimEnd().Replace(user.Path, "~", StringComparison.Ordinal);
        line = Id().Replace(line, "ID");
        line = Hash().Replace(line, "HASH");
        line = Port().Replace(line, "127.0.0.1:PORT");
        line = OneTimeLink().Replace(line, "/open/LINK");
        line = Moment().Replace(line, "DATE");
        line = Clock().Replace(line, "00:00:00.00");
        return Time().Replace(line, "0.0$1");
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Hash();

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Port();

    [GeneratedRegex("/open/[A-Za-z0-9_-]+")]
    private static partial Regex OneTimeLink();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b")]
    private static partial Regex Moment();

    [GeneratedRegex(@"\d\d:\d\d:\d\d\.\d+")]
    private static partial Regex Clock();

    [GeneratedRegex(@"\d+\.\d+( ?s\b)")]
    private static partial Regex Time();
}
