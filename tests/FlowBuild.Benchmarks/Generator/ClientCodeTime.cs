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
/// process, in turns of equal length, once both have run for long enough to be compiled for good.
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
        Turns.Take(() => Microseconds(ours), () => Microseconds(peer), rounds);
        var turns = Turns.Take(() => Microseconds(ours), () => Microseconds(peer), rounds);
        bounds.Note(string.Create(
            CultureInfo.InvariantCulture, $"{flow}, {rounds} rounds: FlowBuild {turns.Ours:0.0} us, NSwag {turns.Peer:0} us (medians)"));
        bounds.Check($"{flow}, time / NSwag", turns.Ratio, 1.0 / 20);
        bounds.Check($"{flow}, bytes / NSwag", Bytes(ours) / Bytes(peer), 1.0 / 10);
    }

    private static int FlowBuild(string yaml)
    {
        var flow = FlowReader.Read("/project/flow/flow.dag.yaml", yaml).Value!;
        var contract = FlowReader.GetContract(flow, null);
        var model = new FlowModel(
            "Flow", "Sample", "Flow", true, "flow/flow.dag.yaml", contract, EquatableArray.Empty<GivenType>(), null);
        return FlowEmitter.Emit(model).Sum(static file => file.Text.Length);
    }

    private static int NSwag(string swagger)
    {
        var document = OpenApiDocument.FromJsonAsync(swagger).GetAwaiter().GetResult();
        return new CSharpClientGenerator(document, new CSharpClientGeneratorSettings { ClassName = "FlowClient" }).GenerateFile().Length;
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
}
