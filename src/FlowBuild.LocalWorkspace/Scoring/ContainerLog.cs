using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Collects what a deployment's containers would print.</summary>
internal sealed class ContainerLog
{
    private readonly StringBuilder _fetching = new();
    private readonly StringBuilder _serving = new();

    /// <summary>The text of the container that fetches the model.</summary>
    public string StorageInitializer => _fetching.ToString();

    /// <summary>The text of the container that serves.</summary>
    public string InferenceServer => _serving.ToString();

    /// <summary>A line of the container that fetches the model.</summary>
    public void Fetch(string line) => Append(_fetching, line);

    /// <summary>A line of the container that serves.</summary>
    public void Serve(string line) => Append(_serving, line);

    private static void Append(StringBuilder log, string line) =>
        log.Append(CultureInfo.InvariantCulture, $"[{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss}] {line.ReplaceLineEndings(" ")}\n");
}

/// <summary>A deployment's containers do not start.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It always has an ARM error.")]
internal sealed class ContainerStartException(ArmError error) : Exception(error.Message)
{
    /// <summary>The error that ends the operation.</summary>
    public ArmError Error { get; } = error;
}
