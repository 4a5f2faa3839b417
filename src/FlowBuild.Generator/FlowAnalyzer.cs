using System.Collections.Immutable;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Generator.Inputs;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FlowBuild.Generator;

/// <summary>
/// Reports the warnings of flow, endpoint, deployment and model files. Errors are the generator's: the compiler drops what analyzers
/// say once a declaration fails to bind, as one does when a broken flow yields no types.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class FlowAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        ReportedDiagnostic.DescriptorsOf(RuleSeverity.Warning);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterAdditionalFileAction(static action =>
        {
            var provider = action.Options.AnalyzerConfigOptionsProvider;
            var file = AdditionalFile.Of(action.AdditionalFile, provider);
            foreach (var diagnostic in file.Kind == FileKind.Other ? [] : ProblemsOf(file, action.Options, action.CancellationToken))
            {
                if (!diagnostic.IsError)
                {
                    action.ReportDiagnostic(diagnostic.ToDiagnostic());
                }
            }
        });
    }

    private static IEnumerable<ReportedDiagnostic> ProblemsOf(AdditionalFile file, AnalyzerOptions options, CancellationToken cancellationToken)
    {
        var properties = DeploymentOptions.Of(options.AnalyzerConfigOptionsProvider);
        if (file.Kind != FileKind.Flow)
        {
            return FileParser.ParseDeploymentFile(file, properties, cancellationToken).Diagnostics;
        }

        var flow = FileParser.ParseFlow(file, cancellationToken);
        return flow.Diagnostics.Concat(ItemCheck.Of(flow, new DeploymentFiles(FilesOf(flow.Item, options, properties, cancellationToken), properties)));
    }

    private static EquatableArray<ParsedDeploymentFile> FilesOf(
        FlowItem item, AnalyzerOptions options, DeploymentOptions properties, CancellationToken cancellationToken)
    {
        if (item.DeploymentPath.Length == 0)
        {
            return EquatableArray.Empty<ParsedDeploymentFile>();
        }

        string[] named = [item.DeploymentPath, item.EndpointPath, item.ModelPath];
        return options.AdditionalFiles
            .Where(text => Array.IndexOf(named, Path.GetFullPath(text.Path)) >= 0)
            .Select(text => AdditionalFile.Of(text, options.AnalyzerConfigOptionsProvider))
            .Where(static other => other.Kind is not (FileKind.Flow or FileKind.Other))
            .Select(other => FileParser.ParseDeploymentFile(other, properties, cancellationToken))
            .ToEquatableArray();
    }
}
