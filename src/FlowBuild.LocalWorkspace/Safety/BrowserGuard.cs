namespace FlowBuild.LocalWorkspace.Safety;

/// <summary>
/// Keeps web pages out. A page on the internet can make a browser send requests to loopback, under a name of its own that points
/// there; but the browser says so in <c>Host</c> and <c>Origin</c>.
/// </summary>
internal static class BrowserGuard
{
    /// <summary>Whether a request may pass: it is addressed to the very address it arrived at, and comes from no foreign page.</summary>
    public static bool Allows(HttpContext context)
    {
        var request = context.Request;
        var own = $"127.0.0.1:{context.Connection.LocalPort}";
        if (!string.Equals(request.Host.Value, own, StringComparison.Ordinal))
        {
            return false;
        }

        var origin = request.Headers.Origin;
        return origin.Count == 0 || (origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{own}", StringComparison.Ordinal));
    }

    /// <summary>Whether the request's path, as it was sent, tries to climb out with dots; the server has already folded them.</summary>
    public static bool Climbs(string rawTarget)
    {
        var path = Uri.UnescapeDataString(rawTarget.Split('?', 2)[0]);
        return path.Split('/', '\\').Any(static segment => segment is ".." or ".");
    }
}
