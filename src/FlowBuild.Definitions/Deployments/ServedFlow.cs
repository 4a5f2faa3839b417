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

    private const string ChatProperty = "azureml.promptflow.chat_";

    /// <summary>Checks variables, response fields and routes. What is missing is no problem: it is filled in when the flow is deployed.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="deploymentFile">The path that diagnostics name.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="hasSlots">The deployment gets the name of a slot in the place of the one that its file says.</param>
    /// <returns>The problems, in no particular order.</returns>
    public static EquatableArray<FlowDiagnostic> Check(FlowDefinition flow, string deploymentFile, DeploymentSpec deployment, bool hasSlots = false)
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
                    CheckOverride(deployment, variable.Value, hasSlots, problems);
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

    /// <summary>Checks the properties of the model that tell the studio's test page which input and output hold a chat.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="file">The path that diagnostics name.</param>
    /// <param name="model">The model.</param>
    /// <returns>Warnings, in the order of the file.</returns>
    public static EquatableArray<FlowDiagnostic> CheckChatProperties(FlowDefinition flow, string file, ModelSpec model)
    {
        var problems = new DiagnosticList(file);
        if (flow.Kind != FlowKind.Flex || flow.Inputs.Count > 0)
        {
            foreach (var property in model.LocatedProperties)
            {
                if (property.Key == ChatProperty + "input")
                {
                    CheckChatProperty(property, "input", flow.Inputs.Select(static input => input.Name).ToList(), problems);
                }
                else if (property.Key == ChatProperty + "output")
                {
                    CheckChatProperty(property, "output", flow.Outputs.Select(static output => output.Name).ToList(), problems);
                }
            }
        }

        return problems.ToOrderedArray();
    }

    private static void CheckChatProperty(KeyValuePair<string, Located<string>> property, string what, List<string> names, DiagnosticList problems)
    {
        var unknown = property.Value.Value.Split(',').Select(static name => name.Trim()).Where(name => !names.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            problems.Add(
                DeploymentRules.ChatPropertyUnknown,
                property.Value.Span,
                property.Key,
                property.Value.Value,
                what,
                string.Join("', '", unknown),
                Suggestion.DidYouMean(unknown[0], names, "; name one of the flow, or remove the property: it is filled in for a chat flow"));
        }
    }

    private static void CheckOverride(DeploymentSpec deployment, Located<string> value, bool hasSlots, DiagnosticList problems)
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
                "deployment.deployment_name" when !hasSlots => deployment.Name.Value,
                _ => name,
            };

            // A name that an override takes from the environment may not be known.
            if (expected.Length > 0 && !string.Equals(name, expected, StringComparison.OrdinalIgnoreCase))
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
