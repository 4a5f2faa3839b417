namespace FlowBuild;

/// <summary>Which URIs a key or token may travel to: encrypted ones, and those that do not leave the machine.</summary>
internal static class TransportSecurity
{
    public static bool MayCarryCredentials(Uri uri) => uri.Scheme == Uri.UriSchemeHttps || uri.IsLoopback;

    /// <summary>Names scheme, host and port only: a path or query may hold secrets of its own.</summary>
    public static string Refusal(Uri uri) =>
        $"The endpoint '{uri.GetLeftPart(UriPartial.Authority)}' is not encrypted, so no key or token is sent to it: write 'https'. " +
        "Plain http is allowed on loopback only.";
}
