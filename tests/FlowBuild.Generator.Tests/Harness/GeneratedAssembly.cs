using System.Reflection;
using FlowBuild.Generator.Emit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlowBuild.Generator.Tests.Harness;

/// <summary>Compiles generated code as the strictest user would: C# 12, every warning an error, documentation checked.</summary>
internal static class GeneratedAssembly
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp12, DocumentationMode.Diagnose);

    // The client is built for net8.0 and referenced beside the framework that runs the tests; the SDK turns these two off as well.
    private static readonly Dictionary<string, ReportDiagnostic> UnifiedReferences =
        new() { ["CS1701"] = ReportDiagnostic.Suppress, ["CS1702"] = ReportDiagnostic.Suppress };

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(static file => IsReference(Path.GetFileNameWithoutExtension(file)))
            .Select(static file => MetadataReference.CreateFromFile(file)),
    ];

    /// <summary>The compilation of some sources, as a library.</summary>
    public static CSharpCompilation Compilation(IEnumerable<SyntaxTree> trees, NullableContextOptions nullable = NullableContextOptions.Enable) =>
        CSharpCompilation.Create(
            "Sample",
            trees,
            References,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                warningLevel: 9999,
                generalDiagnosticOption: ReportDiagnostic.Error,
                specificDiagnosticOptions: UnifiedReferences,
                nullableContextOptions: nullable));

    /// <summary>Parses a source at C# 12.</summary>
    public static SyntaxTree Parse(string text, string path = "") => CSharpSyntaxTree.ParseText(text, ParseOptions, path);

    /// <summary>The generated files of some flows, parsed.</summary>
    public static IEnumerable<SyntaxTree> Parse(params FlowModel[] models) =>
        models.SelectMany(FlowEmitter.Emit).Select(static file => Parse(file.Text, file.HintName));

    /// <summary>Everything that the compiler has to say, warnings and documentation included.</summary>
    public static IReadOnlyList<string> Problems(Compilation compilation) =>
        [.. compilation.GetDiagnostics().Where(static d => d.Severity >= DiagnosticSeverity.Warning).Select(static d => d.ToString())];

    /// <summary>
    /// Compiles generated code together with a user's code, loads it, and runs <c>Probe.RunAsync(HttpClient)</c> of the user's code.
    /// </summary>
    /// <param name="httpClient">What the probe calls the endpoint with.</param>
    /// <param name="probe">The body of the method; it returns a string.</param>
    /// <param name="models">The flows.</param>
    public static Task<string> RunAsync(HttpClient httpClient, string probe, params FlowModel[] models) =>
        RunAsync(httpClient, probe, Parse(models));

    /// <summary>Runs <paramref name="probe"/> with the clients of a project's flows.</summary>
    public static Task<string> RunAsync(HttpClient httpClient, string probe, FlowProject project, string types = "")
    {
        var run = project.Run();
        Assert.Empty(run.Problems);
        return RunAsync(httpClient, probe, run.Trees, types);
    }

    /// <summary>Runs <paramref name="probe"/> with generated code that is parsed already.</summary>
    public static async Task<string> RunAsync(HttpClient httpClient, string probe, IEnumerable<SyntaxTree> generated, string types = "")
    {
        var user = $$"""
            #nullable enable
            using System;
            using System.Collections.Generic;
            using System.Linq;
            using System.Net.Http;
            using System.Text.Json;
            using System.Text.Json.Nodes;
            using System.Threading;
            using System.Threading.Tasks;
            using FlowBuild;
            using Sample;

            public static class Probe
            {
                public static async Task<string> RunAsync(HttpClient http)
                {
                    await Task.CompletedTask;
                    {{probe}}
                }
            }

            {{types}}
            """;
        // A user's code needs no documentation.
        var compilation = Compilation(generated.Append(CSharpSyntaxTree.ParseText(user, ParseOptions.WithDocumentationMode(DocumentationMode.Parse))));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        var method = Assembly.Load(stream.ToArray()).GetType("Probe")!.GetMethod("RunAsync")!;
        return await (Task<string>)method.Invoke(null, [httpClient])!;
    }

    // What a user's project has: the framework and the client's packages; neither the test's nor the compiler's own assemblies.
    private static bool IsReference(string name) =>
        (name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
            || name is "System" or "mscorlib" or "netstandard" or "Azure.Core" or "FlowBuild.Client")
        && !name.StartsWith("System.Composition", StringComparison.Ordinal);
}
