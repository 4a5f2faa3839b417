using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace FlowBuild.Generator.Tests.Harness;

/// <summary>
/// Generator and analyzer together, as the compiler of the floor (Roslyn 4.8, C# 12) runs them in a net8.0 project. Expected problems are
/// written into the text: <c>{|FLOW1006:sting|}</c>.
/// </summary>
internal sealed class FlowGeneratorTest : CSharpSourceGeneratorTest<FlowGenerator, DefaultVerifier>
{
    private const string Folder = "/project/";
    private string _config = $"build_property.RootNamespace = Sample\nbuild_property.ProjectDir = {Folder}\n";

    public FlowGeneratorTest()
    {
        ReferenceAssemblies = ReferenceAssemblies.Net.Net80.AddPackages(
        [
            new PackageIdentity("Azure.Core", "1.50.0"),
            new PackageIdentity("Microsoft.Extensions.Http", "10.0.0"),
        ]);
        TestState.AdditionalReferences.Add(MetadataReference.CreateFromFile(Path.Combine(AppContext.BaseDirectory, "FlowBuild.Client.dll")));
        TestCode = "";
        TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck;
    }

    /// <summary>Adds a file with the metadata of its item.</summary>
    public FlowGeneratorTest Add(string path, string text, string kind = "PromptFlow", params (string Name, string Value)[] metadata)
    {
        TestState.AdditionalFiles.Add((Folder + path, text));
        _config += $"\n[{Folder}{path}]\nbuild_metadata.AdditionalFiles.FlowBuildKind = {kind}\n"
            + string.Concat(metadata.Select(static m => $"build_metadata.AdditionalFiles.{m.Name} = {m.Value}\n"));
        return this;
    }

    /// <summary>Adds a line to the user's <c>.globalconfig</c>.</summary>
    public FlowGeneratorTest Configure(string line)
    {
        _config = _config.Insert(0, line + "\n");
        return this;
    }

    /// <summary>Runs generator and analyzer and compares.</summary>
    public Task VerifyAsync()
    {
        TestState.AnalyzerConfigFiles.Add(("/.globalconfig", "is_global = true\n" + _config));
        return RunAsync(TestContext.Current.CancellationToken);
    }

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => [new FlowAnalyzer()];

    protected override ParseOptions CreateParseOptions() => new CSharpParseOptions(LanguageVersion.CSharp12, DocumentationMode.Diagnose);

    protected override CompilationOptions CreateCompilationOptions() => new CSharpCompilationOptions(
        OutputKind.DynamicallyLinkedLibrary, warningLevel: 9999, nullableContextOptions: NullableContextOptions.Enable);
}
