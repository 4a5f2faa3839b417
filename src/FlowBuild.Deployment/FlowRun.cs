using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment;

/// <summary>One flow in a run: its files, its package, its plan and how far it has come.</summary>
internal sealed class FlowRun(FlowSources sources)
{
    private int _filesSent;
    private bool _isChanged;

    public FlowSources Sources { get; } = sources;

    public FlowPackage? Package { get; set; }

    public DeploymentPlan? Plan { get; private set; }

    public PlanApplier? Applier { get; private set; }

    /// <summary>Whether a step of this run has changed the workspace.</summary>
    public bool IsChanged => _isChanged || Applier?.IsChanged == true;

    /// <summary>Whether a step has been begun.</summary>
    public bool IsBegun { get; set; }

    /// <summary>The error that ended the flow's deployment, or null.</summary>
    public FlowDiagnostic? Failure { get; set; }

    /// <summary>The deployment when all its steps were done, or null.</summary>
    public DeployedFlow? Deployed { get; set; }

    public int FilesSent => _filesSent + (Applier?.FilesSent ?? 0);

    /// <summary>How messages name the flow.</summary>
    public string Name => $"'{Sources.Item.Name}' (endpoint {Sources.EndpointName})";

    /// <summary>The states of the endpoint that this flow's steps have found or made.</summary>
    public KnownStates? Known => Applier?.Known ?? Plan?.Known;

    /// <summary>How the flow's deployment ended; one that was begun and has not come to its end failed.</summary>
    public FlowOutcome Outcome =>
        Failure is not null || (Deployed is null && IsBegun) ? FlowOutcome.Failed
        : Deployed is null ? FlowOutcome.NotBegun
        : Applier?.IsDetached == true ? FlowOutcome.Started
        : IsChanged ? FlowOutcome.Deployed
        : FlowOutcome.Unchanged;

    /// <summary>Takes a plan, the first one or one that replaces a plan that is out of date.</summary>
    public void Take(DeploymentPlan plan, PlanApplier applier)
    {
        _filesSent = FilesSent;
        _isChanged = IsChanged;
        (Plan, Applier) = (plan, applier);
    }
}
