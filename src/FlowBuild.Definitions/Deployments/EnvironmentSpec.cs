using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>What an environment file, or an inline environment, says.</summary>
/// <param name="Name">The environment's name; null only inline (an anonymous environment).</param>
/// <param name="Version">A pinned version, or null.</param>
/// <param name="Image">The container image; exactly one of image and build is set.</param>
/// <param name="Build">The build context, or null.</param>
/// <param name="CondaFile">Path of a conda file relative to the YAML file, or null.</param>
/// <param name="Inference">Routes of the server in the image, or null.</param>
/// <param name="IsWindows">True for <c>os_type: windows</c>; default Linux.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="Tags">Tags of the version.</param>
/// <param name="Properties">Properties of the version.</param>
public sealed record EnvironmentSpec(
    Located<string>? Name,
    Located<string>? Version,
    Located<string>? Image,
    BuildContext? Build,
    Located<string>? CondaFile,
    InferenceConfig? Inference,
    bool IsWindows,
    string? Description,
    EquatableArray<KeyValuePair<string, string>> Tags,
    EquatableArray<KeyValuePair<string, string>> Properties)
{
    /// <summary>A conda definition written inline instead of a file, as JSON (which YAML readers read); else null.</summary>
    public string? CondaJson { get; init; }

    /// <summary>The datastore that a build context is uploaded to; null for the workspace's own, <c>workspaceblobstore</c>.</summary>
    public Located<string>? Datastore { get; init; }
}

/// <summary>A Dockerfile and the folder it is built in.</summary>
/// <param name="Path">The folder, relative to the YAML file.</param>
/// <param name="DockerfilePath">The Dockerfile inside the folder; default <c>Dockerfile</c>.</param>
public sealed record BuildContext(Located<string> Path, Located<string>? DockerfilePath);

/// <summary>The routes that the service calls in the container.</summary>
/// <param name="Liveness">Default for prompt flow: <c>/health</c>, port 8080.</param>
/// <param name="Readiness">Default for prompt flow: <c>/health</c>, port 8080.</param>
/// <param name="Scoring">Default for prompt flow: <c>/score</c>, port 8080.</param>
/// <param name="Startup">Optional; the service knows it since api-version 2024-10-01.</param>
public sealed record InferenceConfig(InferenceRoute Liveness, InferenceRoute Readiness, InferenceRoute Scoring, InferenceRoute? Startup);

/// <summary>One route.</summary>
/// <param name="Path">The path, such as <c>/score</c>.</param>
/// <param name="Port">The port, 1 to 65535.</param>
public sealed record InferenceRoute(Located<string> Path, Located<int> Port);
