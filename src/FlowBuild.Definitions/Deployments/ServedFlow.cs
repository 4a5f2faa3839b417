using System.Globalization;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>
/// Holds a deployment file against the flow that it serves. Only for a deployment whose model is that flow and whose server is the
/// flow's own (no <c>code_configuration</c>): another model can have another server, with other variables and routes.
/// </summary>
public static class ServedFlow
{
    /// <summary>The port on which prompt flow's server listens.</summary>
    private const int Port = 8080;

    /// <summary>Checks variables, response fields and routes. What is missing is no problem: it is filled in when the flow is deployed.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="deploymentFile">The path that diagnostics name.</param>
    /// <param name="deployment">The deployment.</param>
    /// <returns>Warnings, in no particular order.</returns>
    public static EquatableArray<FlowDiagnostic> Check(FlowDefinition flow, string deploymentFile, DeploymentSpec deployment)
    {
        var problems = new DiagnosticList(deploymentFile);
        foreach (var variable in deployment.EnvironmentVariables)
        {
            switch (variable.Key)
            {
                case "PROMPTFLOW_RUN_MODE" when variable.Value.Value != "serving":
                    problems.Add(DeploymentRules.RunModeNotServing, variable.Value.Span, variable.Value.Value);
                    break;

                case "PRT_CONFIG_OVERRIDE":
                    CheckOverride(deployment, variable.Value, problems);
                    break;

                case ResponseFields.Variable:
                    CheckResponseFields(flow, deployment.ResponseFields, variable.Value.Span, problems);
                    break;
            }
        }

        if (deployment.Environment?.Inline?.Inference is { } inference)
        {
            CheckRoute("liveness_route", inference.Liveness, "/health", problems);
            CheckRoute("readiness_route", inference.Readiness, "/health", problems);
            CheckRoute("scoring_route", inference.Scoring, "/score", problems);
        }

        return problems.ToOrderedArray();
    }

    private static void CheckOverride(DeploymentSpec deployment, Located<string> value, DiagnosticList problems)
    {
        foreach (var part in value.Value.Split(','))
        {
            var equals = part.IndexOf('=');
            var (key, name) = equals < 0 ? (part.Trim(), "") : (part.Substring(0, equals).Trim(), part.Substring(equals + 1).Trim());
            if (name.StartsWith("<", StringComparison.Ordinal))
            {
                problems.Add(
                    DeploymentRules.OverrideDisagrees, value.Span, $"'{key}' still is the placeholder '{name}'", "write the real name, or remove the variable: it is filled in");
                continue;
            }

            var expected = key switch
            {
                "deployment.endpoint_name" => deployment.EndpointName.Value,
                "deployment.deployment_name" => deployment.Name.Value,
                _ => name,
            };
            if (!string.Equals(name, expected, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add(
                    DeploymentRules.OverrideDisagrees, value.Span, $"'{key}' is '{name}' and the file says '{expected}'", "write one name, or remove the variable: it is filled in");
            }
        }
    }

    private static void CheckResponseFields(FlowDefinition flow, EquatableArray<string>? fields, SourceSpan span, DiagnosticList problems)
    {
        foreach (var field in fields ?? EquatableArray.Empty<string>())
        {
            FlowOutput? output = null;
            foreach (var candidate in flow.Outputs)
            {
                output = candidate.Name == field ? candidate : output;
            }

            if (output is null && flow.Kind == FlowKind.Dag)
            {
                problems.Add(
                    DeploymentRules.UnknownResponseField,
                    span,
                    field,
                    "the flow has no such output",
                    Suggestion.DidYouMean(field, flow.Outputs.Select(static known => known.Name)));
            }
            else if (output is not null && FlowGraph.IsDropped(flow, output))
            {
                problems.Add(DeploymentRules.UnknownResponseField, span, field, "an aggregation node gives it, which runs after all lines of a batch", "");
            }
        }
    }

    private static void CheckRoute(string name, InferenceRoute route, string path, DiagnosticList problems)
    {
        if (route.Path.Value != path)
        {
            problems.Add(DeploymentRules.RouteNotServed, route.Path.Span, name + ".path", route.Path.Value, path);
        }

        if (route.Port.Value != Port)
        {
            problems.Add(
                DeploymentRules.RouteNotServed,
                route.Port.Span,
                name + ".port",
                route.Port.Value.ToString(CultureInfo.InvariantCulture),
                Port.ToString(CultureInfo.InvariantCulture));
        }
    }
}
