using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Commands;

/// <summary>Shows the last lines of a container's log of each deployment.</summary>
internal static class LogsCommand
{
    public static async Task RunAsync(CommandContext context, string container, int tail, CancellationToken cancellationToken)
    {
        var containerType = container.ToLowerInvariant() switch
        {
            "" or "inference-server" or "inferenceserver" => "InferenceServer",
            "storage-initializer" or "storageinitializer" => "StorageInitializer",
            _ => throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowContainer", container, "write inference-server or storage-initializer"),
        };
        var lines = new List<OutputLine>();
        var flows = await NamedDeployments.FlowsAsync(context, writes: false, cancellationToken).ConfigureAwait(false);
        var outcomes = await context.ForEachAsync(flows, writes: false, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            if (NamedDeployments.Of(context, flow) is not { } deployment)
            {
                lines.Add($"{endpoint.Name}: no deployment file, so there is no log (flow '{flow.Item.Name}')");
                return;
            }

            if (await context.Workspace.GetDeploymentAsync(endpoint.Name, deployment, cancellationToken).ConfigureAwait(false) is null)
            {
                throw FlowDeploymentException.Of(
                    WorkspaceRules.NotDeployed, $"The deployment '{endpoint.Name}/{deployment}' (flow '{flow.Item.Name}')", context.Workspace.Address.Name);
            }

            var text = await context.Workspace.GetLogsAsync(endpoint.Name, deployment, containerType, tail, cancellationToken).ConfigureAwait(false);
            lines.Add($"--- {endpoint.Name}/{deployment}, {containerType} (flow '{flow.Item.Name}'):");
            lines.AddRange(OutputLine.Quote(text));
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }
}
