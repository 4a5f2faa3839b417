using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Apply;

/// <summary>Writes an endpoint and waits until the workspace shows its traffic.</summary>
internal static class EndpointUpdate
{
    // Reads lag behind writes now and then.
    private const int Reads = 3;

    /// <summary>Writes an endpoint.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="body">Makes the body from what the endpoint is when it is sent.</param>
    /// <param name="traffic">The traffic that the body sets, or null.</param>
    /// <param name="timeout">How long to wait for the operation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The endpoint as it is then.</returns>
    /// <exception cref="FlowDeploymentException">The operation failed, or the workspace shows other traffic.</exception>
    public static async Task<EndpointResource> SendAsync(
        MachineLearningWorkspace workspace, string endpoint, Func<EndpointResource, Task<JsonObject>> body, TrafficMap? traffic, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var operation = await workspace.PutEndpointAsync(endpoint, BodyAsync, cancellationToken).ConfigureAwait(false);
        var updated = new EndpointResource(await operation.WaitAsync(timeout, cancellationToken).ConfigureAwait(false));
        for (var read = 1; traffic is not null && !new TrafficMap(updated.Traffic).Equals(traffic); read++)
        {
            if (read == Reads)
            {
                throw FlowDeploymentException.Of(
                    WorkspaceRules.TrafficNotSet, endpoint, new TrafficMap(updated.Traffic).ToString(), traffic.ToString());
            }

            await Task.Delay(workspace.Connection.Patience.BusyDelay, cancellationToken).ConfigureAwait(false);
            updated = await workspace.GetEndpointAsync(endpoint, cancellationToken).ConfigureAwait(false) ?? updated;
        }

        return updated;

        // Read again: a change that somebody else made in the meantime stays.
        async Task<JsonObject> BodyAsync() => await body(
            await workspace.GetEndpointAsync(endpoint, cancellationToken).ConfigureAwait(false)
                ?? throw FlowDeploymentException.Of(WorkspaceRules.NotDeployed, $"The endpoint '{endpoint}'", workspace.Address.Name)).ConfigureAwait(false);
    }
}
