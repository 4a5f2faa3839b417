using System.Net;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

public sealed class StreamTests
{
    // Where a client that waits for what never comes would hang, the test fails instead.
    private const int TooLong = 60_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task Outputs_that_do_not_stream_come_first_then_the_deltas(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load(engine + "_stream_both_accept"));
        var updates = new List<StreamUpdate>();

        await Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates);

        Assert.Equal([new(null, 0), new("Echo: ", null), new("a ", null), new("b ", null), new("é中 ", null)], updates);
        Assert.Equal("text/event-stream, application/json", Assert.Single(server.Requests).Headers["Accept"]);
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_stream_that_is_cut_says_what_arrived(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load(engine + "_stream_error_midway"));
        var updates = new List<StreamUpdate>();

        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(
            () => Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates));

        Assert.Equal([new(null, 0), new("Echo: ", null), new("a ", null)], updates);
        Assert.Equal(3, exception.UpdateCount);
        Assert.Equal("{\"turns\": 0}\n{\"answer\": \"Echo: \"}\n{\"answer\": \"a \"}\n", exception.Received);
        Assert.Equal("The stream was interrupted after 3 update(s): the connection was cut.", exception.Message);
    }

    [Fact(Timeout = TooLong)]
    public async Task A_stream_that_is_reset_is_interrupted_too()
    {
        var stop = TestContext.Current.CancellationToken;
        var seen = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\n");
            await seen.Task.WaitAsync(connection.Stopping);
            connection.Reset();
        });

        await using var stream = Calls.Endpoint(server.ScoringUri).StreamAsync(stop).GetAsyncEnumerator(stop);
        Assert.True(await stream.MoveNextAsync());
        seen.SetResult();
        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(async () => await stream.MoveNextAsync());

        Assert.Equal(1, exception.UpdateCount);
    }

    [Fact(Timeout = TooLong)]
    public async Task Each_delta_is_there_before_the_next_one_is_sent()
    {
        var stop = TestContext.Current.CancellationToken;
        var seen = new SemaphoreSlim(0);
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            foreach (var delta in (string[])["a", "b", "c"])
            {
                await connection.SendChunkAsync($"data: {{\"answer\": \"{delta}\"}}\n\n");
                await seen.WaitAsync(connection.Stopping);
            }

            await connection.EndChunksAsync();
        });
        var deltas = new List<string?>();

        await foreach (var update in Calls.Endpoint(server.ScoringUri).StreamAsync(stop))
        {
            deltas.Add(update.Answer);
            seen.Release();
        }

        Assert.Equal(["a", "b", "c"], deltas);
    }

    [Fact]
    public async Task An_event_may_be_split_anywhere()
    {
        const string Events = "data: {\"turns\": 0}\r\n\r\n: comment\n\ndata: {\"answer\": \"é\"}\n\n";
        var bytes = System.Text.Encoding.UTF8.GetBytes(Events);
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var value in bytes)
            {
                await connection.SendAsync(new byte[] { (byte)'1', (byte)'\r', (byte)'\n', value, (byte)'\r', (byte)'\n' });
            }

            await connection.EndChunksAsync();
        });
        var updates = new List<StreamUpdate>();

        await Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates);

        Assert.Equal([new(null, 0), new("é", null)], updates);
    }

    [Theory]
    [InlineData("data: {\"answer\": \"b\"}\n")]
    [InlineData("data: {\"ans")]
    [InlineData("data: {\"answer\": \"b\"}\r\n")]
    public async Task A_stream_that_ends_in_the_middle_of_an_event_is_interrupted_also_where_no_length_was_promised(string half)
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {\"answer\": \"a\"}\n\n" + half);
            connection.Cut();
        });
        var updates = new List<StreamUpdate>();

        var exception = await Assert.ThrowsAsync<FlowStreamInterruptedException>(
            () => Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates));

        Assert.Equal([new("a", null)], updates);
        Assert.Equal(1, exception.UpdateCount);
    }

    [Theory]
    [InlineData("\n", "\n")]
    [InlineData("\r\n", "\r\n")]
    [InlineData("\r", "\r")]
    [InlineData("\n", "\r\n")]
    [InlineData("\r\n", "\n")]
    public async Task Lines_may_end_in_every_way_that_event_streams_know(string first, string second)
    {
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\uFEFF");
            await connection.SendAsync($"event: any{first}id: 1{second}data: {{\"answer\":{first}data: \"a\"}}{first}{second}");
            connection.Cut();
        });
        var updates = new List<StreamUpdate>();

        await Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates);

        Assert.Equal([new("a", null)], updates);
    }

    [Theory]
    [InlineData("flask_stream_json")]
    [InlineData("fastapi_stream_json")]
    public async Task A_JSON_answer_is_one_update(string transcript)
    {
        await using var server = ReplayServer.Start(Transcript.Load(transcript));
        var updates = new List<StreamUpdate>();

        await Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync(updates);

        Assert.Equal([new("Echo: a b é中 ", 1)], updates);
    }

    [Theory]
    [InlineData("flask_stream_missing_input")]
    [InlineData("fastapi_stream_missing_input")]
    public async Task An_error_before_the_first_byte_is_a_request_exception(string transcript)
    {
        await using var server = ReplayServer.Start(Transcript.Load(transcript));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync([]));

        Assert.Equal(HttpStatusCode.BadRequest, exception.StatusCode);
        Assert.Equal("UserError", exception.Code);
    }

    [Fact(Timeout = TooLong)]
    public async Task Leaving_the_loop_closes_the_connection()
    {
        var stop = TestContext.Current.CancellationToken;
        var closed = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\n");
            await connection.WaitUntilClosedAsync();
            closed.SetResult();
        });

        await foreach (var update in Calls.Endpoint(server.ScoringUri).StreamAsync(stop))
        {
            Assert.Equal("a", update.Answer);
            break;
        }

        await closed.Task.WaitAsync(stop);
    }

    [Fact(Timeout = TooLong)]
    public async Task Cancelling_closes_the_connection_and_brings_the_caller_s_token()
    {
        var stop = TestContext.Current.CancellationToken;
        var closed = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\n");
            await connection.WaitUntilClosedAsync();
            closed.SetResult();
        });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stop);

        await using var stream = Calls.Endpoint(server.ScoringUri).StreamAsync(cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.True(await stream.MoveNextAsync());
        var next = stream.MoveNextAsync();
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);

        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await closed.Task.WaitAsync(stop);
    }

    [Fact(Timeout = TooLong)]
    public async Task After_cancelling_no_update_comes_that_had_already_arrived()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\ndata: {\"answer\": \"b\"}\n\n");
            await connection.WaitUntilClosedAsync();
        });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stop);

        await using var stream = Calls.Endpoint(server.ScoringUri).StreamAsync(cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.True(await stream.MoveNextAsync());
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.MoveNextAsync());

        Assert.Equal(cancellation.Token, exception.CancellationToken);
    }

    [Theory]
    [InlineData(true, typeof(TaskCanceledException))]
    [InlineData(false, typeof(FlowStreamInterruptedException))]
    public async Task A_transport_of_one_s_own_that_breaks_is_a_cut_unless_the_caller_cancelled(bool cancelled, Type expected)
    {
        using var cancellation = new CancellationTokenSource();
        using var client = new HttpClient(new Breaks(() =>
        {
            if (cancelled)
            {
                cancellation.Cancel();
            }

            throw new IOException("broken");
        })) { BaseAddress = new Uri("http://localhost/score") };

        var exception = await Record.ExceptionAsync(() => new FlowEndpoint(client).StreamAsync(cancellation.Token).IntoAsync([]));

        Assert.IsType(expected, exception);
    }

    [Fact]
    public async Task A_transport_of_one_s_own_that_gives_up_by_itself_is_not_called_a_time_out()
    {
        using var client = new HttpClient(new Breaks(() => throw new OperationCanceledException("given up"))) { BaseAddress = new Uri("http://localhost/score") };

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => new FlowEndpoint(client).StreamAsync(Stop).IntoAsync([]));

        Assert.Equal("given up", exception.Message);
    }

    [Fact]
    public async Task An_event_that_is_no_JSON_is_a_contract_exception()
    {
        await using var server = ReplayServer.Start("200 OK", "data: {\"answer\": nan}\n\n", "Content-Type: text/event-stream");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).StreamAsync(Stop).IntoAsync([]));

        Assert.Equal("The update is no JSON from line 1, byte 13 on.", exception.Message);
        Assert.Equal("{\"answer\": nan}", exception.RawResponse);
    }

    /// <summary>Answers with an event stream whose first read does what it is told.</summary>
    private sealed class Breaks(Action read) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StreamContent(new Broken(read));
            content.Headers.ContentType = new("text/event-stream");
            return Task.FromResult(new HttpResponseMessage { Content = content });
        }

        private sealed class Broken(Action read) : MemoryStream
        {
            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                await Task.Yield();
                read();
                return 0;
            }
        }
    }
}
