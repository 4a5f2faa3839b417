using System.Text.RegularExpressions;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;

namespace FlowBuild.Generator.Tests;

/// <summary>Each metadata of an item that the compiler is shown changes the generated code.</summary>
public sealed partial class MetadataEffectTests
{
    private const string Yaml = """
        inputs:
          tags: {type: list}
        outputs:
          answer: {type: string, reference: '${n.output}'}
          score: {type: double, reference: '${n.output}', evaluation_only: true}
        nodes:
        - {name: n, type: python, source: {type: code, path: n.py}}

        """;

    /// <summary>Metadata, its value, and a text of the code with it.</summary>
    public static TheoryData<string, string, string> Effects { get; } = new()
    {
        { "ClientName", "Help", "public sealed partial class HelpClient" },
        { "Namespace", "My.Desk", "namespace My.Desk;" },
        { "Visibility", "internal", "internal sealed partial class FClient" },
        { "ResponseFields", "answer score", " Score " },
        { "ValueTypes", "tags=long[]", "IReadOnlyList<long>" },
        { "JsonContext", "My.AppJson", "My.AppJson" },
    };

    [Theory]
    [MemberData(nameof(Effects))]
    public void A_metadata_changes_the_code(string name, string value, string text)
    {
        Assert.DoesNotContain(text, Code(), StringComparison.Ordinal);
        Assert.Contains(text, Code((name, value)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_metadata_that_the_compiler_is_shown_has_a_row()
    {
        var shown = Shown().Matches(File.ReadAllText(Path.Combine(Repository.Root, "build", "FlowBuild.props")))
            .Select(static match => match.Groups[1].Value).Where(static name => !name.StartsWith("FlowBuild", StringComparison.Ordinal));

        Assert.Equal(shown.Order(StringComparer.Ordinal), Effects.Select(static row => row.Data.Item1).Order(StringComparer.Ordinal));
    }

    // A type of the user's own is what a serializer context is for.
    private static string Code(params (string, string)[] metadata)
    {
        var types = metadata is [("JsonContext", _)] ? [("ValueTypes", "tags=My.Tags"), .. metadata] : metadata;
        return string.Concat(new FlowProject().Flow("f/flow.dag.yaml", Yaml, types).Run().Sources.Values);
    }

    [GeneratedRegex("<CompilerVisibleItemMetadata Include=\"AdditionalFiles\" MetadataName=\"([A-Za-z]+)\"")]
    private static partial Regex Shown();
}
