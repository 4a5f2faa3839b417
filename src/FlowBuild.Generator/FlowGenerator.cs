using System.Collections.Immutable;
using System.Text;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Generator.Inputs;
using FlowBuild.Generator.Naming;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator;

/// <summary>
/// Generates contract and client of each flow file, and reports every error of flow, endpoint, deployment and model files.
/// It looks at additional files and their items only, never at the compilation, so typing C# costs it nothing.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class FlowGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var project = context.AnalyzerConfigOptionsProvider.Select(static (options, _) => ProjectOptions.Of(options));
        var files = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, _) => AdditionalFile.Of(pair.Left, pair.Right))
            .Where(static file => file.Kind != FileKind.Other)
            .WithTrackingName(TrackingNames.Files);

        // Names of types need all flows, but not their content: an edit of a flow leaves them as they are.
        var names = files
            .Where(static file => file.Kind == FileKind.Flow)
            .Select(static (file, _) => file.Item!)
            .Collect()
            .Select(static (items, _) => items.ToEquatableArray())
            .Combine(project)
            .Select(static (pair, _) => FlowNames.Of(pair.Left, pair.Right))
            .WithTrackingName(TrackingNames.Names);

        var options = context.AnalyzerConfigOptionsProvider.Select(static (provider, _) => DeploymentOptions.Of(provider));
        var deploymentFiles = files
            .Where(static file => file.Kind != FileKind.Flow)
            .Combine(options)
            .Select(static (pair, cancellationToken) => FileParser.ParseDeploymentFile(pair.Left, pair.Right, cancellationToken))
            .WithTrackingName(TrackingNames.ParseDeploymentFile);
        var deployments = deploymentFiles
            .Collect()
            .Select(static (all, _) => all.ToEquatableArray())
            .Combine(options)
            .Select(static (pair, _) => new DeploymentFiles(pair.Left, pair.Right));
        var responseFields = deploymentFiles
            .Where(static file => file.ResponseFields is not null)
            .Select(static (file, _) => new DeploymentResponseFields(file.Path, file.ResponseFields!))
            .Collect()
            .Select(static (pairs, _) => pairs.ToEquatableArray());

        var flows = files
            .Where(static file => file.Kind == FileKind.Flow)
            .Select(static (file, cancellationToken) => FileParser.ParseFlow(file, cancellationToken))
            .WithTrackingName(TrackingNames.Parse);
        var contracts = flows
            .Combine(names.Combine(responseFields).Select(static (pair, _) => new FlowSurroundings(pair.Left, pair.Right)))
            .Select(static (pair, _) => FlowModels.Of(pair.Left, pair.Right))
            .WithTrackingName(TrackingNames.Contract);

        context.RegisterSourceOutput(
            contracts.Where(static contract => contract.Model is not null).Select(static (contract, _) => contract.Model!), Emit);
        RegisterErrors(context, flows.Select(static (flow, _) => flow.Diagnostics));

        // An override of all deployment files has one error.
        RegisterErrors(context, deployments.SelectMany(static (all, _) => ImmutableArray.Create(
            all.Files.SelectMany(static file => file.Diagnostics).Concat(all.Options.Problems).Distinct().ToEquatableArray())));
        RegisterErrors(context, flows
            .Combine(deployments)
            .Select(static (pair, _) => ItemCheck.Of(pair.Left, pair.Right))
            .WithTrackingName(TrackingNames.ItemCheck));
        RegisterErrors(context, contracts.Select(static (contract, _) => contract.Problems));
        RegisterErrors(context, names.SelectMany(static (all, _) => all).Select(static (name, _) => name.Problems));
    }

    private static void RegisterErrors(
        IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<EquatableArray<ReportedDiagnostic>> diagnostics) =>
        context.RegisterSourceOutput(diagnostics.WithTrackingName(TrackingNames.Diagnostics), static (output, problems) =>
        {
            foreach (var problem in problems)
            {
                if (problem.IsError)
                {
                    output.ReportDiagnostic(problem.ToDiagnostic());
                }
            }
        });

    private static void Emit(SourceProductionContext output, FlowModel model)
    {
        try
        {
            // All files of a flow or none: half a client helps nobody.
            foreach (var file in FlowEmitter.Emit(model).ToList())
            {
                output.AddSource(file.HintName, SourceText.From(file.Text, Encoding.UTF8));
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            output.ReportDiagnostic(ReportedDiagnostic.Of(Failure.Of(model.Source, exception), null).ToDiagnostic());
        }
    }
}
