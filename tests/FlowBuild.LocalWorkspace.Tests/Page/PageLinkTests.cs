using FlowBuild.LocalWorkspace.Page;

namespace FlowBuild.LocalWorkspace.Tests.Page;

[Trait("Category", "Security")]
public sealed class PageLinkTests
{
    [Theory]
    [InlineData(14, true)]
    [InlineData(15, false)]
    public void A_link_that_nobody_opens_is_dead_after_a_quarter_of_an_hour(int minutes, bool works)
    {
        var clock = new Clock();
        var sessions = new PageSessions(clock);
        var link = sessions.CreateLink();

        clock.Now += TimeSpan.FromMinutes(minutes);

        Assert.Equal(works, sessions.Redeem(link) is not null);
    }

    [Fact]
    public void Every_session_has_secrets_of_its_own()
    {
        var sessions = new PageSessions(TimeProvider.System);

        var first = sessions.Redeem(sessions.CreateLink())!;
        var second = sessions.Redeem(sessions.CreateLink())!;

        Assert.Equal(4, new[] { first.Cookie, first.Header, second.Cookie, second.Header }.Distinct().Count());
        Assert.Same(first, sessions.Find(first.Cookie));
        Assert.Null(sessions.Find(first.Header));
    }

    [Fact]
    public void Who_asks_for_links_without_end_gets_the_last_ones()
    {
        var sessions = new PageSessions(TimeProvider.System);

        var links = Enumerable.Range(0, 40).Select(_ => sessions.CreateLink()).ToList();

        Assert.Null(sessions.Redeem(links[0]));
        Assert.NotNull(sessions.Redeem(links[^1]));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
