using System.Collections.Concurrent;
using FlowBuild.LocalWorkspace.Scoring;

namespace FlowBuild.LocalWorkspace;

/// <summary>How a local workspace is started.</summary>
internal sealed class LocalWorkspaceOptions
{
    /// <summary>The folder that holds its state; made when it is missing. Default: <c>FLOWBUILD_LOCAL_WORKSPACE</c>, else
    /// <c>~/.flowbuild/local</c>.</summary>
    public string? StateFolder { get; init; }

    /// <summary>How long provisioning an endpoint or a deployment takes. Default: half a second, so that its states are seen.</summary>
    public TimeSpan ProvisioningTime { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>What pollers are told to wait, in whole seconds. Default: one.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an endpoint waits after each piece of a stream. Default: 20 ms, so that a stream is seen growing.</summary>
    public TimeSpan StreamInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Who really answers for deployed flows: a command such as <c>pf flow serve --source {flow} --port {port}</c>, or the address of a
    /// server that runs already. It runs with the rights of the workspace, so it comes from the user and never from a project's files.
    /// Default: nobody; answers are recorded or made up.
    /// </summary>
    public string? ServeCommand { get; init; }

    /// <summary>How long the workspace runs with nothing to do before it stops by itself. Default: for ever; the program that a
    /// build starts stops after an hour.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>The workspace is all that the process does, so a fault may end it.</summary>
    public bool IsOwnProcess { get; init; }

    /// <summary>What answers for single flows in a test, by the path of the flow's folder in the blob store.</summary>
    public ConcurrentDictionary<string, FlowStandIn> StandIns { get; } = new(StringComparer.Ordinal);
}
