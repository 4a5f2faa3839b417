using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Safety;

namespace FlowBuild.LocalWorkspace.Gateway;

/// <summary>Tokens of endpoints with <c>authMode</c> <c>AMLToken</c>: signed with the endpoint's primary key, good for some hours.</summary>
internal static class EndpointTokens
{
    /// <summary>How long a token is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    /// <summary>A token that is good until a time.</summary>
    public static string Create(StoredEndpoint endpoint, DateTimeOffset expiry)
    {
        var seconds = expiry.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{seconds}.{Sign(endpoint, seconds)}";
    }

    /// <summary>Whether a token is one of the endpoint's and still good.</summary>
    public static bool IsGood(StoredEndpoint endpoint, string token)
    {
        var parts = token.Split('.');
        return parts is [var seconds, var signature]
            && BearerToken.AreEqual(signature, Sign(endpoint, seconds))
            && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var expiry)
            && DateTimeOffset.FromUnixTimeSeconds(expiry) > DateTimeOffset.UtcNow;
    }

    private static string Sign(StoredEndpoint endpoint, string seconds) => Convert.ToHexString(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(endpoint.PrimaryKey), Encoding.UTF8.GetBytes($"{endpoint.Name.ToLowerInvariant()}\n{seconds}")));
}
