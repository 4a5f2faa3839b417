namespace FlowBuild.Deployment.Plan;

/// <summary>Ids of asset versions, and their short names.</summary>
internal static class AssetNames
{
    /// <summary><c>name:version</c> of an id such as <c>/subscriptions/…/models/name/versions/version</c>; other text as it is.</summary>
    public static string Short(string id) => Parts(id) is { } parts ? $"{parts.Name}:{parts.Version}" : id;

    /// <summary>Name and version of an id, or null.</summary>
    public static (string Name, string Version)? Parts(string? id)
    {
        var segments = id?.Split('/') ?? [];
        return segments is [.., var name, var versions, var version] && string.Equals(versions, "versions", StringComparison.OrdinalIgnoreCase)
            ? (name, version)
            : null;
    }
}
