using BenchmarkDotNet.Attributes;
using FlowBuild.Benchmarks.Client.NSwag;

namespace FlowBuild.Benchmarks.Client;

/// <summary>One call on a stub handler: what the client itself costs.</summary>
[MemoryDiagnoser]
public class StubScoreBenchmarks
{
    private Payload _payload = null!;
    private Clients _clients = null!;

    [Params("small", "8 KB", "1 MB")]
    public string Size { get; set; } = "small";

    [GlobalSetup]
    public void Setup()
    {
        _payload = Payload.Of(Size);
        _clients = new Clients(() => new StubHandler(_payload.Answer, "application/json"), new Uri("https://stub.invalid/score"));
    }

    [Benchmark(Baseline = true)]
    public Task<ChatOutput> HandWritten() => _clients.HandWritten.ScoreAsync(_payload.Input);

    [Benchmark]
    public Task<Generated.ChatOutput> FlowBuild() => _clients.FlowBuild.ScoreAsync(_payload.FlowInput);

    [Benchmark]
    public Task<ChatOutput> Refit() => _clients.Refit.ScoreAsync(_payload.Input);

    [Benchmark]
    public Task<Response> NSwag() => _clients.NSwag.ScoreAsync(_payload.NSwagInput);
}

/// <summary>One call to Kestrel on loopback, where transport dominates.</summary>
[MemoryDiagnoser]
public class LoopbackScoreBenchmarks
{
    private Payload _payload = null!;
    private LoopbackServer _server = null!;
    private Clients _clients = null!;

    [Params("small", "8 KB", "1 MB")]
    public string Size { get; set; } = "small";

    [GlobalSetup]
    public async Task Setup()
    {
        _payload = Payload.Of(Size);
        _server = await LoopbackServer.StartAsync(_payload.Answer, "application/json");
        _clients = new Clients(() => new SocketsHttpHandler(), _server.ScoringUri);
    }

    [GlobalCleanup]
    public Task Cleanup() => _server.DisposeAsync().AsTask();

    [Benchmark(Baseline = true)]
    public Task<ChatOutput> HandWritten() => _clients.HandWritten.ScoreAsync(_payload.Input);

    [Benchmark]
    public Task<Generated.ChatOutput> FlowBuild() => _clients.FlowBuild.ScoreAsync(_payload.FlowInput);
}

/// <summary>A stream of a thousand deltas on a stub handler.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    public const int Deltas = 1000;

    private readonly Payload _payload = Payload.Of("small");
    private Clients _clients = null!;

    [GlobalSetup]
    public void Setup()
    {
        var answer = Payload.Stream(Deltas);
        _clients = new Clients(() => new StubHandler(answer, "text/event-stream"), new Uri("https://stub.invalid/score"));
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Deltas)]
    public async Task<int> HandWritten()
    {
        var length = 0;
        await foreach (var update in _clients.HandWritten.StreamAsync(_payload.Input))
        {
            length += update.Answer?.Length ?? 0;
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Deltas)]
    public async Task<int> FlowBuild()
    {
        var length = 0;
        await foreach (var update in _clients.FlowBuild.StreamAsync(_payload.FlowInput))
        {
            length += update.Answer?.Length ?? 0;
        }

        return length;
    }
}
