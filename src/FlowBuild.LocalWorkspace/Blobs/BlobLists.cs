using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>Containers, and what is in them.</summary>
internal sealed class BlobLists(BlobStore store)
{
    private const int LargestPage = 5000;

    /// <summary>GET of the blobs of a container: by prefix, in pages, folded at a delimiter.</summary>
    public Task ListBlobsAsync(HttpContext context, BlobAddress address)
    {
        var query = context.Request.Query;
        var prefix = query["prefix"].ToString();
        var delimiter = query["delimiter"].ToString();
        var size = PageSize(query["maxresults"].ToString());
        var marker = query["marker"].ToString();
        var includesMetadata = query["include"].ToString().Split(',').Contains("metadata", StringComparer.OrdinalIgnoreCase);

        var blobs = new XElement("Blobs");
        string? after = marker.Length == 0 ? null : Encoding.UTF8.GetString(FromMarker(marker));
        string? folder = null;
        string? next = null;
        var count = 0;
        foreach (var blob in store.List(address.Container!, prefix, after))
        {
            if (folder is not null && blob.Name.StartsWith(folder, StringComparison.Ordinal))
            {
                after = blob.Name;
                continue;
            }

            if (count == size)
            {
                next = Convert.ToBase64String(Encoding.UTF8.GetBytes(after!));
                break;
            }

            var fold = delimiter.Length == 0 ? -1 : blob.Name.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            if (fold >= 0)
            {
                folder = blob.Name[..(fold + delimiter.Length)];
                blobs.Add(new XElement("BlobPrefix", new XElement("Name", folder)));
            }
            else
            {
                blobs.Add(Describe(blob, includesMetadata));
            }

            after = blob.Name;
            count++;
        }

        var root = new XElement(
            "EnumerationResults",
            new XAttribute("ServiceEndpoint", $"{context.Request.Scheme}://{context.Request.Host}/{State.WorkspaceNames.StorageAccount}"),
            new XAttribute("ContainerName", address.Container!),
            prefix.Length > 0 ? new XElement("Prefix", prefix) : null,
            marker.Length > 0 ? new XElement("Marker", marker) : null,
            new XElement("MaxResults", size),
            delimiter.Length > 0 ? new XElement("Delimiter", delimiter) : null,
            blobs,
            new XElement("NextMarker", next));
        return WriteXmlAsync(context, root);
    }

    /// <summary>GET of the containers.</summary>
    public Task ListContainersAsync(HttpContext context, BlobAddress address)
    {
        var prefix = context.Request.Query["prefix"].ToString();
        var containers = store.Containers.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(static name => new XElement(
            "Container",
            new XElement("Name", name),
            new XElement("Properties", new XElement("Last-Modified", Start.ToString("R", CultureInfo.InvariantCulture)), new XElement("Etag", "\"0x1\""))));
        return WriteXmlAsync(context, new XElement(
            "EnumerationResults",
            new XAttribute("ServiceEndpoint", $"{context.Request.Scheme}://{context.Request.Host}/{State.WorkspaceNames.StorageAccount}"),
            new XElement("Containers", containers),
            new XElement("NextMarker")));
    }

    /// <summary>GET or HEAD of a container.</summary>
    public Task GetContainerAsync(HttpContext context, BlobAddress address)
    {
        if (!store.HasContainer(address.Container!))
        {
            throw BlobException.ContainerNotFound();
        }

        SetContainerState(context.Response);
        context.Response.Headers["x-ms-lease-status"] = "unlocked";
        context.Response.Headers["x-ms-lease-state"] = "available";
        return Task.CompletedTask;
    }

    /// <summary>PUT of a container.</summary>
    public Task CreateContainerAsync(HttpContext context, BlobAddress address)
    {
        if (!store.AddContainer(address.Container!))
        {
            throw new BlobException(409, "ContainerAlreadyExists", "The specified container already exists.");
        }

        context.Response.StatusCode = 201;
        SetContainerState(context.Response);
        return Task.CompletedTask;
    }

    /// <summary>GET of the service's properties.</summary>
    public static Task GetServicePropertiesAsync(HttpContext context, BlobAddress address) =>
        WriteXmlAsync(context, new XElement("StorageServiceProperties", new XElement("DefaultServiceVersion", "2024-11-04")));

    /// <summary>Writes an XML answer.</summary>
    internal static async Task WriteXmlAsync(HttpContext context, XElement root)
    {
        var bytes = Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>" + root.ToString(SaveOptions.DisableFormatting));
        context.Response.ContentType = "application/xml";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static DateTimeOffset Start { get; } = DateTimeOffset.UtcNow;

    private static void SetContainerState(HttpResponse response)
    {
        response.Headers.ETag = "\"0x1\"";
        response.Headers.LastModified = Start.ToString("R", CultureInfo.InvariantCulture);
    }

    private static XElement Describe(BlobProperties blob, bool includesMetadata)
    {
        var properties = new XElement(
            "Properties",
            new XElement("Creation-Time", blob.Created.ToString("R", CultureInfo.InvariantCulture)),
            new XElement("Last-Modified", blob.LastModified.ToString("R", CultureInfo.InvariantCulture)),
            new XElement("Etag", blob.ETag),
            new XElement("Content-Length", blob.Length));
        foreach (var name in (string[])["Content-Type", "Content-Encoding", "Content-Language", "Content-MD5", "Cache-Control", "Content-Disposition"])
        {
            properties.Add(new XElement(name, blob.Headers.GetValueOrDefault(name)));
        }

        properties.Add(
            new XElement("BlobType", "BlockBlob"),
            new XElement("AccessTier", "Hot"),
            new XElement("AccessTierInferred", "true"),
            new XElement("LeaseStatus", "unlocked"),
            new XElement("LeaseState", "available"),
            new XElement("ServerEncrypted", "true"));
        return new XElement(
            "Blob",
            Name(blob.Name),
            properties,
            includesMetadata ? new XElement("Metadata", blob.Metadata.Select(static pair => new XElement(pair.Key, pair.Value))) : null);
    }

    // Names can hold characters that XML cannot; Azure then writes them percent-encoded.
    private static XElement Name(string name) => name.Any(static c => c < ' ' || c is '\uFFFE' or '\uFFFF')
        ? new XElement("Name", new XAttribute("Encoded", "true"), Uri.EscapeDataString(name))
        : new XElement("Name", name);

    private static int PageSize(string text) => text.Length == 0
        ? LargestPage
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
            ? Math.Min(size, LargestPage)
            : throw BlobException.InvalidQuery("maxresults");

    private static byte[] FromMarker(string marker)
    {
        try
        {
            return Convert.FromBase64String(marker);
        }
        catch (FormatException)
        {
            throw BlobException.InvalidQuery("marker");
        }
    }
}
