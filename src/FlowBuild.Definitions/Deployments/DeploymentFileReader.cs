namespace FlowBuild.Definitions.Deployments;

/// <summary>
/// Reads the YAML files of az ml: endpoint, deployment, model and environment, in YAML 1.1 as az ml reads them. Every reader
/// reports all problems of the file that the text alone can show.
/// </summary>
public static class DeploymentFileReader
{
    /// <summary>Reads an endpoint file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<EndpointSpec> ReadEndpoint(string file, string text) => throw new InvalidOperationException();

    /// <summary>Reads a deployment file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<DeploymentSpec> ReadDeployment(string file, string text) => throw new InvalidOperationException();

    /// <summary>Reads a model file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<ModelSpec> ReadModel(string file, string text) => throw new InvalidOperationException();

    /// <summary>Reads an environment file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<EnvironmentSpec> ReadEnvironment(string file, string text) => throw new InvalidOperationException();
}
