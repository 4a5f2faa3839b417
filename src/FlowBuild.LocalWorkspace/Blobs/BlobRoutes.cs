using System.Globalization;
using System.Security;
using System.Text;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.Safety;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>Azure's blob service, as far as clients use it to upload, list and download.</summary>
internal sealed class BlobRoutes(BlobStore store, BlobAuthorization authorization, FaultBox faults, WorkspaceLog log)
{
    private readonly BlobReads _reads = new(store);
    private readonly BlobWrites _writes = new(store);
    private readonly BlobLists _lists = new(store);

    /// <summary>Answers a request whose path begins with the account.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var response = context.Response;
        context.TraceIdentifier = Guid.NewGuid().ToString();
        response.Headers["x-ms-request-id"] = context.TraceIdentifier;
        response.Headers["x-ms-version"] = HeaderText.Plain(context.Request.Headers["x-ms-version"]) ?? "2024-11-04";
        response.Headers.Date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
        if (HeaderText.Plain(context.Request.Headers["x-ms-client-request-id"]) is { } clientId)
        {
            response.Headers["x-ms-client-request-id"] = clientId;
        }

        // A blob may be larger than any other body.
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        try
        {
            var address = BlobAddress.From(context);
            var (handler, permission) = Choose(context.Request, address);
            authorization.Check(context.Request, address.RawPath, address.Container, address.Blob, permission);
            CheckRoles(context.Request, permission);
            if (context.Request.Query.ContainsKey("snapshot") || context.Request.Query.ContainsKey("versionid"))
            {
                // The local workspace makes neither, so there is none of that name.
                throw BlobException.BlobNotFound();
            }

            await handler(context, address).ConfigureAwait(false);
        }
        catch (BlobException e)
        {
            await WriteErrorAsync(context, e.Status, e.Code, e.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!response.HasStarted)
        {
            await WriteErrorAsync(context, e.StatusCode, "InvalidInput", e.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && !response.HasStarted)
        {
            log.Write($"{context.Request.Method} {context.Request.Path} failed: {e}");
            await WriteErrorAsync(context, 500, "InternalError", "Server encountered an internal error. Please try again after some time.").ConfigureAwait(false);
        }
    }

    // Keys and signatures bring their own permissions; a token is worth what its roles allow.
    private void CheckRoles(HttpRequest request, string permission)
    {
        var verb = permission.Contains('w', StringComparison.Ordinal) ? "write" : permission.Contains('d', StringComparison.Ordinal) ? "delete" : "read";
        if (BearerToken.From(request) is not null && faults.Denies($"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{verb}"))
        {
            throw new BlobException(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.");
        }
    }

    private (Func<HttpContext, BlobAddress, Task> Handler, string Permission) Choose(HttpRequest request, BlobAddress address)
    {
        var method = request.Method;
        var comp = request.Query["comp"].ToString();
        var isContainer = request.Query["restype"] == "container";
        return (address, method, comp) switch
        {
            ({ Container: null }, "GET", "list") => (_lists.ListContainersAsync, "l"),
            ({ Container: null }, "GET", "properties") => (BlobLists.GetServicePropertiesAsync, "r"),
            ({ Container: not null, Blob: null }, "GET", "list") when isContainer => (_lists.ListBlobsAsync, "l"),
            ({ Container: not null, Blob: null }, "GET" or "HEAD", "") when isContainer => (_lists.GetContainerAsync, "rl"),
            ({ Container: not null, Blob: null }, "PUT", "") when isContainer => (_lists.CreateContainerAsync, "cw"),
            ({ Blob: not null }, "GET", "") => (_reads.DownloadAsync, "r"),
            ({ Blob: not null }, "HEAD", "") => (_reads.GetPropertiesAsync, "r"),
            ({ Blob: not null }, "GET" or "HEAD", "metadata") => (_reads.GetPropertiesAsync, "r"),
            ({ Blob: not null }, "GET", "blocklist") => (_reads.GetBlockListAsync, "r"),
            ({ Blob: not null }, "PUT", "") => (_writes.PutBlobAsync, "cw"),
            ({ Blob: not null }, "PUT", "block") => (_writes.PutBlockAsync, "cw"),
            ({ Blob: not null }, "PUT", "blocklist") => (_writes.PutBlockListAsync, "cw"),
            ({ Blob: not null }, "PUT", "metadata") => (_writes.SetMetadataAsync, "w"),
            ({ Blob: not null }, "PUT", "properties") => (_writes.SetPropertiesAsync, "w"),
            ({ Blob: not null }, "DELETE", "") => (_writes.DeleteAsync, "d"),
            _ => throw new BlobException(400, "UnsupportedHttpVerb", $"The local workspace does not know {method} of this resource{(comp.Length > 0 ? " with comp=" + comp : "")}."),
        };
    }

    /// <summary>Writes an error as the blob service does.</summary>
    public static async Task WriteErrorAsync(HttpContext context, int status, string code, string message)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers["x-ms-error-code"] = code;
        if (status == 401)
        {
            response.Headers.WWWAuthenticate = "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize resource_id=https://storage.azure.com";
        }

        if (HttpMethods.IsHead(context.Request.Method) || status == 304)
        {
            return;
        }

        var body = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{SecurityElement.Escape(code)}</Code><Message>{SecurityElement.Escape(message)}\nRequestId:{context.TraceIdentifier}\nTime:{DateTime.UtcNow:O}</Message></Error>"));
        response.ContentType = "application/xml";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Sets the headers that tell a blob's state.</summary>
    internal static void SetState(HttpResponse response, BlobProperties properties)
    {
        response.Headers.ETag = $"\"{properties.ETag}\"";
        response.Headers.LastModified = properties.LastModified.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Refuses what the request's conditional headers refuse.</summary>
    internal static void CheckConditions(HttpRequest request, BlobProperties? current, bool isRead)
    {
        var headers = request.GetTypedHeaders();
        if (headers.IfMatch is { Count: > 0 } wanted && (current is null || !wanted.Any(tag => Matches(tag, current))))
        {
            throw BlobException.ConditionNotMet();
        }

        if (headers.IfNoneMatch is { Count: > 0 } unwanted && current is not null && unwanted.Any(tag => Matches(tag, current)))
        {
            throw isRead
                ? new BlobException(304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
                : unwanted.Any(static tag => tag == EntityTagHeaderValue.Any) ? BlobException.AlreadyExists() : BlobException.ConditionNotMet();
        }

        // Times are in whole seconds on the wire.
        var changed = current is null ? default : DateTimeOffset.FromUnixTimeSeconds(current.LastModified.ToUnixTimeSeconds());
        if (current is not null && headers.IfUnmodifiedSince < changed)
        {
            throw BlobException.ConditionNotMet();
        }

        if (current is not null && headers.IfModifiedSince >= changed)
        {
            throw new BlobException(isRead ? 304 : 412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
        }

        static bool Matches(EntityTagHeaderValue tag, BlobProperties blob) => tag == EntityTagHeaderValue.Any || tag.Tag == $"\"{blob.ETag}\"";
    }
}
