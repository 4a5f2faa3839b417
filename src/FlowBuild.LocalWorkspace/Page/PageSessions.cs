using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Page;

/// <summary>What a signed-in browser holds.</summary>
/// <param name="Cookie">The value of the cookie, which no script can read. Browsers send cookies to every port of an address.</param>
/// <param name="Header">What the page's scripts send as a header: browsers keep it for this very port, and no other page can send it.</param>
internal sealed record PageSession(string Cookie, string Header);

/// <summary>
/// Who may look at the page: whoever opens a link that the workspace's token has asked for. A link works once. Sessions end with the process.
/// </summary>
internal sealed class PageSessions(TimeProvider time)
{
    /// <summary>How long a link that nobody has opened is good.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(15);

    // More than a person opens; the oldest go.
    private const int MostLinks = 32;
    private const int MostSessions = 64;

    private readonly object _gate = new();
    private readonly List<Link> _links = [];
    private readonly List<PageSession> _sessions = [];

    /// <summary>A new link's secret.</summary>
    public string CreateLink()
    {
        var link = new Link(WorkspaceIdentity.NewSecret(), time.GetUtcNow() + LinkLifetime);
        lock (_gate)
        {
            Add(_links, link, MostLinks);
        }

        return link.Secret;
    }

    /// <summary>Whether a link's secret would give a session now; the link stays as it is.</summary>
    public bool IsGood(string secret)
    {
        lock (_gate)
        {
            return Find(secret, _links) is { } link && link.Expiry > time.GetUtcNow();
        }
    }

    /// <summary>A session for a link's secret, or null when it is no link's, has been used, or is too old.</summary>
    public PageSession? Redeem(string secret)
    {
        lock (_gate)
        {
            if (Find(secret, _links) is not { } link)
            {
                return null;
            }

            _links.Remove(link);
            if (link.Expiry <= time.GetUtcNow())
            {
                return null;
            }

            var session = new PageSession(WorkspaceIdentity.NewSecret(), WorkspaceIdentity.NewSecret());
            Add(_sessions, session, MostSessions);
            return session;
        }
    }

    /// <summary>The session of a cookie, or null.</summary>
    public PageSession? Find(string cookie)
    {
        lock (_gate)
        {
            return _sessions.FindAll(session => BearerToken.AreEqual(cookie, session.Cookie)).FirstOrDefault();
        }
    }

    // All are compared, so that time does not tell which one was close.
    private static Link? Find(string secret, List<Link> links) =>
        links.FindAll(link => BearerToken.AreEqual(secret, link.Secret)) is [var link] ? link : null;

    private static void Add<T>(List<T> list, T item, int most)
    {
        list.Add(item);
        if (list.Count > most)
        {
            list.RemoveAt(0);
        }
    }

    private sealed record Link(string Secret, DateTimeOffset Expiry);
}
