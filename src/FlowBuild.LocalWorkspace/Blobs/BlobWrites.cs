using System.Xml;
using System.Xml.Linq;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>Uploads and changes.</summary>
internal sealed class BlobWrites(BlobStore store)
{
    private const int MostBlocks = 50_000;
    private const int LongestBlockId = 64;

    /// <summary>PUT of a whole block blob.</summary>
    public async Task PutBlobAsync(HttpContext context, BlobAddress address)
    {
        var request = context.Request;
        RefuseUnknownChecksums(request);
        if (request.Headers["x-ms-blob-type"] != "BlockBlob")
        {
            throw BlobException.InvalidHeader("x-ms-blob-type");
        }

        RequireLength(request);
        CheckNow(request, address);
        var properties = await store.PutAsync(
            request.Body, Md5(request), Draft(request, address), current => BlobRoutes.CheckConditions(request, current, isRead: false), context.RequestAborted)
            .ConfigureAwait(false);
        Created(context.Response, properties);
        context.Response.Headers["Content-MD5"] = properties.ContentMd5;
    }

    /// <summary>PUT of a block.</summary>
    public async Task PutBlockAsync(HttpContext context, BlobAddress address)
    {
        var request = context.Request;
        RefuseUnknownChecksums(request);
        RequireLength(request);
        var id = request.Query["blockid"].ToString();
        CheckBlockId(id, BlobException.InvalidQuery("blockid"));
        await store.PutBlockAsync(address.Container!, address.Blob!, id, request.Body, Md5(request), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = 201;
        context.Response.Headers["x-ms-request-server-encrypted"] = "true";
    }

    /// <summary>PUT of a block list.</summary>
    public async Task PutBlockListAsync(HttpContext context, BlobAddress address)
    {
        var request = context.Request;
        RefuseUnknownChecksums(request);
        CheckNow(request, address);
        var blocks = await ReadBlockListAsync(context).ConfigureAwait(false);
        var properties = await store.CommitAsync(
            blocks, Draft(request, address), current => BlobRoutes.CheckConditions(request, current, isRead: false), context.RequestAborted).ConfigureAwait(false);
        Created(context.Response, properties);
    }

    /// <summary>PUT of the metadata.</summary>
    public async Task SetMetadataAsync(HttpContext context, BlobAddress address)
    {
        var metadata = Metadata(context.Request);
        var properties = await store.UpdateAsync(
            address.Container!, address.Blob!, blob => blob with { Metadata = metadata },
            current => BlobRoutes.CheckConditions(context.Request, current, isRead: false), context.RequestAborted).ConfigureAwait(false);
        BlobRoutes.SetState(context.Response, properties);
        context.Response.Headers["x-ms-request-server-encrypted"] = "true";
    }

    /// <summary>PUT of the content headers.</summary>
    public async Task SetPropertiesAsync(HttpContext context, BlobAddress address)
    {
        var headers = ContentHeaders(context.Request);
        var properties = await store.UpdateAsync(
            address.Container!, address.Blob!, blob => blob with { Headers = headers },
            current => BlobRoutes.CheckConditions(context.Request, current, isRead: false), context.RequestAborted).ConfigureAwait(false);
        BlobRoutes.SetState(context.Response, properties);
    }

    /// <summary>DELETE of a blob.</summary>
    public Task DeleteAsync(HttpContext context, BlobAddress address)
    {
        store.Delete(address.Container!, address.Blob!, current => BlobRoutes.CheckConditions(context.Request, current, isRead: false));
        context.Response.StatusCode = 202;
        context.Response.Headers["x-ms-delete-type-permanent"] = "true";
        return Task.CompletedTask;
    }

    // Refuses before the content is read, as far as that can be known; the store asks again at the moment of the change.
    private void CheckNow(HttpRequest request, BlobAddress address) =>
        BlobRoutes.CheckConditions(request, store.Find(address.Container!, address.Blob!), isRead: false);

    private static void Created(HttpResponse response, BlobProperties properties)
    {
        response.StatusCode = 201;
        BlobRoutes.SetState(response, properties);
        response.Headers["x-ms-request-server-encrypted"] = "true";
    }

    private static BlobProperties Draft(HttpRequest request, BlobAddress address) => new(
        address.Container!, address.Blob!, 0, "", default, default, ContentHeaders(request), Metadata(request), []);

    private static Dictionary<string, string> Metadata(HttpRequest request)
    {
        const string Prefix = "x-ms-meta-";
        return request.Headers
            .Where(static h => h.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(static h => h.Key[Prefix.Length..], static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    private static Dictionary<string, string> ContentHeaders(HttpRequest request)
    {
        var result = new Dictionary<string, string>
        {
            ["Content-Type"] = request.Headers["x-ms-blob-content-type"].FirstOrDefault() ?? request.ContentType ?? "application/octet-stream",
        };
        foreach (var name in (string[])["Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "Content-MD5"])
        {
            if (request.Headers["x-ms-blob-" + name].FirstOrDefault() is { Length: > 0 } value)
            {
                result[name] = value;
            }
        }

        return result;
    }

    private static byte[]? Md5(HttpRequest request)
    {
        var text = request.Headers.ContentMD5.FirstOrDefault();
        if (text is null)
        {
            return null;
        }

        var md5 = new byte[16];
        return Convert.TryFromBase64String(text, md5, out var written) && written == md5.Length
            ? md5
            : throw new BlobException(400, "InvalidMd5", "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.");
    }

    private static void RequireLength(HttpRequest request)
    {
        if (request.ContentLength is null)
        {
            throw new BlobException(411, "MissingContentLengthHeader", "The Content-Length header was not specified.");
        }
    }

    // A checksum that is not verified is a promise not kept; better to refuse it.
    private static void RefuseUnknownChecksums(HttpRequest request)
    {
        foreach (var name in (string[])["x-ms-content-crc64", "x-ms-structured-body"])
        {
            if (request.Headers.ContainsKey(name))
            {
                throw new BlobException(400, "UnsupportedHeader", $"The local workspace verifies Content-MD5 and no other checksum; the header {name} is not supported.");
            }
        }
    }

    private static void CheckBlockId(string id, BlobException error)
    {
        var bytes = new byte[id.Length];
        if (id.Length == 0 || !Convert.TryFromBase64String(id, bytes, out var length) || length > LongestBlockId)
        {
            throw error;
        }
    }

    private static async Task<IReadOnlyList<(string Id, BlockSource Source)>> ReadBlockListAsync(HttpContext context)
    {
        var invalid = new BlobException(400, "InvalidXmlDocument", "XML specified is not syntactically valid.");
        XElement root;
        try
        {
            root = (await XDocument.LoadAsync(context.Request.Body, LoadOptions.None, context.RequestAborted).ConfigureAwait(false)).Root!;
        }
        catch (XmlException)
        {
            throw invalid;
        }

        var blocks = new List<(string, BlockSource)>();
        foreach (var element in root.Elements())
        {
            CheckBlockId(element.Value, new BlobException(400, "InvalidBlockId", "The specified block ID is invalid. The block ID must be Base64-encoded."));
            blocks.Add((element.Value, element.Name.LocalName switch
            {
                "Committed" => BlockSource.Committed,
                "Uncommitted" => BlockSource.Uncommitted,
                "Latest" => BlockSource.Latest,
                _ => throw invalid,
            }));
        }

        return blocks.Count <= MostBlocks
            ? blocks
            : throw new BlobException(400, "BlockListTooLong", $"The block list may not contain more than {MostBlocks} blocks.");
    }
}
