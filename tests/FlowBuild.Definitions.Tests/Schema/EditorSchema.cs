using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Schema;
using Json.Schema;

namespace FlowBuild.Definitions.Tests.Schema;

/// <summary>One of the schemas, under a validator that has nothing to do with FlowBuild, beside the checks of the same kind of file.</summary>
internal sealed class EditorSchema
{
    public static readonly EditorSchema Flow = new("flow", static text => FlowReader.Read("flow.dag.yaml", text).Diagnostics);
    public static readonly EditorSchema FlexFlow = new("flex-flow", static text => FlowReader.Read("flow.flex.yaml", text).Diagnostics);
    public static readonly EditorSchema Endpoint = new("endpoint", static text => DeploymentFileReader.ReadEndpoint("endpoint.yml", text).Diagnostics);
    public static readonly EditorSchema Deployment = new("deployment", static text => DeploymentFileReader.ReadDeployment("deployment.yml", text).Diagnostics);
    public static readonly EditorSchema Model = new("model", static text => DeploymentFileReader.ReadModel("model.yml", text).Diagnostics);
    public static readonly EditorSchema Environment = new("environment", static text => DeploymentFileReader.ReadEnvironment("environment.yml", text).Diagnostics);

    private static readonly EvaluationOptions Details = new() { OutputFormat = OutputFormat.List };

    private readonly JsonSchema _schema;
    private readonly Func<string, EquatableArray<FlowDiagnostic>> _check;

    private EditorSchema(string name, Func<string, EquatableArray<FlowDiagnostic>> check)
    {
        Name = name;
        _schema = JsonSchema.FromText(EditorSchemas.All[name + ".schema.json"]);
        _check = check;
    }

    public static IReadOnlyList<EditorSchema> All { get; } = [Flow, FlexFlow, Endpoint, Deployment, Model, Environment];

    public string Name { get; }

    public static EditorSchema Of(string name) => All.Single(schema => schema.Name == name);

    /// <summary>The errors of FlowBuild's own checks.</summary>
    public IReadOnlyList<FlowDiagnostic> Errors(string text) => [.. _check(text).Where(static problem => problem.Rule.Severity == RuleSeverity.Error)];

    public bool Fits(JsonNode? value) => _schema.Evaluate(JsonSerializer.SerializeToElement(value)).IsValid;

    /// <summary>Where a value does not fit, and why.</summary>
    public string Faults(JsonNode? value) => string.Join("; ", _schema.Evaluate(JsonSerializer.SerializeToElement(value), Details).Details!
        .Where(static detail => detail.Errors is not null)
        .SelectMany(static detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Key}: {error.Value}")));

    public override string ToString() => Name;
}
