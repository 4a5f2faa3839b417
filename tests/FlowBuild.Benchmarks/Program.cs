using FlowBuild.Benchmarks.Client;

// One command a room; each prints its ratios and fails when a bound is broken.
return args switch
{
    ["client", .. var rest] => ClientReport.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("dotnet run -c Release --project tests/FlowBuild.Benchmarks -- client [stub] [loopback] [stream] [--short]");
    return 2;
}
