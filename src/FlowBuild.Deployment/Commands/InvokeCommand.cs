using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>Sends one request for each flow and shows the answers; of a flow that streams the whole of it at its end.</summary>
internal static class InvokeCommand
{
    public static async Task RunAsync(CommandContext context, string? requestFile, CancellationToken cancellationToken)
    {
        var lines = new List<OutputLine>();
        var flows = await NamedDeployments.FlowsAsync(context, writes: false, cancellationToken).ConfigureAwait(false);
        var outcomes = await context.ForEachAsync(flows, writes: false, async flow =>
        {
            var (endpoint, answer) = await SendAsync(context, flow, requestFile, cancellationToken).ConfigureAwait(false);
            var deployment = context.Settings.DeploymentName is { } name ? $"/{name}" : "";
            var origin = answer.Origin is { } known ? $", {known}" : "";
            lines.Add($"{endpoint.Name}{deployment} answered (flow '{flow.Item.Name}'{origin}):");
            lines.AddRange(OutputLine.Quote(answer.Body));
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }

    private static async Task<(EndpointResource Endpoint, ScoringAnswer Answer)> SendAsync(
        CommandContext context, FlowSources flow, string? requestFile, CancellationToken cancellationToken)
    {
        var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
        if (endpoint.Traffic.Count == 0 && context.Settings.DeploymentName is null)
        {
            throw FlowDeploymentException.Of(
                WorkspaceRules.InvocationFailed, endpoint.Name,
                $"nothing, since no deployment has traffic (flow '{flow.Item.Name}'); run SetFlowTraffic, or name a deployment with FlowDeploymentName");
        }

        var request = VerificationRequest.Find(flow, requestFile, context.Workspace.Address.IsLocal)
            ?? throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidRequestFile, requestFile ?? "",
                $"there is none for the flow '{flow.Item.Name}'; name one with FlowRequestFile, or put samples.json into the flow's folder");
        using var client = await ScoringClient.OpenAsync(context.Workspace, endpoint, cancellationToken).ConfigureAwait(false);
        var deployment = context.Settings.DeploymentName;
        var answer = flow.Contract is { CanStream: true }
            ? await client.StreamAsync(request.Body, deployment, cancellationToken).ConfigureAwait(false)
            : await client.SendAsync(request.Body, deployment, cancellationToken).ConfigureAwait(false);
        return answer.Status is >= 200 and < 300
            ? (endpoint, answer)
            : throw FlowDeploymentException.Of(WorkspaceRules.InvocationFailed, endpoint.Name, $"{answer.StatusText} (flow '{flow.Item.Name}'): {answer.Excerpt}");
    }
}
