using System.Xml.Linq;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>The rooms of the house and the arrows between them: they run only downwards.</summary>
public sealed class DependencyRuleTests
{
    public static TheoryData<string, string[], string[]> Rooms => new()
    {
        { "FlowBuild.Definitions", [], ["YamlDotNet"] },
        { "FlowBuild.Generator", ["FlowBuild.Definitions"], ["Microsoft.CodeAnalysis.CSharp", "Microsoft.CodeAnalysis.Analyzers", "Microsoft.CodeAnalysis.BannedApiAnalyzers"] },
        { "FlowBuild.Client", [], ["Azure.Core", "Microsoft.Extensions.Http", "System.Net.ServerSentEvents", "Microsoft.CodeAnalysis.PublicApiAnalyzers"] },
        { "FlowBuild.Client.Resilience", ["FlowBuild.Client"], ["Microsoft.Extensions.Http.Resilience", "Microsoft.CodeAnalysis.PublicApiAnalyzers"] },
        { "FlowBuild.Deployment", ["FlowBuild.Definitions"], ["Azure.Identity", "Azure.ResourceManager", "Azure.Storage.Blobs"] },
        { "FlowBuild.Tasks", ["FlowBuild.Deployment"], ["Microsoft.Build.Utilities.Core"] },
        // RenameAssembly is a tool of the packing.
        { "FlowBuild.LocalWorkspace", ["FlowBuild.Definitions", "RenameAssembly"], ["Microsoft.CodeAnalysis.PublicApiAnalyzers"] },
    };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_references_only_what_lies_below_it(string room, string[] projects, string[] packages)
    {
        var file = Path.Combine(Repository.Root, "src", room, room + ".csproj");
        var project = XDocument.Load(file);

        Assert.Equal([], References(project, "ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference)).Except(projects));
        Assert.Equal([], References(project, "PackageReference").Except(packages));
    }

    [Fact]
    public void Every_room_is_covered_by_the_rule()
    {
        // FlowBuild itself is the package: it holds no code.
        var rooms = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)).Except(["FlowBuild"]);
        Assert.Equal([], rooms.Except(Rooms.Select(row => row.Data.Item1)));
    }

    private static IEnumerable<string> References(XDocument project, string kind) =>
        project.Descendants(kind).Select(reference => (string)reference.Attribute("Include")!);
}
