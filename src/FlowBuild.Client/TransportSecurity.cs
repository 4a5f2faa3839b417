using System.Net;

namespace FlowBuild;

/// <summary>What a key or token must be, and which URIs it may travel to: encrypted ones, and those that do not leave the machine.</summary>
internal static class TransportSecurity
{
    /// <summary>Ends the sentence about a key or token that no header can hold.</summary>
    public const string UnfitForHeader = "cannot be sent: it holds a blank, a line break or a character that is not ASCII.";

    public static bool MayCarryCredentials(Uri uri) => uri.Scheme == Uri.UriSchemeHttps || IsLoopback(uri);

    /// <summary>Whether what is sent there stays on the machine. <see cref="Uri"/> also takes <c>::127.0.0.1</c> for such, and no network does.</summary>
    public static bool IsLoopback(Uri uri) => uri.IsLoopback && (!IPAddress.TryParse(uri.IdnHost, out var address) || IPAddress.IsLoopback(address));

    /// <summary>A line break that a file or a variable ended with is what usually does not fit; the transport would send it as a blank.</summary>
    public static bool FitsHeader(string secret) => !secret.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Names scheme, host and port only: the rest may hold secrets of its own.</summary>
    public static string Refusal(Uri uri) =>
        $"The endpoint '{uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}' is not encrypted, so no key or token is sent to it: write 'https'. " +
        "Plain http is allowed on loopback only.";
}
