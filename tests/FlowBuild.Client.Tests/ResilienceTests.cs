using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Azure;
using FlowBuild.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowBuild.Client.Tests;

/// <summary>One test for each rule of what is repeated and what is not. Waits are recorded and pass at once.</summary>
public sealed class ResilienceTests
{
    private const string Good = """{"output":"hi"}""";

    private readonly PassingTime _time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_throttled_call_is_repeated_until_it_is_let_through()
    {
        await using var server = Answers(("429 Too Many Requests", []), ("429 Too Many Requests", []), ("200 OK", []));

        var output = await CallAsync(server.ScoringUri);

        Assert.Equal("hi", output.Output);
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(2, _time.Waits.Count);
    }

    [Fact]
    public async Task The_same_body_is_sent_again()
    {
        await using var server = Answers(("429 Too Many Requests", []), ("200 OK", []));

        await CallAsync(server.ScoringUri);

        Assert.Equal(["""{"text":"hi"}""", """{"text":"hi"}"""], server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task A_throttled_call_waits_as_long_as_it_is_told()
    {
        await using var server = Answers(("429 Too Many Requests", ["Retry-After: 17"]), ("200 OK", []));

        await CallAsync(server.ScoringUri);

        Assert.Equal([TimeSpan.FromSeconds(17)], _time.Waits);
    }

    [Fact]
    public async Task A_date_to_come_back_at_is_understood()
    {
        var date = _time.GetUtcNow().AddSeconds(20);
        await using var server = Answers(("503 Service Unavailable", [$"Retry-After: {date:R}"]), ("200 OK", []));

        await CallAsync(server.ScoringUri);

        Assert.Equal([TimeSpan.FromSeconds(20)], _time.Waits);
    }

    [Fact]
    public async Task A_wait_longer_than_allowed_is_the_call_s_failure()
    {
        await using var server = Answers(("429 Too Many Requests", ["Retry-After: 31"]), ("200 OK", []));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => CallAsync(server.ScoringUri));

        Assert.Equal(HttpStatusCode.TooManyRequests, exception.StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_endpoint_that_says_when_it_is_back_is_called_again()
    {
        await using var server = Answers(("503 Service Unavailable", ["Retry-After: 2"]), ("200 OK", []));

        Assert.Equal("hi", (await CallAsync(server.ScoringUri)).Output);
        Assert.Equal([TimeSpan.FromSeconds(2)], _time.Waits);
    }

    [Fact]
    public async Task A_container_that_is_still_starting_is_called_again()
    {
        await using var server = Answers(
            ("424 Failed Dependency", []), ("424 Failed Dependency", ["ms-azureml-model-error-statuscode: 503"]), ("200 OK", []));

        Assert.Equal("hi", (await CallAsync(server.ScoringUri)).Output);
    }

    [Fact]
    public async Task A_connection_that_does_not_come_about_is_tried_again()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var uri = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}/score");
        taken.Stop();

        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(uri));

        Assert.Equal(3, _time.Waits.Count);
    }

    [Theory]
    [InlineData("400 Bad Request", null)]
    [InlineData("401 Unauthorized", null)]
    [InlineData("404 Not Found", null)]
    [InlineData("408 Request Timeout", null)]
    [InlineData("424 Failed Dependency", "ms-azureml-model-error-statuscode: 400")]
    [InlineData("424 Failed Dependency", "ms-azureml-model-error-statuscode: 500")]
    [InlineData("500 Internal Server Error", null)]
    [InlineData("502 Bad Gateway", null)]
    [InlineData("503 Service Unavailable", null)]
    [InlineData("504 Gateway Timeout", null)]
    public async Task What_the_flow_may_have_seen_is_never_repeated(string statusLine, string? header)
    {
        await using var server = Answers((statusLine, header is null ? [] : [header]), ("200 OK", []));

        await Assert.ThrowsAsync<FlowRequestException>(() => CallAsync(server.ScoringUri));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_request_was_sent_is_not_repeated()
    {
        await using var server = ReplayServer.Start(connection =>
        {
            connection.Cut();
            return Task.CompletedTask;
        });

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(server.ScoringUri));

        Assert.Equal($"The connection to the endpoint '{server.ScoringUri}' was cut before any answer: the flow may have run.", exception.Message);
        Assert.Single(server.Requests);
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task Nothing_is_repeated_once_the_answer_began()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_error_midway"));
        await using var services = Services(server.ScoringUri);

        await Assert.ThrowsAsync<FlowStreamInterruptedException>(() => Endpoint(services).StreamAsync(Stop).IntoAsync([]));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Nothing_is_repeated_after_a_time_out()
    {
        await using var server = ReplayServer.Start(connection => connection.WaitUntilClosedAsync());
        await using var services = Services(server.ScoringUri, timeout: TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAsync<TaskCanceledException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        // None when the time was up before the request arrived.
        Assert.InRange(server.Requests.Count, 0, 1);
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task The_time_out_bounds_the_waits_too()
    {
        await using var server = Answers(("429 Too Many Requests", ["Retry-After: 30"]));
        await using var services = Services(server.ScoringUri, timeout: TimeSpan.FromMilliseconds(100), time: TimeProvider.System);

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.InRange(server.Requests.Count, 0, 1);
    }

    [Fact]
    public async Task A_call_is_given_up_after_the_last_repetition()
    {
        await using var server = Answers(("429 Too Many Requests", []));

        await Assert.ThrowsAsync<FlowRequestException>(() => CallAsync(server.ScoringUri));

        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task Without_resilience_nothing_is_repeated()
    {
        await using var server = Answers(("429 Too Many Requests", ["Retry-After: 0"]), ("200 OK", []));

        await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Each_repetition_is_sent_with_the_key_of_its_moment()
    {
        var key = new AzureKeyCredential("old");
        var answered = 0;
        await using var server = ReplayServer.Start(connection =>
        {
            key.Update("new");
            return Interlocked.Increment(ref answered) == 1
                ? connection.AnswerAsync("429 Too Many Requests", "")
                : connection.AnswerAsync("200 OK", Good);
        });
        await using var services = Services(server.ScoringUri, key: key);

        await Endpoint(services).HelloAsync(cancellationToken: Stop);

        Assert.Equal(["Bearer old", "Bearer new"], server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_standard_handler_that_the_program_gives_all_its_clients_repeats_no_flow(int maxRetries)
    {
        await using var server = Answers(("500 Internal Server Error", []), ("200 OK", []));
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(_time);
        collection.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler());
        collection
            .AddFlowClient<object, FlowEndpoint>("Hello", options => options.ScoringUri = server.ScoringUri, endpoint => endpoint)
            .AddFlowResilience(options => options.MaxRetries = maxRetries);
        await using var services = collection.BuildServiceProvider();

        await Assert.ThrowsAsync<FlowRequestException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Resilience_that_is_added_twice_counts_once()
    {
        await using var server = Answers(("429 Too Many Requests", []));
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(_time);
        collection
            .AddFlowClient<object, FlowEndpoint>("Hello", options => options.ScoringUri = server.ScoringUri, endpoint => endpoint)
            .AddFlowResilience()
            .AddFlowResilience();
        await using var services = collection.BuildServiceProvider();

        await Assert.ThrowsAsync<FlowRequestException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        var builder = new ServiceCollection().AddHttpClient("x");

        Assert.Throws<ArgumentException>(() => builder.AddFlowResilience(options => options.MaxRetries = 101));
        Assert.Throws<ArgumentException>(() => builder.AddFlowResilience(options => options.Delay = TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => builder.AddFlowResilience(options => options.MaxDelay = TimeSpan.FromMilliseconds(1)));
    }

    /// <summary>Answers with each in turn, and then on with the last.</summary>
    private static ReplayServer Answers(params (string StatusLine, string[] Headers)[] answers)
    {
        var next = -1;
        return ReplayServer.Start(connection =>
        {
            var (statusLine, headers) = answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)];
            return connection.AnswerAsync(statusLine, statusLine == "200 OK" ? Good : "", headers);
        });
    }

    private static FlowEndpoint Endpoint(ServiceProvider services) => (FlowEndpoint)services.GetRequiredService<object>();

    private async Task<HelloOutput> CallAsync(Uri scoringUri)
    {
        await using var services = Services(scoringUri);
        return await Endpoint(services).HelloAsync(cancellationToken: Stop);
    }

    private ServiceProvider Services(Uri scoringUri, TimeSpan? timeout = null, TimeProvider? time = null, AzureKeyCredential? key = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? _time);
        services
            .AddFlowClient<object, FlowEndpoint>(
                "Hello",
                options =>
                {
                    options.ScoringUri = scoringUri;
                    options.Timeout = timeout ?? options.Timeout;
                    options.KeyCredential = key;
                },
                endpoint => endpoint)
            .AddFlowResilience();
        return services.BuildServiceProvider();
    }

    /// <summary>Every wait is over at once, and recorded.</summary>
    private sealed class PassingTime : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Waits { get; } = new();

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(this, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }

        private sealed class Timer(PassingTime time, TimerCallback callback, object? state) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    time.Waits.Enqueue(dueTime);
                    ThreadPool.QueueUserWorkItem(_ => callback(state));
                }

                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
