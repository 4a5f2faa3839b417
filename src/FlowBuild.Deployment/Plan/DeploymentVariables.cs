using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>The container's variables: those of the file, and those that a served flow needs and the file leaves out.</summary>
internal static class DeploymentVariables
{
    private const string RunMode = "PROMPTFLOW_RUN_MODE";
    private const string ClientId = "AZURE_CLIENT_ID";

    /// <summary>The variable that tells a served flow where it runs.</summary>
    public const string Override = "PRT_CONFIG_OVERRIDE";

    /// <summary>Fills in the client id of a user-assigned identity, without which the flow's server does not find it.</summary>
    /// <param name="variables">The variables to send.</param>
    /// <param name="sources">The files.</param>
    /// <param name="identity">The identity that the containers run under, or null.</param>
    /// <param name="notes">Takes a line on what is filled in, or cannot be.</param>
    /// <param name="log">Takes a warning where the file names another identity.</param>
    public static void FillClientId(Dictionary<string, string> variables, FlowSources sources, ContainerIdentity? identity, List<string> notes, IFlowLog log)
    {
        if (!sources.IsFlowServed || identity?.UserAssigned is null)
        {
            return;
        }

        if (!variables.TryGetValue(ClientId, out var named))
        {
            if (identity.Client is { } client)
            {
                variables[ClientId] = client;
                notes.Add($"{ClientId} is filled in with the client id of the identity {identity.Name}");
            }
            else
            {
                notes.Add($"{ClientId} is not set and the client id of the identity {identity.Name} cannot be read; write it into environment_variables");
            }
        }
        else if (identity.Client is { } real && !named.StartsWith("${{", StringComparison.Ordinal) && !string.Equals(named, real, StringComparison.OrdinalIgnoreCase))
        {
            var span = sources.Deployment!.EnvironmentVariables.First(static v => v.Key == ClientId).Value.Span;
            log.Report(FlowDiagnostic.At(WorkspaceRules.ClientIdDisagrees, sources.Item.DeploymentFile, span, identity.Name, real));
        }
    }

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

        return Disagreements(sources, names).FirstOrDefault() is { } problem ? throw new FlowDeploymentException(problem) : variables;
    }

    /// <summary>What the file's override says of a workspace that is known before anything asks it.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="workspace">The names of the workspace.</param>
    public static IEnumerable<FlowDiagnostic> Disagreements(FlowSources sources, WorkspaceAddress workspace) => !sources.IsFlowServed ? [] : Disagreements(
        sources,
        [
            ("deployment.subscription_id", workspace.Subscription), ("deployment.resource_group", workspace.ResourceGroup), ("deployment.workspace_name", workspace.Name),
        ]);

    private static IEnumerable<FlowDiagnostic> Disagreements(FlowSources sources, (string Key, string Value)[] names)
    {
        foreach (var (_, value) in sources.Deployment!.EnvironmentVariables.Where(static variable => variable.Key == Override))
        {
            foreach (var part in value.Value.Split(','))
            {
                var (key, name) = part.Split('=', 2) is [var k, var v] ? (k.Trim(), v.Trim()) : (part.Trim(), "");
                var real = Array.Find(names, n => n.Key == key).Value;
                if (real is not null && !string.Equals(real, name, StringComparison.OrdinalIgnoreCase))
                {
                    yield return FlowDiagnostic.At(ConfigurationRules.OverrideDisagrees, sources.Item.DeploymentFile, value.Span, key, name, real);
                }
            }
        }
    }
}
