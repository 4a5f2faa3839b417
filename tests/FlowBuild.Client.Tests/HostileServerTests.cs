using System.Net;
using System.Text.Json;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>Servers that are slow, fall silent, break off, or never stop: each ends in the right exception, and in bounded memory.</summary>
[Trait("Category", "Security")]
public sealed class HostileServerTests
{
    private const int Megabyte = 1024 * 1024;

    // What sockets and the transport may hold besides what the client reads.
    private const long InFlight = 32 * Megabyte;

    private static readonly FlowClientOptions Impatient = new() { Timeout = TimeSpan.FromMilliseconds(100) };

    // For servers that answer at first: a busy machine may take long to let them.
    private static readonly FlowClientOptions Patient = new() { Timeout = TimeSpan.FromSeconds(2) };

    private static readonly FlowClientOptions Small = new() { MaxResponseSize = Megabyte };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_in_time()
    {
        await using var server = ReplayServer.Start(connection => connection.WaitUntilClosedAsync());

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => Calls.Endpoint(server.ScoringUri, Impatient).HelloAsync(cancellationToken: Stop));

        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.Equal("The answer did not come within 00:00:00.1000000, the client's 'Timeout'.", exception.InnerException.Message);
    }

    [Fact]
    public async Task A_server_that_stops_in_the_middle_of_an_answer_is_given_up_in_time()
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"output\"");
            await connection.WaitUntilClosedAsync();
        });

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => Calls.Endpoint(server.ScoringUri, Impatient).HelloAsync(cancellationToken: Stop));

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task A_stream_that_never_begins_is_given_up_in_time()
    {
        await using var server = ReplayServer.Start(connection => connection.WaitUntilClosedAsync());

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(
            () => Calls.Endpoint(server.ScoringUri, Impatient).StreamAsync(Stop).IntoAsync([]));

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_interrupted_and_says_what_arrived()
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\ndata: {\"ans");
            await connection.WaitUntilClosedAsync();
        });
        var updates = new List<StreamUpdate>();

        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(
            () => Calls.Endpoint(server.ScoringUri, Patient).StreamAsync(Stop).IntoAsync(updates));

        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.Equal([new("a", null)], updates);
        Assert.Equal("{\"answer\": \"a\"}\n", exception.Received);
    }

    [Theory]
    [InlineData("x")]
    [InlineData(": still there\n\n")]
    public async Task A_stream_that_never_makes_an_update_whole_is_interrupted_although_bytes_keep_coming(string bytes)
    {
        await using var server = DrippingServer("data: {\"answer\": \"a\"}\n\n", bytes);
        var updates = new List<StreamUpdate>();

        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(
            () => Calls.Endpoint(server.ScoringUri, new() { Time = new MinuteClock() }).StreamAsync(Stop).IntoAsync(updates));

        Assert.Single(updates);
        Assert.Equal(
            "The stream was interrupted after 1 update(s): No whole update came within 00:10:00, the client's 'UpdateTimeout'.", exception.Message);
    }

    [Fact]
    public async Task A_stream_of_whole_updates_may_take_longer_than_one_update_may()
    {
        await using var server = DrippingServer("", "data: {\"answer\": \"a\"}\n\n");
        var clock = new MinuteClock();
        var count = 0;

        await foreach (var update in Calls.Endpoint(server.ScoringUri, new() { Time = clock }).StreamAsync(Stop))
        {
            if (++count > 5 && clock.Minutes > 30)
            {
                break;
            }
        }

        Assert.True(count > 5);
    }

    [Fact]
    public async Task The_time_that_the_caller_takes_between_two_updates_does_not_count()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_both_accept"));
        var count = 0;

        await foreach (var update in Calls.Endpoint(server.ScoringUri, Patient).StreamAsync(Stop))
        {
            // Time is the subject here: the caller takes more of it than the endpoint may.
            if (count++ == 0)
            {
                await Task.Delay(Patient.Timeout + TimeSpan.FromSeconds(1), Stop);
            }
        }

        Assert.Equal(5, count);
    }

    [Fact]
    public async Task Cancelling_a_call_brings_the_caller_s_token_and_closes_the_connection()
    {
        var asked = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            asked.SetResult();
            await connection.WaitUntilClosedAsync();
            closed.SetResult();
        });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Stop);

        var call = Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: cancellation.Token);
        await asked.Task.WaitAsync(Stop);
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.IsNotType<TimeoutException>(exception.InnerException);
        await closed.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task The_time_out_of_a_client_of_one_s_own_counts_too()
    {
        await using var server = ReplayServer.Start(connection => connection.WaitUntilClosedAsync());
        using var client = new HttpClient { BaseAddress = server.ScoringUri, Timeout = TimeSpan.FromMilliseconds(100) };

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => new FlowEndpoint(client).HelloAsync(cancellationToken: Stop));

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task A_connection_that_is_reset_before_the_answer_is_a_request_exception()
    {
        await using var server = ReplayServer.Start(connection =>
        {
            connection.Reset();
            return Task.CompletedTask;
        });

        var exception = await Assert.ThrowsAnyAsync<HttpRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Null(exception.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_breaks_off_is_a_request_exception_with_the_status(bool reset)
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"output\"");
            if (reset)
            {
                connection.Reset();
            }
            else
            {
                connection.Cut();
            }
        });

        var exception = await Assert.ThrowsAnyAsync<HttpRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        // A reset may overtake the bytes before it.
        Assert.True(reset || exception is FlowRequestException { StatusCode: HttpStatusCode.OK, HttpRequestError: HttpRequestError.ResponseEnded });
    }

    [Fact]
    public async Task An_answer_that_promises_a_gigabyte_is_refused_unread()
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            await connection.WaitUntilClosedAsync();
        });

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, exception.HttpRequestError);
        Assert.Equal("The answer is larger than 67108864 bytes, the client's 'MaxResponseSize'.", exception.Message);
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_given_up_at_the_bound()
    {
        await using var server = EndlessServer("application/json", "200 OK", "        ", out var sent);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri, Small).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, exception.HttpRequestError);
        Assert.InRange(await sent.Task.WaitAsync(Stop), Megabyte, Megabyte + InFlight);
    }

    [Fact]
    public async Task An_error_that_never_ends_still_has_its_status()
    {
        await using var server = EndlessServer("application/json", "500 Internal Server Error", "        ", out var sent);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpStatusCode.InternalServerError, exception.StatusCode);
        Assert.InRange(await sent.Task.WaitAsync(Stop), 0, InFlight);
    }

    [Theory]
    [InlineData("data: x")]
    [InlineData(": comment\n\n")]
    [InlineData("data: x\n")]
    public async Task An_event_that_never_ends_is_given_up_at_the_bound(string part)
    {
        await using var server = EndlessServer("text/event-stream", "200 OK", part, out var sent);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(
            () => Calls.Endpoint(server.ScoringUri, Small).StreamAsync(Stop).IntoAsync([]));

        Assert.Equal("The update is larger than 1048576 bytes, the client's 'MaxResponseSize'.", exception.Message);
        Assert.InRange(await sent.Task.WaitAsync(Stop), Megabyte, Megabyte + InFlight);
    }

    [Fact]
    public async Task A_stream_that_never_ends_can_be_left_whenever_one_likes()
    {
        await using var server = EndlessServer("text/event-stream", "200 OK", "data: {\"answer\":\"abcdefgh\"}\n\n", out var sent);
        var count = 0;

        await foreach (var update in Calls.Endpoint(server.ScoringUri, Small).StreamAsync(Stop))
        {
            if (++count == 100_000)
            {
                break;
            }
        }

        Assert.Equal(100_000, count);
        await sent.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task What_an_exception_remembers_of_a_stream_is_bounded()
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            for (var index = 0; index < 100; index++)
            {
                await connection.SendChunkAsync($"data: {{\"answer\":\"{new string('x', 10_000)}\"}}\n\n");
            }

            connection.Cut();
        });

        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(
            () => Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync([]));

        Assert.Equal(100, exception.UpdateCount);
        Assert.InRange(exception.Received.Length, 60_000, 65_536);
    }

    [Fact]
    public async Task Headers_that_never_end_are_a_request_exception()
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await connection.SendAsync("x-header: " + new string('x', 1000) + "\r\n");
            }
        });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));
    }

    [Fact]
    public async Task Ten_thousand_calls_at_once_each_get_their_own_answer()
    {
        await using var server = ReplayServer.Start(connection =>
        {
            using var request = JsonDocument.Parse(connection.Request.Body);
            return connection.AnswerAsync("200 OK", $$"""{"output":"{{request.RootElement.GetProperty("text").GetString()}}"}""");
        });
        using var transport = new SocketsHttpHandler { MaxConnectionsPerServer = 200 };
        using var client = new HttpClient(transport) { BaseAddress = server.ScoringUri, Timeout = Timeout.InfiniteTimeSpan };
        var endpoint = new FlowEndpoint(client);

        // Texts of different lengths, up to some thousand bytes: a buffer that is given away too early shows as a wrong answer.
        var texts = Enumerable.Range(0, 10_000).Select(number => $"{number}:{new string((char)('a' + (number % 26)), number % 3000)}").ToList();
        var outputs = await Task.WhenAll(texts.Select(async text => (await endpoint.HelloAsync(new HelloInput { Text = text }, Stop)).Output));

        Assert.Equal(texts, outputs);
        Assert.Equal(10_000, server.Requests.Count);
    }

    // Sends the rest piece by piece, so that its reader waits for each.
    private static ReplayServer DrippingServer(string start, string piece) => ReplayServer.Start(async connection =>
    {
        await connection.StartChunksAsync();
        if (start.Length > 0)
        {
            await connection.SendChunkAsync(start);
        }

        while (true)
        {
            await connection.SendChunkAsync(piece);
            await Task.Delay(2, Stop);
        }
    });

    // A minute passes with every look at it.
    private sealed class MinuteClock : TimeProvider
    {
        private long _minutes;

        public long Minutes => Interlocked.Read(ref _minutes);

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 60 * Interlocked.Increment(ref _minutes);
    }

    // Sends one gigabyte at most, so that a client that reads on is seen and not waited for.
    private static ReplayServer EndlessServer(string contentType, string statusLine, string part, out TaskCompletionSource<long> sent)
    {
        var total = new TaskCompletionSource<long>();
        sent = total;
        var chunk = string.Concat(Enumerable.Repeat(part, 65_536 / part.Length));
        return ReplayServer.Start(async connection =>
        {
            var count = 0L;
            try
            {
                await connection.StartChunksAsync(contentType, statusLine);
                for (; count < 1024L * Megabyte; count += chunk.Length)
                {
                    await connection.SendChunkAsync(chunk);
                }
            }
            finally
            {
                total.SetResult(count);
            }
        });
    }
}
