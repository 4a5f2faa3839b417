using System.Globalization;
using System.Text.RegularExpressions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests.Diagnostics;

public sealed partial class DiagnosticCatalogueTests
{
    [Fact]
    public void Ids_are_unique_and_ordered()
    {
        var ids = DiagnosticCatalogue.All.Select(static rule => rule.Id).ToList();

        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(ids, static id => Assert.Matches("^FLOW[1-6][0-9]{3}$", id));
    }

    [Fact]
    public void Every_rule_that_is_declared_is_in_the_catalogue()
    {
        var declared = typeof(DiagnosticCatalogue).Assembly.GetTypes()
            .SelectMany(static type => type.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
            .Where(static field => field.FieldType == typeof(DiagnosticRule))
            .Select(static field => (DiagnosticRule)field.GetValue(null)!);

        Assert.Equal(declared.OrderBy(static rule => rule.Id, StringComparer.Ordinal), DiagnosticCatalogue.All);
    }

    [Fact]
    public void Messages_are_sentences_with_holes_in_order()
    {
        Assert.All(DiagnosticCatalogue.All, static rule =>
        {
            Assert.Matches(@"^['A-Z{]", rule.MessageFormat);

            // As the compiler's own: one sentence ends without a full stop, several end with one. What fills a hole ends itself.
            var isSeveral = rule.MessageFormat.Contains(". ", StringComparison.Ordinal);
            Assert.True(rule.MessageFormat.EndsWith('}') || rule.MessageFormat.EndsWith('.') == isSeveral, rule.MessageFormat);
            Assert.DoesNotContain("\n", rule.MessageFormat, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"[.!?]$", rule.Title);
            var holes = Holes().Matches(rule.MessageFormat).Select(static hole => int.Parse(hole.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order().ToList();
            Assert.Equal(Enumerable.Range(0, holes.Count), holes);
            _ = string.Format(CultureInfo.InvariantCulture, rule.MessageFormat, [.. Enumerable.Repeat<object>("x", holes.Count)]);
        });
    }

    [Fact]
    public void The_page_of_diagnostics_is_what_the_catalogue_says()
    {
        var file = Path.Combine(Repository.Root, "docs", "diagnostics.md");
        var page = DiagnosticsPage.Write();
        if (Environment.GetEnvironmentVariable("FLOWBUILD_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, page);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file).ReplaceLineEndings("\n") == page,
            "docs/diagnostics.md is not what the catalogue says; run this test with FLOWBUILD_UPDATE_DOCS=1 and commit the file.");
    }

    [Fact]
    public void A_message_with_braces_and_no_arguments_is_shown_as_written()
    {
        var rule = new DiagnosticRule("FLOW1999", "A title", "Write {x}.", RuleSeverity.Warning);

        Assert.Equal("Write {x}.", FlowDiagnostic.At(rule, null, null).Message);
    }

    [GeneratedRegex(@"(?<!\{)\{(\d)\}")]
    private static partial Regex Holes();

    [Fact]
    public void Every_id_that_a_build_file_reports_is_in_the_catalogue()
    {
        var ids = Directory.GetFiles(Path.Combine(Repository.Root, "build"), "*.targets")
            .SelectMany(static file => File.ReadAllText(file).Split("Code=\"").Skip(1))
            .Select(static rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)])
            .ToList();

        Assert.NotEmpty(ids);
        Assert.Equal([], ids.Except(DiagnosticCatalogue.All.Select(static rule => rule.Id)));
    }
}
