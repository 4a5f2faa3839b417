using FlowBuild.Benchmarks.Client;
using FlowBuild.Benchmarks.Deployment;
using FlowBuild.Benchmarks.Generator;

// One command a room; each prints its ratios and fails when a bound is broken.
return args switch
{
    ["client", .. var rest] => ClientReport.Run(rest),
    ["generator", .. var rest] => GeneratorReport.Run(rest),
    ["deployment", .. var rest] => await DeploymentReport.RunAsync(rest),
    ["deployment-send", var folder, var state] => await UploadTime.SendAsync(folder, state),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("dotnet run -c Release --project tests/FlowBuild.Benchmarks -- client [stub] [loopback] [stream] [--short]");
    Console.Error.WriteLine("dotnet run -c Release --project tests/FlowBuild.Benchmarks -- generator [nswag] [edit] [growth] [build] [--short]");
    Console.Error.WriteLine("dotnet run -c Release --project tests/FlowBuild.Benchmarks -- deployment [hash] [upload] [nochange]");
    return 2;
}
