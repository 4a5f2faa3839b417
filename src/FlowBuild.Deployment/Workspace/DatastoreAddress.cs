using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// The blob container of a datastore. Whoever may edit a datastore chooses where uploads and the token of storage go, so the address is
/// built of names in Azure's form and the cloud's own suffix only.
/// </summary>
internal static partial class DatastoreAddress
{
    /// <summary>The container's address.</summary>
    /// <param name="datastore">The datastore's name.</param>
    /// <param name="properties">Its properties: <c>accountName</c>, <c>endpoint</c> (the suffix, by default the cloud's).</param>
    /// <param name="container">Its container or file system.</param>
    /// <param name="cloud">The cloud of the workspace.</param>
    /// <param name="localBlobs">Where the local workspace keeps blobs; null for Azure.</param>
    /// <exception cref="FlowDeploymentException">The datastore leads elsewhere than to a storage account of the cloud.</exception>
    public static Uri Of(string datastore, JsonNode? properties, string container, AzureCloud cloud, Uri? localBlobs)
    {
        var account = properties.TextAt("accountName") ?? "";
        if (!AccountName().IsMatch(account))
        {
            throw Refuse(account, "a storage account's name has 3 to 24 lower-case letters and digits");
        }

        if (!ContainerName().IsMatch(container))
        {
            throw Refuse(container, "a container's name has 3 to 63 lower-case letters, digits and hyphens");
        }

        if (localBlobs is not null)
        {
            return new Uri(localBlobs, $"{account}/{container}");
        }

        if (cloud.StorageSuffix.Length == 0)
        {
            throw Refuse(
                properties.TextAt("endpoint") ?? account,
                $"the Azure CLI's cloud '{cloud.Name}' names no suffix of storage accounts; "
                + $"run: az cloud update --name {cloud.Name} --suffix-storage-endpoint SUFFIX");
        }

        var suffix = properties.TextAt("endpoint") is { Length: > 0 } named ? named : cloud.StorageSuffix;
        return string.Equals(suffix, cloud.StorageSuffix, StringComparison.OrdinalIgnoreCase)
            ? new Uri($"https://{account}.blob.{cloud.StorageSuffix}/{container}")
            : throw Refuse(suffix, $"storage accounts of {cloud.Name} end with '{cloud.StorageSuffix}'");

        FlowDeploymentException Refuse(string named, string reason) =>
            FlowDeploymentException.Of(WorkspaceRules.DatastoreRefused, datastore, named, reason);
    }

    [GeneratedRegex("^[a-z0-9]{3,24}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AccountName();

    [GeneratedRegex("^[a-z0-9](?:-?[a-z0-9]){2,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerName();
}
