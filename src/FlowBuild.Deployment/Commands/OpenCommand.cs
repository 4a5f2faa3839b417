namespace FlowBuild.Deployment.Commands;

/// <summary>Shows where a person looks at the endpoint of each flow, and opens it in a browser.</summary>
internal static class OpenCommand
{
    public static async Task<IReadOnlyList<Uri>> RunAsync(CommandContext context, Func<Uri, bool>? openBrowser, CancellationToken cancellationToken)
    {
        var pages = new List<Uri>();
        var lines = new List<OutputLine>();
        var outcomes = await context.ForEachAsync(context.Endpoints, writes: false, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            var page = await context.Workspace.GetPageAsync(endpoint, cancellationToken).ConfigureAwait(false);
            pages.Add(page);
            lines.Add($"{endpoint.Name} at {page} (flow '{flow.Item.Name}')");

            // A link to the local workspace's page works once: the browser gets one of its own, so that the one in the log still works.
            if (openBrowser?.Invoke(await context.Workspace.GetPageAsync(endpoint, cancellationToken).ConfigureAwait(false)) == true)
            {
                lines.Add("  opened in the browser; FlowOpenBrowser=false turns that off");
            }
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
        return pages;
    }
}
