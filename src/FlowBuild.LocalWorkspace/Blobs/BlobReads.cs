using System.Globalization;
using System.Xml.Linq;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>Downloads and looks.</summary>
internal sealed class BlobReads(BlobStore store)
{
    /// <summary>GET of a blob, whole or a range.</summary>
    public async Task DownloadAsync(HttpContext context, BlobAddress address)
    {
        var (properties, content) = store.Open(address.Container!, address.Blob!) ?? throw BlobException.BlobNotFound();
        await using (content.ConfigureAwait(false))
        {
            BlobRoutes.CheckConditions(context.Request, properties, isRead: true);
            SetHeaders(context.Response, properties);
            var range = Range(context.Request, properties.Length);
            var (start, length) = range ?? (0, properties.Length);
            if (range is not null)
            {
                context.Response.StatusCode = 206;
                context.Response.Headers.ContentRange = string.Create(
                    CultureInfo.InvariantCulture, $"bytes {start}-{start + length - 1}/{properties.Length}");
                if (length != properties.Length && properties.ContentMd5 is { } md5)
                {
                    // The MD5 of a part would be another one.
                    context.Response.Headers.Remove("Content-MD5");
                    context.Response.Headers["x-ms-blob-content-md5"] = md5;
                }
            }

            context.Response.ContentLength = length;
            content.Position = start;
            await BlobFile.CopyAsync(content, context.Response.Body, length, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>HEAD of a blob.</summary>
    public Task GetPropertiesAsync(HttpContext context, BlobAddress address)
    {
        var properties = store.Find(address.Container!, address.Blob!) ?? throw BlobException.BlobNotFound();
        BlobRoutes.CheckConditions(context.Request, properties, isRead: true);
        SetHeaders(context.Response, properties);
        context.Response.ContentLength = HttpMethods.IsHead(context.Request.Method) ? properties.Length : 0;
        return Task.CompletedTask;
    }

    /// <summary>GET of the block list.</summary>
    public Task GetBlockListAsync(HttpContext context, BlobAddress address)
    {
        var type = context.Request.Query["blocklisttype"].ToString();
        var (properties, waiting) = store.FindWithWaiting(address.Container!, address.Blob!);
        if (properties is null && waiting.Count == 0)
        {
            throw BlobException.BlobNotFound();
        }

        var list = new XElement("BlockList");
        if (type is "" or "committed" or "all")
        {
            list.Add(new XElement("CommittedBlocks", (properties?.Blocks ?? []).Select(Describe)));
        }

        if (type is "uncommitted" or "all")
        {
            list.Add(new XElement("UncommittedBlocks", waiting.Select(Describe)));
        }

        if (properties is not null)
        {
            BlobRoutes.SetState(context.Response, properties);
        }

        return BlobLists.WriteXmlAsync(context, list);

        static XElement Describe(BlobBlock block) => new("Block", new XElement("Name", block.Id), new XElement("Size", block.Length));
    }

    private static void SetHeaders(HttpResponse response, BlobProperties properties)
    {
        BlobRoutes.SetState(response, properties);
        foreach (var (name, value) in properties.Headers)
        {
            response.Headers[name] = value;
        }

        foreach (var (name, value) in properties.Metadata)
        {
            response.Headers["x-ms-meta-" + name] = value;
        }

        response.Headers["x-ms-blob-type"] = "BlockBlob";
        response.Headers["x-ms-creation-time"] = properties.Created.ToString("R", CultureInfo.InvariantCulture);
        response.Headers["x-ms-lease-status"] = "unlocked";
        response.Headers["x-ms-lease-state"] = "available";
        response.Headers["x-ms-server-encrypted"] = "true";
        response.Headers["x-ms-access-tier"] = "Hot";
        response.Headers["x-ms-access-tier-inferred"] = "true";
        response.Headers.AcceptRanges = "bytes";
    }

    private static (long Start, long Length)? Range(HttpRequest request, long total)
    {
        var text = request.Headers["x-ms-range"].FirstOrDefault() ?? request.Headers.Range.FirstOrDefault();
        if (text is null)
        {
            return null;
        }

        var bounds = text.StartsWith("bytes=", StringComparison.Ordinal) ? text["bytes=".Length..].Split('-') : [];
        if (bounds.Length != 2 || !long.TryParse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture, out var start))
        {
            throw BlobException.InvalidHeader("Range");
        }

        var end = long.TryParse(bounds[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? Math.Min(last, total - 1) : total - 1;
        return start < total && end >= start
            ? (start, end - start + 1)
            : throw new BlobException(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
    }
}
