using FlowBuild.Definitions.Deployments;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests.Bodies;

/// <summary>
/// A project around one deployment or endpoint file: whatever the file names in its file system is there, and what it refers to in the
/// workspace is registered.
/// </summary>
internal sealed class DeploymentFolder : IDisposable
{
    // Files name paths some levels above themselves.
    private const string Deep = "project/a/b/c/d/";

    private readonly TemporaryFolder _folder = new();
    private readonly string _directory;

    private DeploymentFolder(string file, string text)
    {
        _directory = Path.GetDirectoryName(_folder.Write(Deep + file, text))!;
        File = Path.Combine(_directory, Path.GetFileName(file));
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The project with the file's item.</summary>
    public FlowProject Project { get; private set; } = null!;

    /// <summary>Makes the project of an endpoint file.</summary>
    public static DeploymentFolder OfEndpoint(string file, string text)
    {
        var folder = new DeploymentFolder(file, text);
        folder.Make(folder._directory, endpoint: folder.File, deployment: null);
        return folder;
    }

    /// <summary>Makes the project of a deployment file, and fills the workspace with what it refers to.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="text">Its text.</param>
    /// <param name="endpoint">The text of the endpoint file; made up when null.</param>
    /// <param name="chat">The workspace.</param>
    public static async Task<DeploymentFolder> OfDeploymentAsync(string file, string text, string? endpoint, BasicChat chat)
    {
        var spec = DeploymentFileReader.ReadDeployment(file, text).Value!;
        var folder = new DeploymentFolder(file, text);
        folder.Fill(spec);
        var flowFolder = spec is { Code: null, Model.Inline.Path.Value: var path } && Path.GetExtension(path).Length == 0 && !path.Contains(':', StringComparison.Ordinal)
            ? Path.GetFullPath(Path.Combine(folder._directory, path))
            : Path.Combine(folder._directory, "flow");
        var endpointFile = Path.Combine(folder._directory, "endpoint-of-it.yml");
        await System.IO.File.WriteAllTextAsync(
            endpointFile, endpoint ?? $"name: {spec.EndpointName.Value}\n{(spec.IsKubernetes ? "compute: azureml:inferencecompute\n" : "")}");
        folder.Make(flowFolder, endpointFile, folder.File);
        await RegisterAsync(spec, chat);
        return folder;
    }

    /// <summary>Writes a file beside the deployment file.</summary>
    public void Write(string path, string text)
    {
        var full = Path.GetFullPath(Path.Combine(_directory, path));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllText(full, text);
    }

    public void Dispose() => _folder.Dispose();

    private void Make(string flowFolder, string endpoint, string? deployment)
    {
        Directory.CreateDirectory(flowFolder);
        var flow = Path.Combine(flowFolder, "flow.dag.yaml");
        System.IO.File.WriteAllText(flow, """
            inputs:
              text:
                type: string
            outputs:
              result:
                type: string
                reference: ${echo.output}
            nodes:
            - name: echo
              type: prompt
              source:
                type: code
                path: echo.jinja2
              inputs:
                text: ${inputs.text}
            """);
        System.IO.File.WriteAllText(Path.Combine(flowFolder, "echo.jinja2"), "{{text}}\n");
        Project = new FlowProject("Real", Path.Combine(_folder.Path, "project"), [new FlowItem(flow, "Real", endpoint, deployment, null)]);
    }

    private void Fill(DeploymentSpec spec)
    {
        if (spec.Model?.Inline is { Path.Value: var model } inline)
        {
            FillPath(model, inline.Type == "mlflow_model" ? "MLmodel" : "weights.bin");
        }

        if (spec.Code is { Code.Value: var code } configuration)
        {
            FillPath(code, configuration.ScoringScript.Value);
        }

        if (spec.Environment?.Inline is { } environment)
        {
            if (environment.CondaFile is { } conda)
            {
                Write(conda.Value, "name: it's\ndependencies:\n- python=3.12 # ${here}\n");
            }

            if (environment.Build is { } build)
            {
                FillPath(build.Path.Value, build.DockerfilePath?.Value ?? "Dockerfile");
            }
        }
    }

    private void FillPath(string path, string content)
    {
        if (!path.Contains(':', StringComparison.Ordinal))
        {
            Write(Path.GetExtension(path).Length > 0 ? path : Path.Combine(path, content), content);
        }
    }

    private static async Task RegisterAsync(DeploymentSpec spec, BasicChat chat)
    {
        await chat.PutResourceAsync("computes/inferencecompute", """{ "location": "local", "properties": { "computeType": "Kubernetes", "resourceId": "/subscriptions/x" } }""");
        await RegisterAsync("models", spec.Model?.Reference, """{ "properties": { "modelUri": "azureml://datastores/workspaceblobstore/paths/model" } }""");
        await RegisterAsync("environments", spec.Environment?.Reference, """{ "properties": { "image": "image:1" } }""");
        await RegisterAsync("codes", spec.Code?.Reference, """{ "properties": { "codeUri": "https://example.com/code" } }""");

        async Task RegisterAsync(string collection, AssetReference? reference, string body)
        {
            if (reference is AssetReference.Version { Name: var name, Value: var version })
            {
                await chat.PutResourceAsync($"{collection}/{name}/versions/{version}", body);
            }
            else if (reference is AssetReference.Label { Name: var labelled })
            {
                await chat.PutResourceAsync($"{collection}/{labelled}/versions/1", body);
            }
        }
    }
}
