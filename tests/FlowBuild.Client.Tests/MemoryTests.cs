using System.Text;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>
/// What hostile answers cost in memory. The counters are those of the process, so these tests run while no other does; the server sends
/// bytes that it made before, and so adds little.
/// </summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Megabyte = 1024 * 1024;
    private const long Gigabyte = 1024L * Megabyte;

    private static readonly FlowClientOptions Small = new() { MaxResponseSize = Megabyte };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_of_a_gigabyte_allocates_a_few_times_the_bound()
    {
        await using var server = Sends("application/json", "200 OK", "        ", Gigabyte);
        var endpoint = Calls.Endpoint(server.ScoringUri, Small);

        var allocated = await AllocatedAsync(() => Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop)));

        Assert.InRange(allocated, 0, 16 * Megabyte);
    }

    [Fact]
    public async Task With_the_default_bound_too()
    {
        await using var server = Sends("application/json", "200 OK", "        ", Gigabyte);
        var endpoint = Calls.Endpoint(server.ScoringUri);

        var allocated = await AllocatedAsync(() => Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop)));

        // Buffers double: 64 MiB are followed by 128, and all before them add up to as much.
        Assert.InRange(allocated, 0, 320 * Megabyte);
    }

    [Fact]
    public async Task An_error_of_a_gigabyte_allocates_little()
    {
        await using var server = Sends("application/json", "500 Internal Server Error", "        ", Gigabyte);
        var endpoint = Calls.Endpoint(server.ScoringUri);

        var allocated = await AllocatedAsync(() => Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop)));

        Assert.InRange(allocated, 0, 8 * Megabyte);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\ndata: x")]
    [InlineData(": comment\n")]
    public async Task An_event_of_a_hundred_megabytes_allocates_a_few_times_the_bound(string part)
    {
        await using var server = Sends("text/event-stream", "200 OK", part, 100 * Megabyte, "data: ");
        var endpoint = Calls.Endpoint(server.ScoringUri, Small);

        var allocated = await AllocatedAsync(() => Assert.ThrowsAsync<FlowRequestException>(() => endpoint.StreamAsync(Stop).IntoAsync([])));

        Assert.InRange(allocated, 0, 16 * Megabyte);
    }

    [Fact]
    public async Task A_stream_of_many_events_leaves_nothing_behind_while_it_lasts()
    {
        var update = "data: {\"answer\":\"" + new string('x', 50_000) + "\"}\n\n";
        await using var server = Sends("text/event-stream", "200 OK", update, 200 * Megabyte);
        var count = 0;
        long first = 0, last = 0;

        await foreach (var piece in Calls.Endpoint(server.ScoringUri, Small).StreamAsync(Stop))
        {
            count++;
            if (count == 100)
            {
                first = GC.GetTotalMemory(forceFullCollection: true);
            }
            else if (count == 4000)
            {
                last = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.InRange(count, 4000, int.MaxValue);
        Assert.InRange(last - first, long.MinValue, 8 * Megabyte);
    }

    private static async Task<long> AllocatedAsync(Func<Task> call)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await call();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static ReplayServer Sends(string contentType, string statusLine, string part, long size, string start = "")
    {
        var text = string.Concat(Enumerable.Repeat(part, Math.Max(1, 65_536 / part.Length)));
        var chunk = Encoding.UTF8.GetBytes($"{text.Length:x}\r\n{text}\r\n");
        return ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync(contentType, statusLine);
            if (start.Length > 0)
            {
                await connection.SendChunkAsync(start);
            }

            for (var sent = 0L; sent < size; sent += text.Length)
            {
                await connection.SendAsync(chunk);
            }

            await connection.EndChunksAsync();
        });
    }
}
