using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Commands;

/// <summary>
/// Writes what a caller needs to a file: JSON as <c>az ml online-endpoint get-credentials</c> prints it, readable by the owner only, and
/// by endpoint where there are several; or, for <c>GITHUB_ENV</c> and <c>GITHUB_OUTPUT</c>, lines for the file that this variable names.
/// </summary>
internal static class CredentialsCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Task RunAsync(CommandContext context, string target, CancellationToken cancellationToken) =>
        target is "GITHUB_ENV" or "GITHUB_OUTPUT" ? AppendAsync(context, target, cancellationToken) : WriteAsync(context, target, cancellationToken);

    private static async Task AppendAsync(CommandContext context, string variable, CancellationToken cancellationToken)
    {
        var file = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? path
            : throw FlowDeploymentException.Of(
                ConfigurationRules.InvalidProperty, "FlowCredentialsFile", variable, "the environment variable of this name is not set; it is set in GitHub Actions");
        var lines = new List<OutputLine>();
        var outcomes = await context.ForEachAsync(context.Flows, writes: false, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            var section = flow.Item.ClientName;
            var token = await context.Workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false);
            await File.AppendAllTextAsync(file, $"{section}__ScoringUri={endpoint.ScoringUri}\n{section}__Key={token}\n", cancellationToken).ConfigureAwait(false);
            lines.Add($"{section}__ScoringUri and {section}__Key are in the file of {variable} ({endpoint.Name}, flow '{flow.Item.Name}')");
        }).ConfigureAwait(false);
        context.Log.Output(lines);
        outcomes.ThrowIfAnyFailed();
    }

    private static async Task WriteAsync(CommandContext context, string file, CancellationToken cancellationToken)
    {
        var all = new JsonObject();
        var outcomes = await context.ForEachAsync(context.Endpoints, writes: false, async flow =>
        {
            var endpoint = await context.RequireEndpointAsync(flow, cancellationToken).ConfigureAwait(false);
            all[endpoint.Name] = await CredentialsAsync(context.Workspace, endpoint, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        if (all.Count > 0)
        {
            var content = context.Endpoints.Count == 1 ? all.First().Value! : all;
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(content.ToJsonString(Indented)), isPrivate: true);
            context.Log.Output([$"the credentials of {string.Join(", ", all.Select(static e => e.Key))} are in {file}"]);
        }

        outcomes.ThrowIfAnyFailed();
    }

    private static async Task<JsonObject> CredentialsAsync(MachineLearningWorkspace workspace, EndpointResource endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.AuthMode != "Key")
        {
            return new JsonObject { ["accessToken"] = await workspace.GetCallerTokenAsync(endpoint, cancellationToken).ConfigureAwait(false), ["tokenType"] = "Bearer" };
        }

        var (primary, secondary) = await workspace.GetKeysAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        return new JsonObject { ["primaryKey"] = primary, ["secondaryKey"] = secondary };
    }
}
