using Azure.Core;

namespace FlowBuild.Client.Tests;

public sealed class TokenCacheTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Clock _clock = new() { Now = Start };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_renewed_shortly_before_it_expires()
    {
        var cache = new FlowTokenCache(new Script(_ => new AccessToken("t", Start.AddHours(1))), _clock);
        Assert.Null(cache.Current);

        await cache.GetAsync(Stop);

        _clock.Now = Start.AddMinutes(54);
        Assert.Equal("t", cache.Current);
        _clock.Now = Start.AddMinutes(56);
        Assert.Null(cache.Current);
    }

    [Fact]
    public async Task A_token_is_renewed_when_its_issuer_says_so()
    {
        var cache = new FlowTokenCache(new Script(_ => new AccessToken("t", Start.AddHours(24), Start.AddHours(12))), _clock);

        await cache.GetAsync(Stop);

        _clock.Now = Start.AddHours(12).AddSeconds(-1);
        Assert.Equal("t", cache.Current);
        _clock.Now = Start.AddHours(12);
        Assert.Null(cache.Current);
    }

    [Fact]
    public async Task A_token_of_a_short_life_is_used_for_half_of_it()
    {
        var cache = new FlowTokenCache(new Script(_ => new AccessToken("t", Start.AddMinutes(4))), _clock);

        await cache.GetAsync(Stop);

        _clock.Now = Start.AddMinutes(1);
        Assert.Equal("t", cache.Current);
        _clock.Now = Start.AddMinutes(3);
        Assert.Null(cache.Current);
    }

    [Fact]
    public async Task While_the_old_token_is_good_a_failed_fetch_is_no_failure()
    {
        var cache = new FlowTokenCache(
            new Script(call => call == 2 ? throw new InvalidOperationException("no answer") : new AccessToken($"t{call}", Start.AddHours(1))), _clock);
        await cache.GetAsync(Stop);

        _clock.Now = Start.AddMinutes(57);
        Assert.Equal("t1", await cache.GetAsync(Stop));
        Assert.Equal("t3", await cache.GetAsync(Stop));
    }

    [Fact]
    public async Task While_the_old_token_is_good_a_fetch_that_runs_into_its_own_time_out_is_no_failure()
    {
        var cache = new FlowTokenCache(
            new Script(call => call == 2 ? throw new TaskCanceledException("of the issuer's client") : new AccessToken($"t{call}", Start.AddHours(1))), _clock);
        await cache.GetAsync(Stop);

        _clock.Now = Start.AddMinutes(57);

        Assert.Equal("t1", await cache.GetAsync(Stop));
    }

    [Fact]
    public async Task Calls_that_wait_for_one_fetch_share_its_failure_rather_than_fail_one_after_the_other()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        var fetches = 0;
        var cache = new FlowTokenCache(new Script(call => { fetches = call; return answer.Task; }), _clock);

        var calls = Enumerable.Range(0, 10).Select(_ => cache.GetAsync(Stop).AsTask()).ToArray();
        answer.SetException(new InvalidOperationException("no answer"));

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        }

        Assert.Equal(1, fetches);
    }

    [Fact]
    public async Task A_call_that_is_given_up_while_it_fetches_leaves_the_fetch_to_the_next()
    {
        using var cancellation = new CancellationTokenSource();
        var never = new TaskCompletionSource<AccessToken>();
        var cache = new FlowTokenCache(
            new Script(call => call == 1 ? never.Task.WaitAsync(cancellation.Token) : Task.FromResult(new AccessToken($"t{call}", Start.AddHours(1)))), _clock);

        var givenUp = cache.GetAsync(cancellation.Token).AsTask();
        var waiting = cache.GetAsync(Stop).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        Assert.Equal("t2", await waiting);
    }

    [Fact]
    public async Task A_call_that_waits_for_another_s_fetch_can_be_given_up()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = new TaskCompletionSource<AccessToken>();
        var cache = new FlowTokenCache(new Script(_ => answer.Task), _clock);

        var fetching = cache.GetAsync(Stop).AsTask();
        var waiting = cache.GetAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        answer.SetResult(new AccessToken("t", Start.AddHours(1)));
        Assert.Equal("t", await fetching);
    }

    [Fact]
    public async Task While_one_call_fetches_the_others_go_on_with_the_old_token()
    {
        var next = new TaskCompletionSource<AccessToken>();
        var script = new Script(call => call == 1 ? Task.FromResult(new AccessToken("old", Start.AddHours(1))) : next.Task);
        var cache = new FlowTokenCache(script, _clock);
        await cache.GetAsync(Stop);

        _clock.Now = Start.AddMinutes(57);
        var fetching = cache.GetAsync(Stop).AsTask();
        Assert.Equal("old", await cache.GetAsync(Stop));

        _clock.Now = Start.AddMinutes(61);
        var waiting = cache.GetAsync(Stop).AsTask();
        Assert.False(waiting.IsCompleted);
        next.SetResult(new AccessToken("new", Start.AddHours(2)));
        Assert.Equal(["new", "new"], await Task.WhenAll(fetching, waiting));
    }

    [Fact]
    public async Task Without_a_good_token_a_failed_fetch_is_the_call_s_failure()
    {
        var cache = new FlowTokenCache(new Script(_ => Task.FromException<AccessToken>(new InvalidOperationException("no answer"))), _clock);

        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync(Stop).AsTask());
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Script(Func<int, Task<AccessToken>> next) : TokenCredential
    {
        private int _calls;

        public Script(Func<int, AccessToken> next)
            : this(call => Task.FromResult(next(call)))
        {
        }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException("A client asks asynchronously.");

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            await next(++_calls);
    }
}
