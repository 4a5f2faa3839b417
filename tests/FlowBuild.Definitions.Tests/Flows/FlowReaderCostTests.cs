using FlowBuild.Definitions.Flows;
using YamlDotNet.Core;

namespace FlowBuild.Definitions.Tests.Flows;

public sealed class FlowReaderCostTests(ITestOutputHelper output)
{
    [Fact]
    public void Reading_a_flow_allocates_little_more_than_the_parser_itself()
    {
        // It happens at every keystroke. Bytes are counted, since they do not depend on the machine.
        var text = "inputs:\n" + string.Concat(Enumerable.Range(0, 6).Select(static i => $"  input_{i}:\n    type: string\n    default: value {i}\n    description: what it is\n"))
            + "outputs:\n  answer:\n    type: string\n    reference: ${node_5.output}\nnodes:\n"
            + string.Concat(Enumerable.Range(0, 6).Select(static i => $"- name: node_{i}\n  type: python\n  source:\n    type: code\n    path: node_{i}.py\n  inputs:\n    a: ${{inputs.input_{i}}}\n    b: {(i == 0 ? "x" : $"${{node_{i - 1}.output}}")}\n"));

        var events = Allocated(() =>
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            while (parser.MoveNext())
            {
            }
        });
        var read = Allocated(() => Assert.Empty(FlowReader.Read("flow.dag.yaml", text).Diagnostics));

        output.WriteLine($"events {events:N0} B, read {read:N0} B");
        Assert.True(read < 1.6 * events, $"{read:N0} bytes are more than 1.6 times the parser's {events:N0}.");
    }

    private static long Allocated(Action action)
    {
        for (var i = 0; i < 20; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
