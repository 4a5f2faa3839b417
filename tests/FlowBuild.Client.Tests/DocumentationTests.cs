using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>docs/generated-code.md names what a user of a client can set and catch.</summary>
public sealed class DocumentationTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "generated-code.md"));

    public static TheoryData<string> Names { get; } =
    [
        .. typeof(FlowClientOptions).GetProperties().Select(property => property.Name),
        .. typeof(FlowResilienceOptions).GetProperties().Select(property => property.Name),
        .. typeof(FlowImage).GetMethods().Where(method => method.DeclaringType == typeof(FlowImage) && method.IsStatic).Select(method => method.Name),
        .. typeof(FlowEndpoint).Assembly.GetExportedTypes().Where(type => type.IsAssignableTo(typeof(Exception))).Select(type => type.Name),
        nameof(FlowResilienceHttpClientBuilderExtensions.AddFlowResilience),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_can_be_set_or_caught_is_in_the_documentation(string name) => Assert.Matches($@"\b{name}\b", Text);
}
