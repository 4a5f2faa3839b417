using FlowBuild.Definitions.Deployments;
using FlowBuild.LocalWorkspace.InProcess;

namespace FlowBuild.LocalWorkspace;

/// <summary>How a test deploys a flow folder.</summary>
public sealed class LocalDeploymentOptions
{
    /// <summary>
    /// Name of the endpoint: 3 to 32 letters, digits and single hyphens. Default: the folder's name, with a number when it is taken.
    /// Deploying to an endpoint again replaces what it serves; its URI and key stay.
    /// </summary>
    public string? EndpointName { get; init; }

    /// <summary>
    /// The deployment file of the flow, whose <c>environment_variables</c> are taken, so that the endpoint returns the same outputs as the
    /// real one. Full or relative as the flow folder. Default: none.
    /// </summary>
    public string? DeploymentFile { get; init; }

    /// <summary>
    /// Environment variables of the deployment, on top of those of the deployment file. <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c> (a JSON
    /// array of names) and <c>PROMPTFLOW_SERVING_ENGINE</c> (<c>flask</c> or <c>fastapi</c>) count. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// What the flow answers to each request that it accepts; requests run side by side, and so may this. An exception here is a failure of
    /// the request with the code <c>WrongTestAnswer</c>. Default: <see cref="FlowAnswer.MadeUp"/>.
    /// </summary>
    public Func<FlowCall, FlowAnswer>? Answer { get; init; }

    /// <summary>
    /// The address of a server that answers in the flow's place, such as <c>http://127.0.0.1:8080</c> of <c>pf flow serve</c>. What it
    /// answers passes the endpoint as it is. It goes before <see cref="Answer"/>. Default: none.
    /// </summary>
    public Uri? Server { get; init; }

    /// <summary>The deployment's variables.</summary>
    /// <exception cref="LocalDeploymentException">The deployment file is missing or has errors.</exception>
    internal IReadOnlyDictionary<string, string> ReadVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (DeploymentFile is not null)
        {
            var file = TestFiles.Find(DeploymentFile);
            var spec = TestFiles.ValueOf(DeploymentFileReader.ReadDeployment(file, File.ReadAllText(file)));
            foreach (var (name, value) in spec.EnvironmentVariables)
            {
                variables[name] = value.Value;
            }
        }

        foreach (var (name, value) in EnvironmentVariables)
        {
            variables[name] = value;
        }

        return variables;
    }
}
