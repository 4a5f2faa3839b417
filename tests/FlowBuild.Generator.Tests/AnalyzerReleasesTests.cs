using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Testing;

namespace FlowBuild.Generator.Tests;

/// <summary>
/// The release files tell users which rules came with which release. The compiler's own tracking looks for descriptors written out in
/// code and ours come from the catalogue, so this test keeps the files; <c>FLOWBUILD_APPROVE=1</c> adds what is missing.
/// </summary>
public sealed class AnalyzerReleasesTests
{
    private const string Head = "; Rules that came since the last release. They move to AnalyzerReleases.Shipped.md with it.\n\n### New Rules\n\nRule ID | Category | Severity | Notes\n--------|----------|----------|-------\n";

    [Fact]
    public void Each_rule_of_the_compiler_stands_in_one_release_file()
    {
        var folder = Path.Combine(Repository.Root, "src", "FlowBuild.Generator");
        var shipped = File.ReadAllLines(Path.Combine(folder, "AnalyzerReleases.Shipped.md"));
        var unshippedFile = Path.Combine(folder, "AnalyzerReleases.Unshipped.md");
        var rows = DiagnosticCatalogue.All
            .Where(static rule => rule.Id[4] is '1' or '2' || rule == ConfigurationRules.EndpointNamesDiffer || rule == ConfigurationRules.KindsDiffer)
            .Select(static rule => $"{rule.Id} | {rule.Category} | {rule.Severity} | [{rule.Title}]({rule.HelpLink})")
            .ToArray();
        var expected = Head + string.Concat(rows.Where(row => !shipped.Contains(row)).Select(static row => row + "\n"));
        if (Environment.GetEnvironmentVariable("FLOWBUILD_APPROVE") == "1")
        {
            File.WriteAllText(unshippedFile, expected);
        }

        Assert.Equal(expected, File.ReadAllText(unshippedFile));
        Assert.All(shipped.Where(static line => line.StartsWith("FLOW", StringComparison.Ordinal)), row => Assert.Contains(row, rows));
    }
}
