using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Checks the flows, their folders and their deployment files, without a network.</summary>
public sealed class ValidateFlow : FlowTask
{
    /// <summary>This build has compiled: what the compiler reports is not reported again.</summary>
    public bool IsCompiled { get; set; }

    private protected override Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        Task.FromResult(Deployer(settings, log).Validate(reportText: !IsCompiled));
}
