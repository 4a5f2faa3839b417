using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>The container's variables: those of the file, and those that a served flow needs and the file leaves out.</summary>
internal static class DeploymentVariables
{
    private const string RunMode = "PROMPTFLOW_RUN_MODE";

    /// <summary>The variable that tells a served flow where it runs.</summary>
    public const string Override = "PRT_CONFIG_OVERRIDE";

    /// <summary>The value of the override with another deployment's name, where it names the one of the file.</summary>
    public static string WithDeployment(string value, string from, string to) => string.Join(',', value.Split(',').Select(part =>
        part.Split('=', 2) is [var key, var name] && key.Trim() == "deployment.deployment_name" && string.Equals(name.Trim(), from, StringComparison.OrdinalIgnoreCase)
            ? $"{key}={to}"
            : part));

    /// <summary>The variables to send.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="workspace">The real names.</param>
    /// <param name="notes">Takes a line for each variable that is filled in.</param>
    /// <exception cref="FlowDeploymentException">The file names another workspace, endpoint or deployment than the real one.</exception>
    public static Dictionary<string, string> Of(FlowSources sources, WorkspaceAddress workspace, List<string> notes)
    {
        var variables = sources.Deployment!.EnvironmentVariables.ToDictionary(static v => v.Key, static v => v.Value.Value, StringComparer.Ordinal);
        if (!sources.IsFlowServed)
        {
            return variables;
        }

        // An empty run mode starts the image as a compute runtime, which serves nothing.
        if (variables.TryAdd(RunMode, "serving"))
        {
            notes.Add($"{RunMode}=serving is filled in");
        }

        (string Key, string Value)[] names =
        [
            ("deployment.subscription_id", workspace.Subscription), ("deployment.resource_group", workspace.ResourceGroup),
            ("deployment.workspace_name", workspace.Name), ("deployment.endpoint_name", sources.EndpointName),
            ("deployment.deployment_name", sources.DeploymentName!),
        ];
        if (variables.TryAdd(Override, string.Join(',', names.Select(static n => $"{n.Key}={n.Value}"))))
        {
            notes.Add($"{Override} is filled in with the names of workspace, endpoint and deployment");
            return variables;
        }

        foreach (var part in variables[Override].Split(','))
        {
            var (key, value) = part.Split('=', 2) is [var k, var v] ? (k.Trim(), v.Trim()) : (part.Trim(), "");
            var real = Array.Find(names, n => n.Key == key).Value;
            if (real is not null && !string.Equals(real, value, StringComparison.OrdinalIgnoreCase))
            {
                var span = sources.Deployment.EnvironmentVariables.First(static e => e.Key == Override).Value.Span;
                throw FlowDeploymentException.At(ConfigurationRules.OverrideDisagrees, sources.Item.DeploymentFile, span, key, value, real);
            }
        }

        return variables;
    }
}
