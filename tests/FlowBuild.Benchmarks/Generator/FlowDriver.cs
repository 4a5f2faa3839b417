using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>A project with many flows and some C#, a generator over it, and the edits that are measured. Drivers do not change: each run starts alike.</summary>
internal sealed class FlowDriver
{
    private readonly AdditionalText[] _flows;
    private readonly CSharpCompilation _compilation;
    private readonly CSharpCompilation _otherCode;
    private readonly GeneratorDriver _fresh;
    private readonly GeneratorDriver _warm;
    private readonly GeneratorDriver _otherFlow;

    public FlowDriver(IIncrementalGenerator generator, int flows)
    {
        _flows = [.. Enumerable.Range(0, flows).Select(static i => new Text($"/project/flow-{i}/flow.dag.yaml", i % 2 == 0 ? RecordedFlows.Chat : RecordedFlows.Hello))];
        var trees = Enumerable.Range(0, 50).Select(static i => CSharpSyntaxTree.ParseText($"internal static class C{i} {{ }}")).ToArray();
        _compilation = CSharpCompilation.Create("Sample", trees, [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)]);
        _otherCode = _compilation.ReplaceSyntaxTree(trees[0], CSharpSyntaxTree.ParseText("internal static class C0 { /* typed */ }"));
        _fresh = CSharpGeneratorDriver.Create([generator.AsSourceGenerator()], _flows, optionsProvider: new Options());
        _warm = _fresh.RunGenerators(_compilation);
        _otherFlow = flows == 0 ? _warm : _warm.ReplaceAdditionalText(_flows[0], new Text(_flows[0].Path, RecordedFlows.Chat.Replace("fail_after", "fail_before", StringComparison.Ordinal)));
    }

    /// <summary>All flows for the first time.</summary>
    public GeneratorDriver RunCold() => _fresh.RunGenerators(_compilation);

    /// <summary>After a key was hit in a C# file.</summary>
    public GeneratorDriver RunAfterCodeEdit() => _warm.RunGenerators(_otherCode);

    /// <summary>After an input of one flow was renamed.</summary>
    public GeneratorDriver RunAfterFlowEdit() => _otherFlow.RunGenerators(_compilation);

    private sealed class Text(string path, string text) : AdditionalText
    {
        private readonly SourceText _text = SourceText.From(text);

        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => _text;
    }

    private sealed class Options : AnalyzerConfigOptionsProvider
    {
        private static readonly Values Project = new() { ["build_property.RootNamespace"] = "Sample", ["build_property.ProjectDir"] = "/project/" };
        private static readonly Values Flow = new() { ["build_metadata.AdditionalFiles.FlowBuildKind"] = "PromptFlow" };

        public override AnalyzerConfigOptions GlobalOptions => Project;

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => Project;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => Flow;
    }

    private sealed class Values : AnalyzerConfigOptions
    {
        private readonly Dictionary<string, string> _values = [];

        public string this[string key]
        {
            set => _values[key] = value;
        }

        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) => _values.TryGetValue(key, out value);
    }
}

/// <summary>
/// What the compiler itself pays for a generator over additional files: this one looks at none of them, and adds for each as many files
/// as a flow gets, with nothing in them.
/// </summary>
internal sealed class EmptyGenerator(int filesPerFlow) : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context) =>
        context.RegisterSourceOutput(context.AdditionalTextsProvider, (output, text) =>
        {
            for (var file = 0; file < filesPerFlow; file++)
            {
                output.AddSource(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(Path.GetDirectoryName(text.Path))}.{file}.g.cs"), "");
            }
        });
}
