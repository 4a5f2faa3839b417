using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.State;
using Microsoft.Extensions.Primitives;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>The three ways into a blob store: bearer token, a signature by the account key, a shared access signature.</summary>
internal sealed class BlobAuthorization(WorkspaceIdentity identity)
{
    // How far the clock of one who signs with the key may be off.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(15);

    private readonly byte[] _key = Convert.FromBase64String(identity.AccountKey);

    /// <summary>Refuses a request that none of the three lets in.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rawPath">Its path as sent.</param>
    /// <param name="container">The container, or null for the account.</param>
    /// <param name="blob">The blob, or null.</param>
    /// <param name="permission">What a shared access signature must permit, in the letters of Azure Storage; any one of them.</param>
    public void Check(HttpRequest request, string rawPath, string? container, string? blob, string permission)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            if (!BearerToken.Matches(request, identity.Token))
            {
                throw new BlobException(401, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.");
            }
        }
        else if (header.StartsWith("SharedKey ", StringComparison.OrdinalIgnoreCase))
        {
            CheckSharedKey(request, rawPath, header["SharedKey ".Length..]);
        }
        else if (request.Query.ContainsKey("sig"))
        {
            CheckSignature(request, container, blob, permission);
        }
        else
        {
            throw new BlobException(401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.");
        }
    }

    /// <summary>A query that lets its holder do things in a container for a while.</summary>
    public string SignContainer(string container, string permissions, TimeSpan lifetime)
    {
        var query = new Dictionary<string, StringValues>
        {
            ["sv"] = "2024-11-04",
            ["sr"] = "c",
            ["sp"] = permissions,
            ["spr"] = "https",
            ["se"] = DateTimeOffset.UtcNow.Add(lifetime).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        };
        query["sig"] = Sign(ServiceText(new QueryCollection(query), container, null));
        return string.Join('&', query.Select(static pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!)}"));
    }

    private void CheckSharedKey(HttpRequest request, string rawPath, string credentials)
    {
        var parts = credentials.Split(':', 2);
        if (parts is not [WorkspaceNames.StorageAccount, var signature] || !BearerToken.AreEqual(signature, Sign(SharedKeyText(request, rawPath))))
        {
            throw Refused("The MAC signature found in the HTTP request is not the same as any computed signature.");
        }

        var date = request.Headers["x-ms-date"].FirstOrDefault() ?? request.Headers.Date.FirstOrDefault();
        if (Time(date) is not { } time || (DateTimeOffset.UtcNow - time).Duration() > LargestSkew)
        {
            throw Refused("Request date header is missing, too old or too far ahead.");
        }
    }

    private static string SharedKeyText(HttpRequest request, string rawPath)
    {
        var headers = request.Headers;
        var length = headers.ContentLength is null or 0 ? "" : headers.ContentLength.Value.ToString(CultureInfo.InvariantCulture);
        var hasDate = headers.ContainsKey("x-ms-date");
        var text = new StringBuilder();
        string[] lines =
        [
            request.Method, headers.ContentEncoding.ToString(), headers.ContentLanguage.ToString(), length, headers.ContentMD5.ToString(),
            headers.ContentType.ToString(), hasDate ? "" : headers.Date.ToString(), headers.IfModifiedSince.ToString(), headers.IfMatch.ToString(),
            headers.IfNoneMatch.ToString(), headers.IfUnmodifiedSince.ToString(), headers.Range.ToString(),
        ];
        foreach (var line in lines)
        {
            text.Append(line).Append('\n');
        }

        foreach (var header in headers
            .Where(static h => h.Key.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .OrderBy(static h => h.Key.ToLowerInvariant(), StringComparer.Ordinal))
        {
            text.Append(header.Key.ToLowerInvariant()).Append(':').Append(header.Value.ToString().Trim()).Append('\n');
        }

        text.Append('/').Append(WorkspaceNames.StorageAccount).Append(rawPath);
        foreach (var parameter in request.Query.OrderBy(static q => q.Key.ToLowerInvariant(), StringComparer.Ordinal))
        {
            text.Append('\n').Append(parameter.Key.ToLowerInvariant()).Append(':')
                .AppendJoin(',', parameter.Value.OrderBy(static v => v, StringComparer.Ordinal));
        }

        return text.ToString();
    }

    private void CheckSignature(HttpRequest request, string? container, string? blob, string permission)
    {
        var query = request.Query;
        string text;
        if (query.ContainsKey("ss"))
        {
            text = AccountText(query);
            var needed = blob is not null ? 'o' : container is not null ? 'c' : 's';
            if (!query["ss"].ToString().Contains('b', StringComparison.Ordinal) || !(query["srt"].ToString().Contains(needed, StringComparison.Ordinal)))
            {
                throw new BlobException(403, "AuthorizationResourceTypeMismatch", "This request is not authorized to perform this operation using this resource type.");
            }
        }
        else
        {
            text = ServiceText(query, container, query["sr"] == "b" ? blob : null);
        }

        if (!BearerToken.AreEqual(query["sig"].ToString(), Sign(text)))
        {
            throw Refused("Signature did not match.");
        }

        var now = DateTimeOffset.UtcNow;
        if (Time(query["se"]) is not { } end || end < now || (query.ContainsKey("st") && !(Time(query["st"]) <= now)))
        {
            throw Refused("Signature not valid in the specified time frame.");
        }

        if (query.ContainsKey("si"))
        {
            throw Refused($"The stored access policy '{query["si"]}' does not exist.");
        }

        if (query["sip"].ToString() is { Length: > 0 } range && !IsWithin(range, request.HttpContext.Connection.RemoteIpAddress))
        {
            throw new BlobException(403, "AuthorizationSourceIPMismatch", "This request is not authorized to perform this operation using this source IP.");
        }

        // A service signature opens what is in a container, and the list of it, but not the container itself.
        if (!query.ContainsKey("ss") && blob is null && query["comp"] != "list")
        {
            throw new BlobException(403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
        }

        if (!query["sp"].ToString().Any(permission.Contains))
        {
            throw new BlobException(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.");
        }
    }

    /// <summary>Refuses to replace a blob by a signature that may only create blobs.</summary>
    public static void CheckReplacement(HttpRequest request)
    {
        if (request.Headers.Authorization.Count == 0 && !request.Query["sp"].ToString().Contains('w', StringComparison.Ordinal))
        {
            throw new BlobException(403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.");
        }
    }

    // One address, or the first and the last of a range.
    private static bool IsWithin(string range, IPAddress? address)
    {
        var bounds = range.Split('-', 2).Select(static bound => IPAddress.TryParse(bound, out var ip) ? ip.GetAddressBytes() : []).ToList();
        var given = address?.MapToIPv4().GetAddressBytes() ?? [];
        return given.AsSpan().SequenceCompareTo(bounds[0]) >= 0 && given.AsSpan().SequenceCompareTo(bounds[^1]) <= 0;
    }

    private static string ServiceText(IQueryCollection query, string? container, string? blob)
    {
        var resource = $"/blob/{WorkspaceNames.StorageAccount}/{container}{(blob is null ? "" : "/" + blob)}";
        string[] lines =
        [
            query["sp"].ToString(), query["st"].ToString(), query["se"].ToString(), resource, query["si"].ToString(), query["sip"].ToString(),
            query["spr"].ToString(), query["sv"].ToString(), query["sr"].ToString(), "", query["ses"].ToString(), query["rscc"].ToString(),
            query["rscd"].ToString(), query["rsce"].ToString(), query["rscl"].ToString(), query["rsct"].ToString(),
        ];
        return string.Join('\n', lines);
    }

    private static string AccountText(IQueryCollection query)
    {
        string[] lines =
        [
            WorkspaceNames.StorageAccount, query["sp"].ToString(), query["ss"].ToString(), query["srt"].ToString(), query["st"].ToString(),
            query["se"].ToString(), query["sip"].ToString(), query["spr"].ToString(), query["sv"].ToString(), query["ses"].ToString(), "",
        ];
        return string.Join('\n', lines);
    }

    private string Sign(string text) => Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));

    private static DateTimeOffset? Time(StringValues text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static BlobException Refused(string reason) => new(
        403, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature. " + reason);
}
