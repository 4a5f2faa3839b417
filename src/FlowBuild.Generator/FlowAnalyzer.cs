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
            var file = AdditionalFile.Of(action.AdditionalFile, action.Options.AnalyzerConfigOptionsProvider);
            var diagnostics = file.Kind switch
            {
                FileKind.Other => EquatableArray.Empty<ReportedDiagnostic>(),
                FileKind.Flow => FileParser.ParseFlow(file, action.CancellationToken).Diagnostics,
                _ => FileParser.ParseDeploymentFile(file, action.CancellationToken).Diagnostics,
            };
            foreach (var diagnostic in diagnostics)
            {
                if (!diagnostic.IsError)
                {
                    action.ReportDiagnostic(diagnostic.ToDiagnostic());
                }
            }
        });
    }
}
