using System.Diagnostics;
using System.Globalization;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>
/// One flow from its file to the text of its client, against NSwag from the flow's swagger to the text of a client. Both run in one
/// process, in turns of equal length, and the first of a round is the second of the next: what else goes on meets both alike. What is
/// held against the bound is the median of the rounds' ratios, once both have run for long enough to be compiled for good.
/// </summary>
internal static class ClientCodeTime
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(20);

    /// <summary>Measures both recorded flows.</summary>
    /// <param name="bounds">Takes the figures.</param>
    /// <param name="isShort">Whether fewer rounds are enough.</param>
    public static void Measure(Bounds bounds, bool isShort)
    {
        MeasureOne(bounds, "hello", RecordedFlows.Hello, RecordedFlows.HelloSwagger, isShort ? 100 : 500);
        MeasureOne(bounds, "chat", RecordedFlows.Chat, RecordedFlows.ChatSwagger, isShort ? 100 : 500);
    }

    private static void MeasureOne(Bounds bounds, string flow, string yaml, string swagger, int rounds)
    {
        Func<int> ours = () => FlowBuild(yaml);
        Func<int> peer = () => NSwag(swagger);
        Compare(ours, peer, rounds);
        var times = Compare(ours, peer, rounds);
        var (ourTime, peerTime) = (Median(times.Select(static time => time.Ours)), Median(times.Select(static time => time.Peer)));
        bounds.Note(string.Create(
            CultureInfo.InvariantCulture, $"{flow}, {rounds} rounds: FlowBuild {ourTime:0.0} us, NSwag {peerTime:0} us (medians)"));
        bounds.Check($"{flow}, time / NSwag", Median(times.Select(static time => time.Ours / time.Peer)), 1.0 / 20);
        bounds.Check($"{flow}, bytes / NSwag", Bytes(ours) / Bytes(peer), 1.0 / 10);
    }

    private static int FlowBuild(string yaml)
    {
        var flow = FlowReader.Read("/project/flow/flow.dag.yaml", yaml).Value!;
        var model = new FlowModel("Flow", "Sample", "Flow", true, "flow/flow.dag.yaml", FlowReader.GetContract(flow, null), EquatableArray.Empty<KeyValuePair<string, string>>(), null);
        return FlowEmitter.Emit(model).Sum(static file => file.Text.Length);
    }

    private static int NSwag(string swagger)
    {
        var document = OpenApiDocument.FromJsonAsync(swagger).GetAwaiter().GetResult();
        return new CSharpClientGenerator(document, new CSharpClientGeneratorSettings { ClassName = "FlowClient" }).GenerateFile().Length;
    }

    private static List<(double Ours, double Peer)> Compare(Func<int> ours, Func<int> peer, int rounds)
    {
        var times = new List<(double, double)>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
            {
                var first = Microseconds(ours);
                times.Add((first, Microseconds(peer)));
            }
            else
            {
                var first = Microseconds(peer);
                times.Add((Microseconds(ours), first));
            }
        }

        return times;
    }

    // What one operation takes, of as many as fit into a turn.
    private static double Microseconds(Func<int> operation)
    {
        var start = Stopwatch.GetTimestamp();
        var count = 0;
        TimeSpan elapsed;
        do
        {
            operation();
            count++;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < Turn);

        return elapsed.TotalMicroseconds / count;
    }

    private static double Bytes(Func<int> operation)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < 100; i++)
        {
            operation();
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
