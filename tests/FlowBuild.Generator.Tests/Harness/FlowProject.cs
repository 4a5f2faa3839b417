using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Tests.Harness;

/// <summary>A user's project in memory: additional files with their items' metadata, some C#, and a driver that remembers its last run.</summary>
internal sealed class FlowProject
{
    public const string Folder = "/project/";

    private readonly ProjectOptions _options = new();
    private readonly Dictionary<string, AdditionalText> _files = new(StringComparer.Ordinal);
    private GeneratorDriver _driver;

    public FlowProject(string rootNamespace = "Sample")
    {
        _options.Global["build_property.RootNamespace"] = rootNamespace;
        _options.Global["build_property.ProjectDir"] = Folder;
        _options.Global["build_property.MSBuildProjectFullPath"] = Folder + "Sample.csproj";
        Compilation = GeneratedAssembly.Compilation([GeneratedAssembly.Parse("internal static class Unrelated { }")]);
        _driver = CSharpGeneratorDriver.Create(
            [new FlowGenerator().AsSourceGenerator()],
            parseOptions: (CSharpParseOptions)Compilation.SyntaxTrees[0].Options,
            optionsProvider: _options,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
    }

    public CSharpCompilation Compilation { get; private set; }

    public IEnumerable<AdditionalText> Files => _files.Values;

    public AnalyzerConfigOptionsProvider Options => _options;

    /// <summary>Sets a property of the build that the compiler sees.</summary>
    public FlowProject Property(string name, string value)
    {
        _options.Global["build_property." + name] = value;
        return this;
    }

    /// <summary>Adds a file whose bytes are those that the compiler finds on disk.</summary>
    public FlowProject AddBytes(string path, byte[] bytes, params (string Name, string Value)[] metadata)
    {
        using var stream = new MemoryStream(bytes);

        // As the compiler reads: UTF-8, and where it is not, an encoding of one byte a character.
        SourceText text;
        try
        {
            text = SourceText.From(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException)
        {
            stream.Position = 0;
            text = SourceText.From(stream, Encoding.Latin1);
        }

        return Add(new TextInMemory(FullPath(path), text), metadata);
    }

    /// <summary>Adds a flow with its item's metadata.</summary>
    public FlowProject Flow(string path, string text, params (string Name, string Value)[] metadata) =>
        Add(path, text, [("FlowBuildKind", "PromptFlow"), .. metadata]);

    /// <summary>Adds a file with its item's metadata.</summary>
    public FlowProject Add(string path, string? text, params (string Name, string Value)[] metadata)
    {
        return Add(new TextInMemory(FullPath(path), text is null ? null : SourceText.From(text)), metadata);
    }

    private FlowProject Add(TextInMemory file, (string Name, string Value)[] metadata)
    {
        _options.Files[file.Path] = metadata.ToDictionary(static m => "build_metadata.AdditionalFiles." + m.Name, static m => m.Value);
        _files.Add(file.Path, file);
        _driver = _driver.AddAdditionalTexts([file]);
        return this;
    }

    /// <summary>Changes the text of a file.</summary>
    public void Edit(string path, Func<string, string> edit)
    {
        var before = _files[FullPath(path)];
        var after = new TextInMemory(before.Path, SourceText.From(edit(before.GetText()!.ToString())));
        _files[before.Path] = after;
        _driver = _driver.ReplaceAdditionalText(before, after);
    }

    /// <summary>Takes a file out.</summary>
    public void Remove(string path)
    {
        _files.Remove(FullPath(path), out var file);
        _driver = _driver.RemoveAdditionalTexts([file!]);
    }

    /// <summary>Types something into a C# file that has nothing to do with flows.</summary>
    public void EditCSharp() => Compilation = Compilation.ReplaceSyntaxTree(
        Compilation.SyntaxTrees[0], GeneratedAssembly.Parse($"internal static class Unrelated {{ /* {Compilation.GetHashCode()} */ }}"));

    /// <summary>Runs the generator.</summary>
    public FlowRun Run()
    {
        _driver = _driver.RunGenerators(Compilation, TestContext.Current.CancellationToken);
        return new FlowRun(_driver.GetRunResult().Results.Single(), Compilation);
    }

    /// <summary>What the analyzer says.</summary>
    public async Task<ImmutableArray<Diagnostic>> AnalyzeAsync() => await Compilation
        .WithAnalyzers([new FlowAnalyzer()], new AnalyzerOptions([.. _files.Values], _options))
        .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);

    private static string FullPath(string path) => path.StartsWith('/') ? path : Folder + path;

    private sealed class TextInMemory(string path, SourceText? text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText? GetText(CancellationToken cancellationToken = default) => text;
    }

    private sealed class ProjectOptions : AnalyzerConfigOptionsProvider
    {
        public Dictionary<string, string> Global { get; } = [];

        public Dictionary<string, Dictionary<string, string>> Files { get; } = [];

        public override AnalyzerConfigOptions GlobalOptions => new Values(Global);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(Files.GetValueOrDefault(textFile.Path) ?? []);

        private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
                values.TryGetValue(key, out value);
        }
    }
}

/// <summary>What one run of the generator gave.</summary>
internal sealed class FlowRun(GeneratorRunResult result, CSharpCompilation compilation)
{
    public ImmutableArray<Diagnostic> Diagnostics => result.Diagnostics;

    /// <summary>What the generator threw; it never should.</summary>
    public Exception? Exception => result.Exception;

    /// <summary>The generated files by name.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; } =
        result.GeneratedSources.ToDictionary(static source => source.HintName, static source => source.SourceText.ToString());

    /// <summary>The generated files, parsed.</summary>
    public IEnumerable<SyntaxTree> Trees => result.GeneratedSources.Select(static source => source.SyntaxTree);

    /// <summary>The diagnostics as the compiler prints them, without the help link.</summary>
    public IReadOnlyList<string> Problems => [.. Diagnostics.Select(static d => d.ToString())];

    /// <summary>What the compiler has to say about the generated code.</summary>
    public IReadOnlyList<string> CompilerProblems => GeneratedAssembly.Problems(compilation.AddSyntaxTrees(Trees));

    /// <summary>How often a step's outputs had each reason, as in <c>1 Modified, 2 Cached</c>.</summary>
    public string Reasons(string step) => Count(result.TrackedSteps.TryGetValue(step, out var steps) ? steps : []);

    /// <summary>How often a flow's files were emitted for each reason.</summary>
    public string Emitted => Count(result.TrackedOutputSteps
        .SelectMany(static pair => pair.Value)
        .Where(static step => step.Inputs.Any(static input => input.Source.Outputs.Any(static output => output.Value is Emit.FlowModel))));

    /// <summary>Every reason of every step, tracked by name or not.</summary>
    public IEnumerable<IncrementalStepRunReason> AllReasons => result.TrackedSteps
        .Concat(result.TrackedOutputSteps)
        .SelectMany(static pair => pair.Value)
        .SelectMany(static step => step.Outputs)
        .Select(static output => output.Reason);

    /// <summary>The types of all values that went from step to step, tracked by name or not.</summary>
    public IEnumerable<Type> ValueTypes
    {
        get
        {
            var seen = new HashSet<IncrementalGeneratorRunStep>();
            var open = new Stack<IncrementalGeneratorRunStep>(result.TrackedOutputSteps.SelectMany(static pair => pair.Value));
            while (open.TryPop(out var step))
            {
                if (seen.Add(step))
                {
                    step.Inputs.ToList().ForEach(input => open.Push(input.Source));
                }
            }

            return seen.SelectMany(static step => step.Outputs).Select(static output => output.Value?.GetType()).OfType<Type>().Distinct();
        }
    }

    private static string Count(IEnumerable<IncrementalGeneratorRunStep> steps) => string.Join(", ", steps
        .SelectMany(static step => step.Outputs)
        .GroupBy(static output => output.Reason)
        .OrderBy(static group => group.Key)
        .Select(static group => $"{group.Count()} {group.Key}"));
}
