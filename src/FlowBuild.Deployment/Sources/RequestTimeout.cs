using System.Globalization;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>How long one request may take: managed deployments have three minutes, those of a prompt flow five, as have all on Kubernetes.</summary>
internal static class RequestTimeout
{
    /// <summary>The model's property that makes the service take it for a prompt flow.</summary>
    public const string FlowProperty = "azureml.promptflow.source_flow_id";

    private const int LongestOfManaged = 180_000;

    /// <summary>What is wrong with the deployment's <c>request_timeout_ms</c>, or null.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="modelIsFlow">Whether a model that others registered has <see cref="FlowProperty"/>; null when that is not known yet.</param>
    public static FlowDiagnostic? Fault(FlowSources sources, bool? modelIsFlow)
    {
        if (sources.Deployment is not { IsKubernetes: false, Requests.RequestTimeoutMs: { Value: > LongestOfManaged } timeout })
        {
            return null;
        }

        var isFlow = sources.Model switch
        {
            ModelChoice.Foreign => modelIsFlow ?? true,
            ModelChoice.Own own => sources.IsFlowServed || own.Spec?.Properties.Any(static p => p.Key == FlowProperty && p.Value.Length > 0) == true,
            _ => false,
        };
        return isFlow ? null : FlowDiagnostic.At(
            DeploymentRules.OutOfRange, sources.Item.DeploymentFile, timeout.Span, "request_timeout_ms",
            "at most 180000 for a managed deployment whose model is no prompt flow", timeout.Value.ToString(CultureInfo.InvariantCulture));
    }
}
