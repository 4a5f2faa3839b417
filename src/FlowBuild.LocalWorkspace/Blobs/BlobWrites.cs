using System.Xml;
using System.Xml.Linq;
using FlowBuild.LocalWorkspace.Safety;

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
        RefuseUnsupported(request);
        if (request.Headers["x-ms-blob-type"] != "BlockBlob")
        {
            throw BlobException.InvalidHeader("x-ms-blob-type");
        }

        RequireLength(request);
        CheckNow(request, address);
        var properties = await store.PutAsync(
            request.Body, Md5(request, "Content-MD5") ?? Md5(request, "x-ms-blob-content-md5"), Draft(request, address, request.ContentType), current => BlobRoutes.CheckConditions(request, current, isRead: false), context.RequestAborted)
            .ConfigureAwait(false);
        Created(context.Response, properties);
        context.Response.Headers["Content-MD5"] = properties.ContentMd5;
    }

    /// <summary>PUT of a block.</summary>
    public async Task PutBlockAsync(HttpContext context, BlobAddress address)
    {
        var request = context.Request;
        RefuseUnsupported(request);
        RequireLength(request);
        var id = request.Query["blockid"].ToString();
        CheckBlockId(id, BlobException.InvalidQuery("blockid"));
        await store.PutBlockAsync(address.Container!, address.Blob!, id, request.Body, Md5(request, "Content-MD5"), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = 201;
        context.Response.Headers["x-ms-request-server-encrypted"] = "true";
    }

    /// <summary>PUT of a block list.</summary>
    public async Task PutBlockListAsync(HttpContext context, BlobAddress address)
    {
        var request = context.Request;
        RefuseUnsupported(request);
        CheckNow(request, address);
        var blocks = await ReadBlockListAsync(context).ConfigureAwait(false);
        var properties = await store.CommitAsync(
            blocks, Draft(request, address, null), current => BlobRoutes.CheckConditions(request, current, isRead: false)).ConfigureAwait(false);
        Created(context.Response, properties);
    }

    /// <summary>PUT of the metadata.</summary>
    public async Task SetMetadataAsync(HttpContext context, BlobAddress address)
    {
        RefuseUnsupported(context.Request);
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
        RefuseUnsupported(context.Request);
        var headers = ContentHeaders(context.Request, null);
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
    private void CheckNow(HttpRequest request, BlobAddress address)
    {
        var current = store.Find(address.Container!, address.Blob!);
        if (current is not null)
        {
            BlobAuthorization.CheckReplacement(request);
        }

        BlobRoutes.CheckConditions(request, current, isRead: false);
    }

    private static void Created(HttpResponse response, BlobProperties properties)
    {
        response.StatusCode = 201;
        BlobRoutes.SetState(response, properties);
        response.Headers["x-ms-request-server-encrypted"] = "true";
    }

    private static BlobProperties Draft(HttpRequest request, BlobAddress address, string? contentType) => new(
        address.Container!, address.Blob!, 0, "", default, default, ContentHeaders(request, contentType), Metadata(request), []);

    private static Dictionary<string, string> Metadata(HttpRequest request)
    {
        const string Prefix = "x-ms-meta-";
        var metadata = request.Headers
            .Where(static h => h.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(static h => h.Key[Prefix.Length..], static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        if (metadata.ContainsKey(""))
        {
            throw new BlobException(400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.");
        }

        // Names are C# identifiers: they become elements of a list.
        return metadata.All(static m => (char.IsAsciiLetter(m.Key[0]) || m.Key[0] == '_')
            && m.Key.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && HeaderText.IsPlain(m.Value))
            ? metadata
            : throw BlobException.InvalidMetadata();
    }

    private static Dictionary<string, string> ContentHeaders(HttpRequest request, string? contentType)
    {
        var result = new Dictionary<string, string>
        {
            ["Content-Type"] = request.Headers["x-ms-blob-content-type"].FirstOrDefault() ?? contentType ?? "application/octet-stream",
        };
        foreach (var name in (string[])["Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "Content-MD5"])
        {
            if (request.Headers["x-ms-blob-" + name].FirstOrDefault() is { Length: > 0 } value)
            {
                result[name] = value;
            }
        }

        return result.FirstOrDefault(static h => !HeaderText.IsPlain(h.Value)).Key is { } wrong
            ? throw BlobException.InvalidHeader($"x-ms-blob-{wrong.ToLowerInvariant()}")
            : result;
    }

    private static byte[]? Md5(HttpRequest request, string header)
    {
        var text = request.Headers[header].FirstOrDefault();
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

    // What a header asks for and does not get is a promise not kept; better to refuse it. No other checksum than MD5 is verified.
    private static void RefuseUnsupported(HttpRequest request)
    {
        foreach (var name in (string[])["x-ms-content-crc64", "x-ms-structured-body", "x-ms-copy-source", "x-ms-encryption-key", "x-ms-encryption-scope", "x-ms-if-tags"])
        {
            if (request.Headers.ContainsKey(name))
            {
                throw new BlobException(400, "UnsupportedHeader", $"The local workspace does not support the header {name}.");
            }
        }

        if (request.Headers.ContainsKey("x-ms-lease-id"))
        {
            throw new BlobException(412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.");
        }
    }

    private static void CheckBlockId(string id, BlobException error)
    {
        const int LongestText = 4 * ((LongestBlockId + 2) / 3);
        var bytes = new byte[LongestText];
        if (id.Length is 0 or > LongestText || !Convert.TryFromBase64String(id, bytes, out var length) || length > LongestBlockId)
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
            using var reader = XmlReader.Create(context.Request.Body, new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit });
            root = (await XDocument.LoadAsync(reader, LoadOptions.None, context.RequestAborted).ConfigureAwait(false)).Root!;
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
