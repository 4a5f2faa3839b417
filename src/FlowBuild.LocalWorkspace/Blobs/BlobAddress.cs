using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>What a request to the blob store is about.</summary>
/// <param name="RawPath">The path as sent, which signatures cover.</param>
/// <param name="Container">The container, or null for the account.</param>
/// <param name="Blob">The blob's name, decoded, or null.</param>
internal sealed partial record BlobAddress(string RawPath, string? Container, string? Blob)
{
    private const int LongestName = 1024;

    /// <summary>Reads the address out of the request as it was sent: the server folds dots and leaves <c>%2F</c>, Azure does neither.</summary>
    public static BlobAddress From(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var path = target.Split('?', 2)[0];
        var parts = path.Split('/', 4);
        var container = parts.Length > 2 && parts[2].Length > 0 ? Uri.UnescapeDataString(parts[2]) : null;
        var blob = parts.Length > 3 && parts[3].Length > 0 ? Uri.UnescapeDataString(parts[3]) : null;
        if (container is null ? blob is not null : !ContainerName().IsMatch(container))
        {
            throw new BlobException(400, "InvalidResourceName", "The specified resource name contains invalid characters.");
        }

        if (blob is not null && (blob.Length > LongestName || blob.Split('/', '\\').Any(static segment => segment is "." or "..") || blob.Contains('\0', StringComparison.Ordinal)))
        {
            throw new BlobException(400, "InvalidUri", "The requested URI does not represent any resource on the server.");
        }

        return new BlobAddress(path, container, blob);
    }

    // 3 to 63 lower-case letters, digits and single hyphens, or one of the containers that Azure itself has.
    [GeneratedRegex("^(?=.{3,63}\\z)([a-z0-9]+(-[a-z0-9]+)*|\\$(root|logs|web))\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerName();
}
