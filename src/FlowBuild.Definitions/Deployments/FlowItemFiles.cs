using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Deployments;

/// <summary>The files of one flow of a project, as read, and the checks of one against the other that their text allows.</summary>
/// <param name="FlowFile">Full path of the flow file.</param>
/// <param name="Flow">The flow, or null when it cannot be used.</param>
/// <param name="Endpoint">The endpoint file, or null.</param>
/// <param name="DeploymentFile">Full path of the deployment file, or null.</param>
/// <param name="Deployment">The deployment, or null.</param>
/// <param name="ModelFile">Full path of the model file, or null.</param>
/// <param name="Model">What the model file says, or null.</param>
public sealed record FlowItemFiles(
    string FlowFile, FlowDefinition? Flow, EndpointSpec? Endpoint, string? DeploymentFile, DeploymentSpec? Deployment, string? ModelFile, ModelSpec? Model)
{
    /// <summary>Whether the deployment runs the item's own model, and not one that others register.</summary>
    public bool HasOwnModel => Deployment?.Model?.Reference switch
    {
        null => Deployment is not { Code: not null, Model: null } || Model is not null,
        AssetReference.Version version => version.Name == ModelName,
        AssetReference.Label label => label.Name == ModelName,
        _ => false,
    };

    /// <summary>Whether the deployed model is the item's flow and the flow's own server answers for it.</summary>
    public bool IsFlowServed => Deployment?.Code is null && HasOwnModel && IsFlowIn(ModelPath);

    private ModelSpec? OwnModel => Deployment?.Model?.Inline ?? Model;

    private string ModelName => OwnModel?.Name?.Value ?? $"{(Deployment?.EndpointName.Value ?? Endpoint?.Name.Value ?? "").ToLowerInvariant()}-model";

    private string? ModelPath => OwnModel?.Path?.Value;

    /// <summary>Checks the deployment against the flow and the endpoint.</summary>
    /// <param name="hasSlots">The deployment gets the name of a slot in the place of the one that its file says.</param>
    /// <returns>The problems, in no particular order.</returns>
    public EquatableArray<FlowDiagnostic> Check(bool hasSlots)
    {
        var problems = new List<FlowDiagnostic>();
        if (Deployment is not { } deployment || DeploymentFile is not { } file)
        {
            return new(problems);
        }

        if (Endpoint is { } endpoint)
        {
            if (!IsSame(endpoint.Name.Value, deployment.EndpointName.Value))
            {
                problems.Add(FlowDiagnostic.At(
                    ConfigurationRules.EndpointNamesDiffer, file, deployment.EndpointName.Span, deployment.EndpointName.Value, endpoint.Name.Value));
            }

            if (endpoint.IsKubernetes != deployment.IsKubernetes)
            {
                problems.Add(FlowDiagnostic.At(
                    ConfigurationRules.KindsDiffer, file, deployment.Name.Span, Kind(endpoint.IsKubernetes), Kind(deployment.IsKubernetes)));
            }
        }

        // Models of the other types bring a server of their own.
        if (deployment.Environment is null && OwnModel?.Type is null or "custom_model" && IsFlowServed)
        {
            problems.Add(FlowDiagnostic.At(DeploymentRules.EnvironmentMissing, file, deployment.Name.Span, deployment.Name.Value));
        }

        if (Flow is { } flow && IsFlowServed)
        {
            problems.AddRange(ServedFlow.Check(flow, file, deployment, hasSlots));
            if (OwnModel is { } model)
            {
                problems.AddRange(ServedFlow.CheckChatProperties(flow, ReferenceEquals(model, Model) ? ModelFile! : file, model));
            }
        }

        return new(problems);
    }

    // A remote path is the flow as far as the files tell.
    private bool IsFlowIn(string? modelPath)
    {
        if (modelPath is null || RemotePath.IsRemote(modelPath))
        {
            return true;
        }

        var file = Deployment?.Model?.Inline is not null ? DeploymentFile : ModelFile;
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file ?? DeploymentFile ?? FlowFile)!, modelPath.Replace('\\', '/')));
        return FlowFile == folder || FlowFile.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    // An unknown name, which an override takes from the environment, is the same as any.
    private static bool IsSame(string left, string right) =>
        left.Length == 0 || right.Length == 0 || string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static string Kind(bool isKubernetes) => isKubernetes ? "Kubernetes" : "managed";
}
