using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;

namespace FlowBuild.Generator.Inputs;

/// <summary>The deployment files of a project and the properties that change them.</summary>
internal sealed record DeploymentFiles(EquatableArray<ParsedDeploymentFile> Files, DeploymentOptions Options);

/// <summary>Checks a flow's deployment against the flow and the endpoint, as far as their text goes.</summary>
internal static class ItemCheck
{
    /// <summary>The problems of one item. Files with errors of their own are passed over.</summary>
    public static EquatableArray<ReportedDiagnostic> Of(ParsedFlow flow, DeploymentFiles files)
    {
        if (Find<DeploymentSpec>(files, flow.Item.DeploymentPath) is not { } deployment
            || (flow.Item.ModelPath.Length > 0 && Find<ModelSpec>(files, flow.Item.ModelPath) is null))
        {
            return EquatableArray.Empty<ReportedDiagnostic>();
        }

        try
        {
            var item = new FlowItemFiles(
                Path.GetFullPath(flow.Item.Path),
                flow.Definition,
                Find<EndpointSpec>(files, flow.Item.EndpointPath),
                flow.Item.DeploymentPath,
                deployment,
                flow.Item.ModelPath.Length > 0 ? flow.Item.ModelPath : null,
                Find<ModelSpec>(files, flow.Item.ModelPath));
            return item.Check(files.Options.HasSlots)
                .Where(problem => problem.Span?.OverrideIndex is not { } index || files.Options.Overrides[index].IsKnown)
                .Select(problem => DocumentOverride.Place(problem, files.Options.Overrides))
                .Select(problem => problem.File is null ? files.Options.Place(problem) : ReportedDiagnostic.Of(problem, null))
                .ToEquatableArray();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new([ReportedDiagnostic.Of(Failure.Of(flow.Item.Path, exception), null)]);
        }
    }

    private static T? Find<T>(DeploymentFiles files, string path)
        where T : class
    {
        foreach (var file in files.Files)
        {
            if (file.Path == path && file.Content is T content)
            {
                return content;
            }
        }

        return null;
    }
}
