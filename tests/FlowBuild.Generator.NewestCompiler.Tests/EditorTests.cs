using FlowBuild.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.MSBuild;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Tests;

/// <summary>A sample opened as an editor opens it, its flow changed in memory: code and problems follow, nothing is built.</summary>
public sealed class EditorTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly MSBuildWorkspace _workspace = MSBuildWorkspace.Create();
    private Project _project = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var file in new[] { "BasicChat.csproj", "Program.cs", "appsettings.json", "basic-chat/flow.dag.yaml" })
        {
            _folder.Write("BasicChat/" + file, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "BasicChat", file)));
        }

        // The sample runs on the generator and the client beside this test, in the place of the package.
        _folder.Write("Directory.Build.props", $"""<Project><Import Project="{Repository.Root}/build/FlowBuild.props" /></Project>""");
        _folder.Write("Directory.Build.targets", $"""
            <Project>
              <ItemGroup>
                <PackageReference Remove="FlowBuild" />
                <PackageReference Include="Azure.Core" Version="1.50.0" />
                <PackageReference Include="Microsoft.Extensions.Http" Version="10.0.0" />
                <Reference Include="{AppContext.BaseDirectory}FlowBuild.Client.dll" />
                <Analyzer Include="{AppContext.BaseDirectory}FlowBuild.Generator.dll;{AppContext.BaseDirectory}FlowBuild.Definitions.dll;{AppContext.BaseDirectory}YamlDotNet.dll" />
              </ItemGroup>
              <Import Project="{Repository.Root}/build/FlowBuild.targets" />
            </Project>
            """);
        var restore = await DotNetCommand.RunAsync(Path.Combine(_folder.Path, "BasicChat"), new Dictionary<string, string?>(), ["restore"]);
        Assert.True(restore.ExitCode == 0, restore.Output);
        _project = await _workspace.OpenProjectAsync(Path.Combine(_folder.Path, "BasicChat", "BasicChat.csproj"));
    }

    [Fact]
    public async Task A_renamed_input_is_a_renamed_property()
    {
        Assert.Contains("string Question ", await ContractsAsync(_project), StringComparison.Ordinal);

        var edited = await EditAsync("question", "message");

        Assert.Contains("string Message ", await ContractsAsync(edited), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_type_word_is_an_error_and_a_wrong_key_a_warning_at_once()
    {
        Assert.Empty(await ErrorsAsync(_project));
        Assert.Empty(await WarningsAsync(_project));

        var edited = await EditAsync("answer:\n    type: string", "answer:\n    typ: string\n    type: sting");

        var error = Assert.Single(await ErrorsAsync(edited));
        Assert.Equal("FLOW1006", error.Id);
        Assert.EndsWith("flow.dag.yaml", error.Location.GetLineSpan().Path, StringComparison.Ordinal);
        Assert.Equal("FLOW1101", Assert.Single(await WarningsAsync(edited)).Id);
    }

    public ValueTask DisposeAsync()
    {
        _workspace.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> ContractsAsync(Project project)
    {
        var documents = await project.GetSourceGeneratedDocumentsAsync(TestContext.Current.CancellationToken);
        return (await documents.Single(static document => document.HintName == "BasicChat.Contracts.g.cs").GetTextAsync(TestContext.Current.CancellationToken)).ToString();
    }

    private static async Task<IEnumerable<Diagnostic>> ErrorsAsync(Project project)
    {
        var compilation = (await project.GetCompilationAsync(TestContext.Current.CancellationToken))!;
        return CSharpGeneratorDriver
            .Create(
                project.AnalyzerReferences.SelectMany(static reference => reference.GetGenerators(LanguageNames.CSharp)),
                project.AnalyzerOptions.AdditionalFiles,
                (CSharpParseOptions)project.ParseOptions!,
                project.AnalyzerOptions.AnalyzerConfigOptionsProvider)
            .RunGenerators(compilation, TestContext.Current.CancellationToken)
            .GetRunResult()
            .Diagnostics
            .Where(static diagnostic => diagnostic.Id.StartsWith("FLOW", StringComparison.Ordinal));
    }

    private static async Task<IEnumerable<Diagnostic>> WarningsAsync(Project project)
    {
        var compilation = (await project.GetCompilationAsync(TestContext.Current.CancellationToken))!;
        var analyzers = project.AnalyzerReferences
            .SelectMany(static reference => reference.GetAnalyzers(LanguageNames.CSharp))
            .Where(static analyzer => analyzer.GetType().Name == nameof(FlowAnalyzer));
        return await compilation.WithAnalyzers([.. analyzers], project.AnalyzerOptions).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
    }

    private async Task<Project> EditAsync(string text, string by)
    {
        var flow = _project.AdditionalDocuments.Single(static document => document.Name == "flow.dag.yaml");
        var before = (await flow.GetTextAsync()).ToString();
        Assert.Contains(text, before, StringComparison.Ordinal);
        var after = SourceText.From(before.Replace(text, by, StringComparison.Ordinal));
        return _project.Solution.WithAdditionalDocumentText(flow.Id, after).GetProject(_project.Id)!;
    }
}
