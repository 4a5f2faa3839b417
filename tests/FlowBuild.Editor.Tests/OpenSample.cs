using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.MSBuild;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Editor.Tests;

/// <summary>A sample as an editor holds it: opened through MSBuild once, its files then changed in memory only.</summary>
public sealed class OpenSample : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly MSBuildWorkspace _workspace = MSBuildWorkspace.Create();
    private Project? _project;

    /// <summary>What went wrong when the project was opened.</summary>
    public IEnumerable<WorkspaceDiagnostic> Failures => _workspace.Diagnostics.Where(static problem => problem.Kind == WorkspaceDiagnosticKind.Failure);

    /// <summary>The project as it lies on the disk.</summary>
    public Project Project => _project!;

    public async ValueTask InitializeAsync()
    {
        var sample = Path.Combine(Repository.Root, "samples", "BasicChat");
        foreach (var file in new[] { "BasicChat.csproj", "Program.cs", "endpoint.yml", "deployment.yml", "model.yml", "basic-chat/flow.dag.yaml" })
        {
            _folder.Write("BasicChat/" + file, await File.ReadAllTextAsync(Path.Combine(sample, file)));
        }

        // The sample runs on the generator and the client beside this test, in the place of the package.
        var build = Path.Combine(Repository.Root, "build");
        _folder.Write("Directory.Build.props", $"""<Project><Import Project="{build}/FlowBuild.props" /></Project>""");
        _folder.Write("Directory.Build.targets", $"""
            <Project>
              <ItemGroup>
                <PackageReference Remove="FlowBuild" />
                <PackageReference Include="Azure.Core" Version="1.50.0" />
                <PackageReference Include="Microsoft.Extensions.Http" Version="10.0.0" />
                <Reference Include="{AppContext.BaseDirectory}FlowBuild.Client.dll" />
                <Analyzer Include="{AppContext.BaseDirectory}FlowBuild.Generator.dll;{AppContext.BaseDirectory}FlowBuild.Definitions.dll;{AppContext.BaseDirectory}YamlDotNet.dll" />
              </ItemGroup>
              <Import Project="{build}/FlowBuild.targets" />
            </Project>
            """);
        var restore = await DotNetCommand.RunAsync(Path.Combine(_folder.Path, "BasicChat"), new Dictionary<string, string?>(), ["restore"]);
        Assert.True(restore.ExitCode == 0, restore.Output);
        _project = await _workspace.OpenProjectAsync(Path.Combine(_folder.Path, "BasicChat", "BasicChat.csproj"));
    }

    public ValueTask DisposeAsync()
    {
        _workspace.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The project with other text in one of its files that are not C#; nothing is written.</summary>
    public Project WithText(string file, Func<string, string> change)
    {
        var document = Project.AdditionalDocuments.Single(document => document.Name == file);
        var text = document.GetTextAsync().GetAwaiter().GetResult().ToString();
        var changed = change(text);
        Assert.NotEqual(text, changed);
        return Project.Solution.WithAdditionalDocumentText(document.Id, SourceText.From(changed)).GetProject(Project.Id)!;
    }

    /// <summary>The text of a generated document.</summary>
    public static async Task<string> GeneratedAsync(Project project, string name)
    {
        var documents = await project.GetSourceGeneratedDocumentsAsync();
        return (await documents.Single(document => document.Name == name).GetTextAsync()).ToString();
    }

    /// <summary>What the generators report on the workspace's compilation.</summary>
    public static async Task<ImmutableArray<Diagnostic>> GeneratorDiagnosticsAsync(Project project)
    {
        var compilation = await project.GetCompilationAsync();
        var generators = project.AnalyzerReferences.SelectMany(static reference => reference.GetGenerators(LanguageNames.CSharp));
        return CSharpGeneratorDriver
            .Create(generators, project.AnalyzerOptions.AdditionalFiles, (CSharpParseOptions)project.ParseOptions!, project.AnalyzerOptions.AnalyzerConfigOptionsProvider)
            .RunGenerators(compilation!)
            .GetRunResult()
            .Diagnostics;
    }

    /// <summary>What the analyzers report in one of the files that are not C#.</summary>
    public static async Task<ImmutableArray<Diagnostic>> AnalyzerDiagnosticsAsync(Project project, string file)
    {
        var compilation = await project.GetCompilationAsync();
        var analyzers = project.AnalyzerReferences.SelectMany(static reference => reference.GetAnalyzers(LanguageNames.CSharp))
            .Where(static analyzer => analyzer.SupportedDiagnostics.Any(static rule => rule.Id.StartsWith("FLOW", StringComparison.Ordinal)))
            .ToImmutableArray();
        var additionalText = project.AnalyzerOptions.AdditionalFiles.Single(text => Path.GetFileName(text.Path) == file);
        var result = await compilation!.WithAnalyzers(analyzers, project.AnalyzerOptions).GetAnalysisResultAsync(additionalText, TestContext.Current.CancellationToken);
        return result.GetAllDiagnostics();
    }
}
