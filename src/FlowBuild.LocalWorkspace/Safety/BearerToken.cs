using System.Security.Cryptography;
using System.Text;

namespace FlowBuild.LocalWorkspace.Safety;

/// <summary>Compares secrets without telling by its time how much of a guess was right.</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>Whether the request carries this very bearer token.</summary>
    public static bool Matches(HttpRequest request, string token) => From(request) is { } given && AreEqual(given, token);

    /// <summary>The request's bearer token, or null.</summary>
    public static string? From(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    /// <summary>Whether two secrets are equal.</summary>
    public static bool AreEqual(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(wanted)));
}
